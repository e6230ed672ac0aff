"""Reads CSV, TSV and their kin into rows, every column as text. Errors name the line."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.decimals import with_points
from gatebot.data.extent import require_extent
from gatebot.data.header import Lines, with_header
from gatebot.data.layout import AUTO, Layout, TextTable
from gatebot.data.separators import records
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_PIECE = 1 << 24  # bytes processed at a time


def delimited(data: bytes, name: str, layout: Layout = AUTO, *, spaces: bool = False) -> TextTable:
    """Return the rows of a text file with separators. Lines without any value are skipped, as other readers do.

    Args:
        data: the file as UTF-8.
        name: its name, for errors.
        layout: how it is laid out, as far as that is known.
        spaces: whether columns may be set apart by spaces, if the layout does not say what separates them.

    Raises:
        UsageError: the lines do not fit the layout or one another; names the line.
    """
    import polars as pl

    lines, layout = with_header(data, name, layout, spaces=spaces)
    require_extent(len(lines.names), lines.data.count(b"\n"), len(lines.data), name)
    empty = lines.quote.encode() * 2  # a quoted empty value, which polars reads as an empty text
    nothing = (*layout.missing, *([""] if lines.quote and empty in lines.data else []))
    try:
        frame = pl.read_csv(
            lines.data,
            infer_schema=False,
            separator=lines.separator,
            quote_char=lines.quote or None,
            encoding="utf8",
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        frame, nothing = _slowly(lines), ("", *layout.missing)
    if (
        len(lines.names) > 1
        and frame.get_column(frame.columns[-1]).null_count()
        and _may_be_uneven(lines.data, lines.separator, len(lines.names), lines.quote)
    ):
        for _ in _records(lines):
            pass
    if all(values.null_count() for values in frame.get_columns()):  # else no line is blank
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    frame = without(frame, nothing)
    frame, pointed = (frame, frozenset[str]()) if layout.decimal == "." else with_points(frame)
    return TextTable(frame, layout, pointed=pointed)


def _slowly(lines: Lines) -> "pl.DataFrame":
    """Read rows with the `csv` module, which locates errors and accepts quotes within values."""
    import polars as pl

    found = list(_records(lines))[1:]
    columns = zip(*found, strict=True) if found else [()] * len(lines.names)
    values = {column: list(values) for column, values in zip(lines.names, columns, strict=True)}
    return pl.DataFrame(values, schema=dict.fromkeys(lines.names, pl.String))


def without(frame: "pl.DataFrame", words: Sequence[str]) -> "pl.DataFrame":
    """Return a table in which these words are missing values, in its columns of text."""
    import polars as pl

    if not words or pl.String not in frame.dtypes:
        return frame
    return frame.with_columns(pl.when(~pl.col(pl.String).is_in(words)).then(pl.col(pl.String)))


def _records(lines: Lines) -> Iterator[list[str]]:
    """Yield every record including the header, without blank lines.

    Raises:
        UsageError: a record has more or fewer values than there are columns, or a quote never closes.
    """
    name, width = lines.name, len(lines.names)
    before = csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(io.BytesIO(lines.data), "utf-8", newline="")
    reader = records(text, lines.separator, lines.quote, strict=True)
    line = lines.before
    try:
        for record in reader:
            if len(record) not in (0, width):
                raise UsageError(
                    f"`{name}` line {line + 1} has {len(record)} value{'s' if len(record) > 1 else ''}, "
                    f"the header has {width}.",
                    "Give every line one value per column, and quote values that hold separators or line breaks.",
                )
            line = reader.line_num + lines.before
            if record:
                yield record
    except csv.Error as error:
        raise UsageError(
            f"`{name}` line {line + 1}: the quotes of a value are not closed ({error}).",
            "Write a quote within a quoted value twice; set `data.quote` if quotes are others, or `none`.",
        ) from error
    finally:
        csv.field_size_limit(before)


def _may_be_uneven(data: bytes, separator: str, width: int, quote: str = '"') -> bool:
    """Return whether some record may have a number of values other than `width`: a fast check before `_records`.

    Counts separators between line ends, outside of quotes, piece by piece. It has false positives, for example with
    quotes within values, but no false negatives.
    """
    whole = np.frombuffer(data, dtype=np.uint8)
    quoted, start, fields = False, 0, 0  # inside quotes; start of the current record; its separators so far
    for offset in range(0, len(data), _PIECE):
        piece = whole[offset : offset + _PIECE]
        marks = (piece == ord(separator)) | (piece == ord("\n"))
        quotes = piece == (ord(quote) if quote else -1)
        if quoted or quotes.any():
            opening = np.flatnonzero(quotes)[int(quoted) :: 2] + offset
            before = whole[opening[opening > 0] - 1]
            if not np.isin(before, [ord(separator), ord("\n"), ord(quote)]).all():
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
