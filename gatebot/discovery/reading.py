"""How the repository's own code reads its data, and how the file itself is laid out."""

import ast
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatebot.data.decimals import with_points
from gatebot.data.delimited import delimited
from gatebot.data.encoding import as_utf8
from gatebot.data.layout import AUTO, WHITESPACE, Layout
from gatebot.data.separators import first_lines, records, separator_of
from gatebot.data.text import JSONS, TABS
from gatebot.errors import UsageError

READERS = frozenset({"read_csv", "read_table"})
NEUTRAL = frozenset(
    {
        "sep",
        "delimiter",
        "encoding",
        "nrows",
        "usecols",
        "engine",
        "low_memory",
        "memory_map",
        "index_col",
        "compression",
    }
)
"""Options of `pandas.read_csv` that change no value: what is read is what pandas makes of it by itself."""


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A call of `pandas.read_csv`.

    Attributes:
        path: the path that it reads, if it is a text; else empty.
        options: its options, as far as they are constants; others are None.
        where: the file and the line, for people.
    """

    path: str
    options: Mapping[str, Any]
    where: str

    @property
    def plain(self) -> bool:
        """Whether it leaves all values to pandas."""
        return not self.options.keys() - NEUTRAL


def read_calls(name: str, text: str) -> list[ReadCall]:
    """Return the calls of `read_csv` in one file of Python. None of it is run."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            first = node.args[0] if node.args else None
            path = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
            options = {word.arg or "**": _constant(word.value) for word in node.keywords}
            found.append(ReadCall(path, options, f"{name}:{node.lineno}"))
    return found


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def layout_of(data: bytes, name: str, ending: str, call: ReadCall | None) -> Layout:
    """Return how a text file is laid out: as the code reads it, and else as its first lines look.

    Args:
        data: the first lines of the file, or all of it.
        name: its name, for errors.
        ending: its suffix; JSON has no layout.
        call: the call that reads this file, if there is one.

    Raises:
        UsageError: it cannot be read as text with separators.
    """
    options = call.options if call is not None else {}
    missing = tuple(map(str, _listed(options.get("na_values"))))
    text, encoding = as_utf8(data, name)
    if ending in JSONS or (text[:1024].lstrip()[:1] in (b"{", b"[") and ending not in (".csv", *TABS)):
        return replace(AUTO, encoding=encoding, missing=missing)
    lines = first_lines(text, len(text) - len(text.lstrip(b"\r\n")))
    quote = str(options.get("quotechar") or '"')
    found = separator_of(lines, quote, spaces=ending not in (".csv", *TABS))
    layout = replace(AUTO, encoding=encoding, separator="\t" if ending in TABS else found, missing=missing, quote=quote)
    bare = "header" in options and options["header"] is None
    names = tuple(map(str, _listed(options.get("names"))))
    if bare or names or _without_names(lines, layout):
        width = len(_cells(lines, layout)[0])
        layout = replace(layout, header="none", columns=names if len(names) == width else ())
    if layout.separator != "," and _has_commas(lines, name, layout):
        layout = replace(layout, decimal=",")
    return layout


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [] if value is None or isinstance(value, dict) else [value]


def _cells(lines: str, layout: Layout) -> list[list[str]]:
    if layout.separator == WHITESPACE:
        return [line.split() for line in lines.splitlines() if line.strip()]
    try:
        return [record for record in records(io.StringIO(lines, newline=""), layout.separator, layout.quote) if record]
    except csv.Error:
        return [[""]]


def _without_names(lines: str, layout: Layout) -> bool:
    """Return whether the first line holds values: numbers where the column has numbers, words that occur again."""
    first, *rest = _cells(lines, layout)
    rest = [record for record in rest if len(record) == len(first)]
    if len(rest) < 2 or not all(first):
        return False
    columns = [[record[at] for record in rest if record[at]] for at in range(len(first))]
    numeric = [bool(column) and all(map(_is_number, column)) for column in columns]
    if not any(numeric) or not all(_is_number(cell) for cell, there in zip(first, numeric, strict=True) if there):
        return False
    counting = [str(at) for at in range(len(first))]
    words = [(cell, column) for cell, column, there in zip(first, columns, numeric, strict=True) if not there]
    return first != counting and all(cell in column or _is_number(cell) for cell, column in words)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def _has_commas(lines: str, name: str, layout: Layout) -> bool:
    """Return whether numbers have decimal commas."""
    try:
        return bool(with_points(delimited(lines.encode(), name, layout).frame)[1])
    except UsageError:
        return False
