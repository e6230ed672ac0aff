"""Reduces columns of any kind to a few levels each; slices consist of these levels."""

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Floats, Ints, StatError

MOST_NAMES = 8


def binned(values: ArrayLike, inner: Floats) -> Ints:
    """Return int[n] levels: level k if edge k-1 < value <= edge k; NaN gets the level after the last."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise StatError(f"levels: {column.ndim} dimensions where 1 belongs")
    codes = np.searchsorted(inner, column, side="left")
    return np.where(np.isnan(column), inner.size + 1, codes).astype(np.intp)


def frequent(codes: ArrayLike, most: int = MOST_NAMES, fewest: int = 1) -> Ints:
    """Return the most frequent codes of a categorical column, most frequent first, without negative (missing) codes.

    Args:
        codes: int[n].
        most: maximum number of codes.
        fewest: minimum number of rows of each code.
    """
    known = _codes(codes)
    distinct, counts = np.unique(known[known >= 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return np.asarray(distinct[order[counts[order] >= fewest]][:most], dtype=np.intp)


def named(codes: ArrayLike, kept: Ints) -> Ints:
    """Return int[n] levels: the position in `kept`, then one level for all other codes, then one for missing codes."""
    column = _codes(codes)
    order = np.argsort(kept)
    place = np.clip(np.searchsorted(kept, column, sorter=order), 0, max(kept.size - 1, 0))
    found = order[place] if kept.size else np.zeros(column.size, dtype=np.intp)
    hit = kept[found] == column if kept.size else np.zeros(column.size, dtype=np.bool_)
    return np.where(column < 0, kept.size + 1, np.where(hit, found, kept.size)).astype(np.intp)


def _codes(codes: ArrayLike) -> Ints:
    column = np.asarray(codes)
    if column.ndim != 1 or column.dtype.kind not in "iu":
        raise StatError("levels: codes are whole numbers in one dimension")
    return column.astype(np.intp)
