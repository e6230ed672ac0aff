"""Reads text files into rows: converts the encoding and detects the format."""

from dataclasses import replace
from typing import TYPE_CHECKING

from gatebot.data.delimited import delimited, without
from gatebot.data.encoding import as_utf8
from gatebot.data.json_text import array_as_lines, json_lines
from gatebot.data.layout import AUTO, Layout, TextTable
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

TABS, JSONS = (".tsv", ".tab"), (".jsonl", ".ndjson", ".json")


def table(data: bytes, name: str, ending: str) -> "pl.DataFrame":
    """Return the rows of one text file whose layout is not declared, as `text_table` does."""
    return text_table(data, name, ending).frame


def text_table(data: bytes, name: str, ending: str, layout: Layout = AUTO) -> TextTable:
    """Return the rows of one text file, every column as text.

    Args:
        data: the file's bytes, decompressed.
        name: name of the file, for errors.
        ending: suffix such as `.csv`, `.tsv` or `.jsonl`; with another one, the first byte determines the format.
        layout: how the file is laid out, as far as that is declared.

    Raises:
        UsageError: the bytes are not valid in this format; names the line, if known, and a remedy.
    """
    data, encoding = as_utf8(data, name, layout.encoding)
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    start = data[:1024].lstrip()[:1]
    if not start and not data.strip():
        raise UsageError(f"`{name}` is empty.", "Give a file with a header line and rows, or leave it out.")
    if ending in JSONS or (start in (b"{", b"[") and ending not in (".csv", *TABS)):
        found = _filled(json_lines(array_as_lines(data, name) if start == b"[" else data, name), layout)
    else:
        known = replace(layout, separator=layout.separator or ("\t" if ending in TABS else ""))
        found = delimited(data, name, known, spaces=ending not in (".csv", *TABS))
    if not found.frame.height:
        what = "no rows" if layout.header == "none" else "a header but no rows"
        raise UsageError(f"`{name}` has {what}.", "Add rows, or leave the file out.")
    return replace(found, layout=replace(found.layout, encoding=encoding))


def _filled(found: TextTable, layout: Layout) -> TextTable:
    """Return a JSON table in which the declared words are missing values."""
    return replace(found, frame=without(found.frame, layout.missing))
