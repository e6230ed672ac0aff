"""The end of a command's output, in bounded memory whatever the command prints."""

import time
from collections.abc import Callable

LINE = 4096  # longer lines reach `on_line` in pieces
LINES_PER_SECOND = 1000

OnLine = Callable[[str], None]


class Log:
    """Keeps the last bytes of a stream and passes its lines on.

    Attributes:
        length: bytes seen so far.
    """

    def __init__(self, keep: int, on_line: OnLine | None = None) -> None:
        self.length = 0
        self._keep = keep
        self._tail = bytearray()
        self._on_line = on_line
        self._line = b""
        self._second = 0
        self._lines = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self.length += len(chunk)
        self._tail += chunk
        if len(self._tail) > 2 * self._keep:
            del self._tail[: -self._keep or None]
        if self._on_line is not None:
            *lines, rest = (self._line + chunk).split(b"\n")
            while len(rest) > LINE:
                lines.append(rest[:LINE])
                rest = rest[LINE:]
            self._line = rest
            self._pass_on(lines)

    def close(self) -> None:
        """Pass the last line on, which may lack its newline."""
        if self._line:
            self._pass_on([self._line])
            self._line = b""

    @property
    def tail(self) -> str:
        """The last bytes as text; what is not UTF-8 is replaced."""
        return bytes(self._tail[-self._keep :] if self._keep else b"").decode(errors="replace")

    def _pass_on(self, lines: list[bytes]) -> None:
        """Lines beyond so many a second are only logged: nobody reads them, and a flood would cost time."""
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._lines = now, 0
        room = LINES_PER_SECOND - self._lines
        self._lines += min(room, len(lines))
        if self._on_line is not None:
            for line in lines[:room]:
                self._on_line(line[:LINE].decode(errors="replace").rstrip("\r"))
