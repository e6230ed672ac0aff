"""Reads text files into rows: checks the encoding and detects the format."""

from typing import TYPE_CHECKING

from gatebot.data.delimited import delimited
from gatebot.data.json_text import array_as_lines, json_lines
from gatebot.data.layout import TextTable
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl


def table(data: bytes, name: str, ending: str) -> "pl.DataFrame":
    """Return the rows of one text file whose layout is not declared, as `text_table` does."""
    return text_table(data, name, ending).frame


def text_table(data: bytes, name: str, ending: str) -> TextTable:
    """Return the rows of one text file, every column as text.

    Args:
        data: the file's bytes, decompressed.
        name: name of the file, for errors.
        ending: suffix such as `.csv`, `.tsv` or `.jsonl`; with another one, the first byte determines the format.

    Raises:
        UsageError: the bytes are not valid in this format; names the line, if known, and a remedy.
    """
    data = _utf8(data, name)
    start = data[:1024].lstrip()[:1]
    if not start and not data.strip():
        raise UsageError(f"`{name}` is empty.", "Give a file with a header line and rows, or leave it out.")
    if ending in (".jsonl", ".ndjson", ".json") or (start in (b"{", b"[") and ending not in (".csv", ".tsv", ".tab")):
        found = json_lines(array_as_lines(data, name) if start == b"[" else data, name)
    else:
        found = TextTable(delimited(data, name, "\t" if ending in (".tsv", ".tab") else ""))
    if not found.frame.height:
        raise UsageError(f"`{name}` has a header but no rows.", "Add rows, or leave the file out.")
    return found


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
