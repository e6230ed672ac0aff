"""Reads the target column as labels or numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.identity import spelled
from gatebot.data.rows import Mask, Rows
from gatebot.errors import UsageError
from gatebot.evidence.column import MISSING, Column, Names, Numbers, label

if TYPE_CHECKING:
    import polars as pl

NOTHING = (
    "",
    "nan",
    "na",
    "n/a",
    "null",
    "none",
    "<na>",
    "#n/a",
)  # spellings of a missing number, in lower case


def target_of(rows: Rows, task: str) -> Column | None:
    """Return the target of every row: labels for classification, numbers otherwise; None without a target.

    Raises:
        UsageError: numbers are needed, and a value is not a number or is infinite; or all rows have one class.
    """
    name = rows.columns.target
    if name is None:
        return None
    if task != "classification":
        return _numbers(rows, name)
    labels = names_in(rows.frame, name)
    if len(labels.names) == 1:
        raise UsageError(
            f"`{name}` holds one class only, {labels.names[0][:40]!r}, so there is nothing to tell apart.",
            "Name another column in `data.target`, or bring rows of the other classes.",
        )
    return labels


def present(target: Column) -> Mask:
    """Return True where there is a label, shape [n]."""
    match target:
        case Names():
            known: Mask = target.codes != MISSING
        case Numbers():
            known = ~np.isnan(target.values)
    return known


def names_in(frame: "pl.DataFrame", name: str) -> Names:
    """Return a column as labels in canonical spelling; names are sorted."""
    return spelled_names(spelled(frame, name))


def spelled_names(texts: "pl.Series") -> Names:
    """Return texts as labels in canonical spelling; names are sorted."""
    import polars as pl

    raw: list[str] = texts.unique().to_list()
    labels = [label(text) for text in raw]
    names = tuple(sorted({text for text in labels if text is not None}))
    place = {text: code for code, text in enumerate(names)}
    codes = [MISSING if text is None else place[text] for text in labels]
    coded = texts.replace_strict(pl.Series(raw, dtype=pl.String), codes, return_dtype=pl.Int32)
    return Names(coded.to_numpy().astype(np.int32), names)


def _numbers(rows: Rows, name: str) -> Numbers:
    import polars as pl

    texts = spelled(rows.frame, name).str.strip_chars()
    values = texts.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    absent = texts.str.to_lowercase().is_in(NOTHING).to_numpy()
    wrong = np.flatnonzero((~np.isfinite(values)) & ~absent)
    if len(wrong):
        _complain(rows, name, texts, wrong)
    return Numbers(np.where(absent, np.nan, values).astype(np.float64))


def _complain(rows: Rows, name: str, texts: "pl.Series", wrong: Sequence[int] | np.ndarray) -> None:
    example = str(texts[int(wrong[0])])[:40]
    if rows.frame.get_column(name).dtype.is_temporal():
        hint = "A time is no number: predict a duration or an epoch."
    else:
        hint = "Clean the column, or set `task: classification` where it holds names."
    raise UsageError(
        f"`{name}` must hold numbers for this task, but {len(wrong)} of {len(rows)} rows do not; "
        f"row {int(wrong[0]) + 1} says {example!r}.",
        hint,
    )
