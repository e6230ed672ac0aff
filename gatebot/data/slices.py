"""Reads slice columns: names as they are, numbers in quartiles with readable, stable names."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.identity import spelled
from gatebot.data.rows import Rows
from gatebot.data.strata import rounded_edges
from gatebot.data.target import NOTHING, spelled_names
from gatebot.evidence.column import MISSING, Floats, Names

if TYPE_CHECKING:
    import polars as pl

FEW = 20  # a column of numbers with more distinct values is binned
MOST = 200  # most names of one column; the others are merged
OTHERS = "(other)"


def slices_of(rows: Rows) -> Mapping[str, Names]:
    """Return every declared slice column, for all rows that were read."""
    return {name: slice_names(spelled(rows.frame, name)) for name in rows.columns.slices}


def slice_names(texts: "pl.Series") -> Names:
    """Return one column as names, shape [n].

    A column of numbers with more than `FEW` distinct values is binned by its quartiles, which are rounded so that a
    few more rows do not rename the bins. If there are more than `MOST` names, the least frequent become `OTHERS`.
    """
    import polars as pl

    filled = ~texts.str.strip_chars().str.to_lowercase().is_in(NOTHING)
    numbers = texts.str.strip_chars().cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    if filled.any() and np.isfinite(numbers[filled.to_numpy()]).all() and texts.filter(filled).n_unique() > FEW:
        return binned(np.where(filled.to_numpy(), numbers, np.nan))
    return _most_frequent(spelled_names(texts))


def binned(values: Floats) -> Names:
    """Bin numbers by quartiles: `< 1.2`, `[1.2, 3.4)`, `[3.4, 8)`, `>= 8`. NaN is missing."""
    edges = rounded_edges(values, 4)
    shown = [f"{edge:.10g}" for edge in edges]
    middle = [f"[{low}, {high})" for low, high in pairwise(shown)]
    names = (f"< {shown[0]}", *middle, f">= {shown[-1]}")
    codes = np.where(np.isnan(values), MISSING, np.searchsorted(edges, values, side="right"))
    return Names(codes.astype(np.int32), names)


def _most_frequent(names: Names) -> Names:
    if len(names.names) <= MOST:
        return names
    counts = np.bincount(names.codes[names.codes != MISSING], minlength=len(names.names))
    kept = sorted(np.argsort(-counts, kind="stable")[: MOST - 1].tolist())
    table = np.full(len(names.names) + 1, len(kept), dtype=np.int32)
    table[kept] = np.arange(len(kept))
    table[MISSING] = MISSING
    return Names(table[names.codes], (*(names.names[code] for code in kept), OTHERS))
