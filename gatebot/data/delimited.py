"""Reads CSV and TSV into rows, every column as text. Errors name the line."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.extent import require_extent
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_SEPARATORS = ",;\t|"
_PIECE = 1 << 24  # bytes processed at a time


def delimited(data: bytes, name: str, separator: str = "") -> "pl.DataFrame":
    """Return the rows of a CSV or TSV file. Lines without any value are skipped, as other readers do."""
    import polars as pl

    data = data.lstrip(b"\r\n")
    if not data.endswith(b"\n"):
        data += b"\n"  # without it, polars drops an empty value from the last line
    names, separator = _header(data, name, separator)
    require_extent(len(names), data.count(b"\n"), len(data), name)
    try:
        frame = pl.read_csv(data, infer_schema=False, separator=separator, encoding="utf8")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        frame = _slowly(data, name, separator, names)
    if (
        len(names) > 1
        and frame.get_column(frame.columns[-1]).null_count()
        and _may_be_uneven(data, separator, len(names))
    ):
        for _ in _records(data, name, separator, len(names)):
            pass
    if any(not values.null_count() for values in frame.get_columns()):
        return frame  # a column without gaps: no line is blank
    return frame.filter(~pl.all_horizontal(pl.all().is_null()))


def _slowly(data: bytes, name: str, separator: str, names: list[str]) -> "pl.DataFrame":
    """Read rows with the `csv` module, which locates errors and accepts quotes within values."""
    import polars as pl

    records = list(_records(data, name, separator, len(names)))[1:]
    columns = zip(*records, strict=True) if records else [()] * len(names)
    frame = pl.DataFrame({column: list(values) for column, values in zip(names, columns, strict=True)})
    return frame.cast(pl.String)


def _header(data: bytes, name: str, separator: str) -> tuple[list[str], str]:
    """Return the column names and the separator, from the first line."""
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
    twice = sorted(column for column, times in Counter(names).items() if times > 1)
    if twice:
        raise UsageError(f"`{name}` names the column `{twice[0]}` more than once.", "Give every column its own name.")
    return names, separator


def _records(data: bytes, name: str, separator: str, width: int) -> Iterator[list[str]]:
    """Yield every record including the header, without blank lines.

    Raises:
        UsageError: a record has more or fewer than `width` values, or a quote never closes.
    """
    before = csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")
    reader = csv.reader(text, delimiter=separator, strict=True)
    line = 0
    try:
        for record in reader:
            if len(record) not in (0, width):
                raise UsageError(
                    f"`{name}` line {line + 1} has {len(record)} value{'s' if len(record) > 1 else ''}, "
                    f"the header has {width}.",
                    "Give every line one value per column, and quote values that hold separators or line breaks.",
                )
            line = reader.line_num
            if record:
                yield record
    except csv.Error as error:
        raise UsageError(
            f"`{name}` line {line + 1}: the quotes of a value are not closed ({error}).",
            'Write a quote within a quoted value twice: "".',
        ) from error
    finally:
        csv.field_size_limit(before)


def _may_be_uneven(data: bytes, separator: str, width: int) -> bool:
    """Return whether some record may have a number of values other than `width`: a fast check before `_records`.

    Counts separators between line ends, outside of quotes, piece by piece. It has false positives, for example with
    quotes within values, but no false negatives.
    """
    whole = np.frombuffer(data, dtype=np.uint8)
    quoted, start, fields = False, 0, 0  # inside quotes; start of the current record; its separators so far
    for offset in range(0, len(data), _PIECE):
        piece = whole[offset : offset + _PIECE]
        marks = (piece == ord(separator)) | (piece == ord("\n"))
        quotes = piece == ord('"')
        if quoted or quotes.any():
            opening = np.flatnonzero(quotes)[int(quoted) :: 2] + offset
            before = whole[opening[opening > 0] - 1]
            if not np.isin(before, [ord(separator), ord("\n"), ord('"')]).all():
                return True
            inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(bool) ^ quoted
            marks &= ~inside
            quoted = bool(inside[-1])
        places = np.flatnonzero(marks)
        ends = np.flatnonzero(piece[places] == ord("\n"))
        if not len(ends):
            fields += len(places)
            continue
        counts = np.diff(ends, prepend=-1) - 1
        counts[0] += fields
        after = np.concatenate([[start], places[ends] + offset + 1])
        odd = np.flatnonzero(counts != width - 1)
        if any(data[after[record] : after[record + 1]].strip(b"\r\n") for record in odd.tolist()):
            return True
        start, fields = int(after[-1]), len(places) - int(ends[-1]) - 1
    return quoted or (bool(data[start:].strip()) and fields != width - 1)
