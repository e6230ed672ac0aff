"""Finds the names of the columns of a text file with separators: in its header, or as they are declared."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatebot.data.layout import SEPARATORS, WHITESPACE, Layout
from gatebot.data.separators import MARKS, first_lines, records, separator_of, with_tabs
from gatebot.errors import UsageError


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file, beginning with the names of the columns.

    Attributes:
        data: the lines as UTF-8, the last one with its end.
        name: name of the file, for errors.
        names: the names of the columns.
        separator: one character.
        quote: the quote; empty if there are none.
        before: lines of the file that are not in `data`, less lines that were added.
    """

    data: bytes
    name: str
    names: Sequence[str]
    separator: str
    quote: str
    before: int


def with_header(data: bytes, name: str, layout: Layout, *, spaces: bool) -> tuple[Lines, Layout]:
    """Return the lines with a line of names, and the layout with what was found out.

    Args:
        data: the file as UTF-8.
        name: its name, for errors.
        layout: how it is laid out, as far as that is known.
        spaces: whether columns may be set apart by spaces.

    Raises:
        UsageError: the first lines do not fit the layout, or name no columns.
    """
    start = _start(data, name, layout)
    before = data.count(b"\n", 0, start)
    sample = first_lines(data, start)
    separator = layout.separator or separator_of(sample, layout.quote, spaces=spaces)
    found = replace(layout, separator=separator)
    data = data[start:]
    if not data.endswith(b"\n"):
        data += b"\n"  # without it, polars drops an empty value from the last line
    if separator == WHITESPACE:
        data, separator = with_tabs(data, layout.quote), "\t"
        sample = first_lines(data)
    head, length = _first(sample if sample.count("\n") > 1 else data.decode(errors="ignore"), name, separator, layout)
    _complain_if_one(head, found, layout, name, before + 1)
    names = _names(head, layout, name, before + 1)
    if layout.header == "none":
        data, before = _line(names, separator) + data, before - 1
    elif names != head:
        line = _line(names, separator)
        before += data.count(b"\n", 0, length) - line.count(b"\n")
        data = line + data[length:]
    return Lines(data, name, names, separator, layout.quote, before), found


def _start(data: bytes, name: str, layout: Layout) -> int:
    """Return where the header starts, or the rows if there is none."""
    start = 0
    if isinstance(layout.header, int):
        for _ in range(layout.header - 1):
            start = data.find(b"\n", start) + 1
            if not start:
                raise UsageError(
                    f"`{name}` has no line {layout.header}, which should name the columns (data.header).",
                    "Give the number of the line with the names, counted from 1.",
                )
    return start + len(data[start:]) - len(data[start:].lstrip(b"\r\n"))


def _first(text: str, name: str, separator: str, layout: Layout) -> tuple[list[str], int]:
    """Return the values of the first record, and its length in bytes."""
    lines = io.StringIO(text, newline="")
    reader = records(lines, separator, layout.quote)
    try:
        values = next(reader)
    except (csv.Error, StopIteration) as error:
        raise UsageError(
            f"`{name}` line 1 is not a header: {error}.", "The first line must name the columns."
        ) from error
    read = io.StringIO(text, newline="")
    length = sum(len(read.readline().encode()) for _ in range(reader.line_num))
    return values, length


def _complain_if_one(head: Sequence[str], found: Layout, layout: Layout, name: str, line: int) -> None:
    """Refuse a declared separator that the first line does not have, although it has others.

    Raises:
        UsageError: it is so.
    """
    others = [word for word, mark in SEPARATORS.items() if mark in MARKS and head and mark in head[0]]
    if layout.separator and len(head) == 1 and others:
        word = next((word for word, mark in SEPARATORS.items() if mark == found.separator), found.separator)
        raise UsageError(
            f"`{name}` line {line} has no {word} (data.separator), so that there is one column.",
            f"It looks like {others[0]}: `separator: {others[0]}`, or `auto`.",
        )


def _names(head: Sequence[str], layout: Layout, name: str, line: int) -> list[str]:
    """Return the names of the columns: the declared ones, those of the header, or numbers.

    Raises:
        UsageError: there are not as many names as columns, a name occurs twice, or the header holds values.
    """
    if layout.columns:
        if len(layout.columns) != len(head):
            raise UsageError(
                f"`{name}` line {line} has {len(head)} values, but `data.columns` names {len(layout.columns)} columns.",
                "Name every column once, in the order of the file.",
            )
        return list(layout.columns)
    if layout.header == "none":
        return [f"column_{at}" for at in range(1, len(head) + 1)]
    names = [value or f"Unnamed: {at}" for at, value in enumerate(head)]
    twice = sorted(column for column, times in Counter(names).items() if times > 1)
    if twice:
        raise UsageError(
            f"`{name}` names the column `{twice[0]}` more than once.",
            "Give every column its own name, in the file or in `data.columns`.",
        )
    if layout.header == "auto" and _are_values(head):
        raise UsageError(
            f"`{name}` line {line} holds numbers only ({', '.join(head[:3])}, …): it is no header.",
            "Set `data.header: none` and name the columns in `data.columns`; or `header: 1` if these are names.",
        )
    return names


def _are_values(head: Sequence[str]) -> bool:
    """Return whether a header holds numbers, other than a count of the columns such as `0,1,2`."""
    try:
        numbers = [float(value) for value in head]
    except ValueError:
        return False
    return numbers not in ([float(at) for at in range(len(head))], [float(at + 1) for at in range(len(head))])


def _line(names: Sequence[str], separator: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerow(names)
    return out.getvalue().encode()
