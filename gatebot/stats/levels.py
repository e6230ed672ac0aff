"""Columns of any kind as a few levels each: what slices are made of."""

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Floats, Ints, StatError

MOST_BINS = 6
MOST_NAMES = 8


def edges(values: ArrayLike, most: int = MOST_BINS) -> Floats:
    """Inner edges of at most `most` bins of about equal mass; of base's data, so that both sides share them.

    Args:
        values: float[n]; NaN is left out.
        most: number of bins, at least 1.

    Returns:
        float[<= most - 1], ascending and distinct; empty where all values are equal.
    """
    known = _column(values)
    known = known[np.isfinite(known)]
    if most < 1:
        raise StatError(f"levels: {most} bins")
    if not known.size:
        return np.empty(0)
    inner = np.unique(np.quantile(known, np.linspace(0, 1, most + 1)[1:-1], method="inverted_cdf"))
    return np.asarray(inner[inner < known.max()], dtype=np.float64)


def binned(values: ArrayLike, inner: Floats) -> Ints:
    """int[n] levels: level k where edge k-1 < value <= edge k; NaN is the level after the last."""
    column = _column(values)
    codes = np.searchsorted(inner, column, side="left")
    return np.where(np.isnan(column), inner.size + 1, codes).astype(np.intp)


def frequent(codes: ArrayLike, most: int = MOST_NAMES) -> Ints:
    """The most frequent codes of a categorical column, most frequent first; negative codes (missing) are left out."""
    known = _codes(codes)
    distinct, counts = np.unique(known[known >= 0], return_counts=True)
    return np.asarray(distinct[np.argsort(-counts, kind="stable")][:most], dtype=np.intp)


def named(codes: ArrayLike, kept: Ints) -> Ints:
    """int[n] levels: the position in `kept`; all other codes share the level after those, missing ones the next."""
    column = _codes(codes)
    order = np.argsort(kept)
    place = np.clip(np.searchsorted(kept, column, sorter=order), 0, max(kept.size - 1, 0))
    found = order[place] if kept.size else np.zeros(column.size, dtype=np.intp)
    hit = kept[found] == column if kept.size else np.zeros(column.size, dtype=np.bool_)
    return np.where(column < 0, kept.size + 1, np.where(hit, found, kept.size)).astype(np.intp)


def _column(values: ArrayLike) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise StatError(f"levels: {column.ndim} dimensions where 1 belongs")
    return column


def _codes(codes: ArrayLike) -> Ints:
    column = np.asarray(codes)
    if column.ndim != 1 or column.dtype.kind not in "iu":
        raise StatError("levels: codes are whole numbers in one dimension")
    return column.astype(np.intp)
