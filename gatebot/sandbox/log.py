"""Keeps the end of a command's output in bounded memory."""

import time
from collections.abc import Callable

LINE = 4096  # longer lines are passed to `on_line` in parts
LINES_PER_SECOND = 1000

OnLine = Callable[[str], None]


class Log:
    """Keeps the last bytes of a stream, and passes its lines on.

    Attributes:
        length: the number of bytes received so far.
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
        """Add the next bytes of the stream."""
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
        """Pass on the last line, which may have no newline."""
        if self._line:
            self._pass_on([self._line])
            self._line = b""

    @property
    def tail(self) -> str:
        """The last bytes as text; bytes that are not UTF-8 are replaced."""
        return bytes(self._tail[-self._keep :] if self._keep else b"").decode(errors="replace")

    def _pass_on(self, lines: list[bytes]) -> None:
        """Pass lines on, up to the limit per second. Further lines are only logged, because a flood would cost time."""
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._lines = now, 0
        room = LINES_PER_SECOND - self._lines
        self._lines += min(room, len(lines))
        if self._on_line is not None:
            for line in lines[:room]:
                self._on_line(line[:LINE].decode(errors="replace").rstrip("\r"))
