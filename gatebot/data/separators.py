"""Finds out what separates the columns of a text file, from its first lines."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gatebot.data.layout import WHITESPACE

if TYPE_CHECKING:
    from _csv import Reader

MARKS = ",;\t|"
_LINES = 20
_SAMPLE = 1 << 16
_GAP = re.compile(r"[ \t]+")


def first_lines(data: bytes, start: int = 0) -> str:
    """Return the first lines of UTF-8, at most 20, and as many as fit into 64 KiB, but two at least."""
    end, ends = start, 0
    while ends < _LINES and end < len(data):
        after = data.find(b"\n", end) + 1 or len(data)
        if ends >= 2 and after - start > _SAMPLE:
            break
        end, ends = after, ends + 1
    return data[start:end].decode(errors="ignore")


def separator_of(lines: str, quote: str, *, spaces: bool) -> str:
    """Return the separator under which the first lines have one number of values each, and as many as possible.

    Without such a one, it is the mark that the first line has most of.

    Args:
        lines: the first lines of a file.
        quote: its quote; empty if it has none.
        spaces: whether columns may be set apart by spaces.
    """
    found = {mark: _widths(lines, mark, quote) for mark in MARKS}
    even = {mark: widths[0] for mark, widths in found.items() if widths and len(set(widths)) == 1 and widths[0] > 1}
    if even:
        return max(even, key=lambda mark: even[mark])
    first = lines.partition("\n")[0]
    if spaces and not any(mark in first for mark in MARKS if mark != "\t"):
        widths = [len(_GAP.split(line.strip())) for line in lines.splitlines() if line.strip()]
        if len(widths) > 1 and len(set(widths)) == 1 and widths[0] > 1:
            return WHITESPACE
    return max(MARKS, key=first.count)


def _widths(lines: str, mark: str, quote: str) -> Sequence[int]:
    try:
        return [len(record) for record in records(io.StringIO(lines, newline=""), mark, quote) if record]
    except csv.Error:
        return ()


def records(lines: Iterable[str], separator: str, quote: str, *, strict: bool = False) -> "Reader":
    """Return a reader of the records of some lines. With an empty quote, quotes are characters like any other."""
    if quote:
        return csv.reader(lines, delimiter=separator, quotechar=quote, strict=strict)
    return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE, quotechar=None)


def with_tabs(data: bytes, quote: str) -> bytes:
    """Return lines whose columns are set apart by spaces with one tab between columns; quoted texts stay."""
    marked = re.escape(quote.encode()) if quote else b""
    quoted = rb"(" + marked + rb"[^" + marked + rb"]*" + marked + rb")|" if quote and quote.encode() in data else rb"()"
    data = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", data)
    if quoted == rb"()":
        return re.sub(rb"[ \t]+", b"\t", data)
    return re.sub(quoted + rb"[ \t]+", lambda found: found[1] or b"\t", data)
