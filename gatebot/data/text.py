"""Text into rows: CSV, TSV, JSON Lines and JSON arrays, every column as text, every fault with its file and line."""

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_SEPARATORS = ",;\t|"
_PIECE = 1 << 24  # bytes looked at in one go


def table(data: bytes, name: str, ending: str) -> "pl.DataFrame":
    """Rows of one text file, every column as text.

    Args:
        data: the file's bytes, unpacked.
        name: of the file, for errors.
        ending: `.csv`, `.tsv`, `.jsonl` and so on; anything else is told by the first byte.

    Raises:
        UsageError: the bytes are no such file; says where and what to do.
    """
    data = _utf8(data, name)
    start = data[:1024].lstrip()[:1]
    if not start and not data.strip():
        raise UsageError(f"`{name}` is empty.", "Give a file with a header line and rows, or leave it out.")
    if ending in (".jsonl", ".ndjson", ".json") or (start in (b"{", b"[") and ending not in (".csv", ".tsv", ".tab")):
        frame = json_lines(_array_as_lines(data, name) if start == b"[" else data, name)
    else:
        frame = delimited(data, name, "\t" if ending in (".tsv", ".tab") else "")
    if not frame.height:
        raise UsageError(f"`{name}` has a header but no rows.", "Add rows, or leave the file out.")
    return frame


def _utf8(data: bytes, name: str) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"`{name}` is UTF-16.", f"Convert it: iconv -f UTF-16 -t UTF-8 {name}")
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise UsageError(
            f"`{name}` line {line} holds a NUL byte: this is not a text file.", "Give CSV, TSV, JSON Lines or Parquet."
        )
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"`{name}` line {line} is not UTF-8 (byte 0x{data[error.start]:02x}).",
            f"Convert it: iconv -f WINDOWS-1252 -t UTF-8 {name}",
        ) from error
    if b"\r" in data and b"\n" not in data:
        return data.replace(b"\r", b"\n")
    return data


# --- CSV and TSV ---


def delimited(data: bytes, name: str, separator: str = "") -> "pl.DataFrame":
    """Rows of a CSV or TSV file. Lines without any value are skipped, as other readers do."""
    import polars as pl

    data = data.lstrip(b"\r\n")
    names, separator = _header(data, name, separator)
    try:
        frame = pl.read_csv(data, infer_schema=False, separator=separator, encoding="utf8")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        _explain_lines(data, name, separator, len(names))
        raise UsageError(
            f"`{name}` is not a table: {_first_line(error)}.", "Quote values that hold separators."
        ) from error
    if len(names) > 1 and frame.get_column(frame.columns[-1]).null_count():
        _explain_lines(data, name, separator, len(names))
    return frame.filter(~pl.all_horizontal(pl.all().is_null()))


def _header(data: bytes, name: str, separator: str) -> tuple[list[str], str]:
    """The column names and the separator, from the first line."""
    lines = io.StringIO(data[:_PIECE].decode(errors="ignore"), newline="")
    first = lines.readline()
    if not separator:
        counts = {mark: first.count(mark) for mark in _SEPARATORS}
        separator = max(_SEPARATORS, key=lambda mark: counts[mark])
    lines.seek(0)
    try:
        names = next(csv.reader(lines, delimiter=separator))
    except (csv.Error, StopIteration) as error:
        raise UsageError(
            f"`{name}` line 1 is not a header: {error}.", "The first line must name the columns."
        ) from error
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise UsageError(f"`{name}` names the column `{twice[0]}` more than once.", "Give every column its own name.")
    return names, separator


def _explain_lines(data: bytes, name: str, separator: str, width: int) -> None:
    """Complain about the first line that has more or fewer values than the header, or a quote that never closes."""
    for line, fields in _uneven(data, separator, width):
        raise UsageError(
            f"`{name}` line {line} has {fields} value{'s' if fields != 1 else ''}, the header has {width}.",
            "Give every line one value per column, and quote values that hold separators or line breaks.",
        )


def _uneven(data: bytes, separator: str, width: int) -> Iterator[tuple[int, int]]:
    """Records whose number of values is not `width`: line, values. Blank lines are no records.

    Counts separators and line ends outside of quotes, piece by piece, so that a gigabyte takes seconds.
    """
    quoted, fields, line, filled, opened = False, 0, 1, False, 1
    for start in range(0, len(data), _PIECE):
        piece = np.frombuffer(data, dtype=np.uint8, count=min(_PIECE, len(data) - start), offset=start)
        quotes = piece == ord('"')
        inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(bool) ^ quoted
        quoted = bool(inside[-1])
        ends = (piece == ord("\n")) & ~inside
        marks = np.flatnonzero(ends)
        separators = np.cumsum((piece == ord(separator)) & ~inside)
        values = np.cumsum((piece != ord("\n")) & (piece != ord("\r")))
        breaks = np.cumsum(piece == ord("\n"))
        at, seen, lines = separators[marks], values[marks], breaks[marks]
        counts = np.diff(at, prepend=0)
        lengths = np.diff(seen, prepend=0)
        if len(marks):
            counts[0] += fields
            lengths[0] += filled
            wrong = np.flatnonzero((counts != width - 1) & (lengths > 0))
            if len(wrong):
                first = int(wrong[0])
                yield (opened if first == 0 else line + int(lines[first - 1])), int(counts[first]) + 1
                return
            fields, filled = int(separators[-1] - at[-1]), bool(values[-1] > seen[-1])
            opened = line + int(lines[-1])
        else:
            fields, filled = fields + int(separators[-1]), filled or bool(values[-1])
        line += int(breaks[-1])
    if quoted or (filled and fields != width - 1):
        yield opened, fields + 1


# --- JSON ---


def json_lines(data: bytes, name: str) -> "pl.DataFrame":
    """Rows of a JSON Lines file. Columns in the order in which they first appear; nested values stay JSON text."""
    import polars as pl

    lines = io.BytesIO(data)
    try:
        keys = list(pl.read_ndjson(lines, infer_schema_length=None).columns)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        keys = _json_keys(data, name)
    lines.seek(0)
    try:
        return pl.read_ndjson(lines, schema=dict.fromkeys(keys, pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        _json_keys(data, name)
        raise UsageError(
            f"`{name}` is not JSON Lines: {_first_line(error)}.", "Write one JSON object a line."
        ) from error


def _json_keys(data: bytes, name: str) -> list[str]:
    """Every key of every line, line by line: slow, and says which line is wrong."""
    keys: dict[str, None] = {}
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"`{name}` line {number} is not JSON: {error}.", "Write one JSON object a line."
            ) from error
        if not isinstance(value, dict):
            raise UsageError(f"`{name}` line {number} is not a JSON object.", "Write one JSON object a line.")
        keys |= dict.fromkeys(value)
    return list(keys)


def _array_as_lines(data: bytes, name: str) -> bytes:
    """A JSON array of objects as JSON Lines."""
    try:
        values: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"`{name}` is not JSON: {error}.", "Give an array of objects, or one object a line."
        ) from error
    for place, value in enumerate(values):
        if not isinstance(value, dict):
            raise UsageError(f"`{name}`: element {place + 1} is not a JSON object.", "Give an array of objects.")
    if not values:
        raise UsageError(f"`{name}` is an empty array.", "Add rows, or leave the file out.")
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["unreadable"])[0].rstrip(".")
