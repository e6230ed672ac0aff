"""What pandas' own defaults make of CSV (`data.types: native`): its words for missing values, and its types."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatebot.data.rows import Rows
from gatebot.data.target import NOTHING
from gatebot.evidence.profile import ColumnProfile

if TYPE_CHECKING:
    import polars as pl

MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""The texts that `pandas.read_csv` takes for missing, besides empty cells."""


def pinned_types(rows: Rows, columns: Sequence[ColumnProfile]) -> dict[str, str]:
    """Return the types (`text`, `number`) of columns that pandas cannot infer from a part of the rows.

    These are text columns whose values there may look like numbers, and integer columns with missing values elsewhere.
    """
    if rows.typed:
        return {}
    words = [one.name for one in columns if one.kind in ("category", "text", "time") or one.unparsed]
    gaps = [one.name for one in columns if one.kind in ("integer", "number") and one.missing and not one.unparsed]
    return dict.fromkeys(_with_words(rows.frame, words), "text") | dict.fromkeys(gaps, "number")


def _with_words(frame: "pl.DataFrame", names: list[str]) -> list[str]:
    """Return the text columns that have a value that is not a number.

    If a column has none, a reader of the whole data would read numbers too (`007` is 7).
    """
    import polars as pl

    if not names:
        return []
    values = [(name, pl.col(name).str.strip_chars()) for name in names]
    found = frame.select(
        (text.cast(pl.Float64, strict=False).is_null() & text.is_not_null() & ~text.str.to_lowercase().is_in(NOTHING))
        .any()
        .alias(name)
        for name, text in values
    )
    return [name for name, there in found.row(0, named=True).items() if there]
