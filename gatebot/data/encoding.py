"""Converts text files to UTF-8, and finds out how they are encoded. Errors name the line and the byte."""

import re
from contextlib import suppress

from gatebot.errors import UsageError

AUTO, UTF8, WINDOWS = "auto", "utf-8", "cp1252"
_MARKS = ((b"\xef\xbb\xbf", UTF8), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 1 << 12
_LEAST = 16  # bytes of the smallest file that is recognised as UTF-16 without a mark
_NULS = 0.3  # share of NUL bytes in UTF-16 of mostly Latin letters


def as_utf8(data: bytes, name: str, encoding: str = AUTO) -> tuple[bytes, str]:
    """Return a text file as UTF-8 without a mark, and its encoding as a codec of Python.

    Args:
        data: the bytes of the file.
        name: its name, for errors.
        encoding: the codec; `auto` recognises UTF-8 and UTF-16, with or without a mark, and Windows-1252.

    Raises:
        UsageError: the bytes are not text in this encoding; names the line and the byte.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark) and encoding in (AUTO, codec, codec[:6]):
            return _decoded(data[len(mark) :], name, codec), codec
    if encoding != AUTO:
        return _decoded(data, name, encoding), encoding
    if data.isascii() and b"\x00" not in data:
        return data, UTF8
    wide = _wide(data)
    if wide:
        return _decoded(data, name, wide), wide
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise UsageError(
            f"`{name}` line {line} holds a NUL byte: this is not a text file.", "Give CSV, TSV, JSON Lines or Parquet."
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if _looks_like_windows(data):
            with suppress(UsageError):
                return _decoded(data, name, WINDOWS), WINDOWS
        raise _undecodable(data, name, UTF8, error) from error
    return data, UTF8


def _wide(data: bytes) -> str:
    """Return the codec of UTF-16 without a mark: every other byte of Latin letters is NUL."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if (
        len(sample) < _LEAST
        or len(data) % 2
        or max(even, odd) < _NULS * len(sample) / 2
        or min(even, odd) > max(even, odd) / 4
    ):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _looks_like_windows(data: bytes) -> bool:
    """Return whether bytes that are not UTF-8 are Windows-1252: no control characters, and hardly any UTF-8 in it."""
    if _CONTROL.search(data):
        return False
    kept = len(data.decode(errors="ignore").encode())
    odd = len(data) - kept  # bytes that UTF-8 does not allow
    return 2 * odd > kept - len(data.translate(None, _HIGH))


_HIGH = bytes(range(128, 256))


def _decoded(data: bytes, name: str, codec: str) -> bytes:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(data, name, codec, error) from error
    if "\x00" in text:
        raise UsageError(
            f"`{name}` line {text.count(chr(10), 0, text.index(chr(0))) + 1} holds a NUL character.",
            "Is it the right file, and `data.encoding` the right one?",
        )
    try:
        return text.encode()
    except UnicodeEncodeError as error:  # half of a pair of UTF-16
        raise UsageError(f"`{name}` is not valid {codec}: {error.reason}.", "Write the file again.") from error


def _undecodable(data: bytes, name: str, codec: str, error: UnicodeDecodeError) -> UsageError:
    line = data[: error.start].decode(codec, "ignore").count("\n") + 1
    return UsageError(
        f"`{name}` line {line} is not {codec.upper()} (byte 0x{data[error.start]:02x}).",
        f"Name its encoding in `data.encoding`, or convert it: iconv -f WINDOWS-1252 -t UTF-8 {name}",
    )
