"""How a text file lays out its table: what `data.encoding`, `data.separator` and their neighbours say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

TEXT, NUMBER, JSON = "text", "float64", "json"
"""What a format itself says of a column: text, numbers with fractions, or nested values as JSON."""

WHITESPACE = "whitespace"
"""The separator of columns that are set apart by any number of spaces and tabs."""

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "whitespace": WHITESPACE}
"""The words of `data.separator`, and what they mean."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How text files are read. The defaults find out by themselves.

    Attributes:
        encoding: a codec of Python, or `auto`: UTF-8 with or without a mark, UTF-16, Windows-1252.
        separator: one character, `whitespace`, or empty to find out.
        header: the line of the names, from 1; `none` if there is no such line; `auto`: the first line, which must not
            look like values.
        columns: the names of all columns, in place of those of the header.
        decimal: the decimal mark.
        quote: the quote; empty if there are none.
        missing: texts that mean that there is no value, besides empty ones.
    """

    encoding: str = "auto"
    separator: str = ""
    header: int | Literal["auto", "none"] = "auto"
    columns: tuple[str, ...] = ()
    decimal: str = "."
    quote: str = '"'
    missing: tuple[str, ...] = ()


AUTO = Layout()


def found_out(found: Layout, declared: Layout) -> str:
    """Return what was found out about a file and is unusual, such as `read as cp1252, separated by semicolon`."""
    said = []
    if declared.encoding == "auto" and found.encoding not in ("auto", "utf-8"):
        said.append(f"read as {found.encoding}")
    word = next((word for word, mark in SEPARATORS.items() if mark == found.separator), "")
    if not declared.separator and word not in ("", "comma", "tab"):
        said.append(f"separated by {word}")
    return ", ".join(said)


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """The rows of a text file.

    Attributes:
        frame: all columns as text; null where there is no value.
        layout: how the file turned out to be laid out.
        given: what the format itself says of columns (JSON): `text`, `float64`, or `json` for nested values.
        pointed: columns of numbers whose decimal mark was exchanged for a point.
    """

    frame: "pl.DataFrame"
    layout: Layout = AUTO
    given: Mapping[str, str] = field(default_factory=dict)
    pointed: frozenset[str] = frozenset()
