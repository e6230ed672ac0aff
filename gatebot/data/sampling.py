"""Chooses the rows that are predicted where not all are: more of small classes and slices, with weights.

Half of the rows are drawn in proportion, the other half as equally as possible from every class and declared slice, so
that rare ones come whole. A row then stands for as many rows as its class and slice have for each that is predicted
(Horvitz and Thompson 1952), and for at most about twice as many as in a plain sample.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gatebot.data.rows import Mask
from gatebot.evidence.column import Floats, Hashes

Counts = NDArray[np.int64]

FEWEST_EACH = 4  # rows that each cell could have on average; with more cells, they are not told apart
EVEN = 1.05  # weights that differ by less are left out


def sampled(attributes: Iterable[Counts], priority: Hashes, rows: int) -> tuple[Mask, Floats | None]:
    """Return which rows are predicted, shape [n], and how many rows each of these stands for; None if all for as many.

    Args:
        attributes: the class, and each slice, of every row, shape [n] each, the most important first.
        priority: a hash of every row; within a cell, the lowest are predicted.
        rows: how many rows are predicted.
    """
    count = len(priority)
    if count <= rows:
        return np.ones(count, dtype=bool), None
    of = cells(attributes, count, rows // FEWEST_EACH)
    sizes = np.bincount(of).astype(np.int64)
    taken = allocation(sizes, rows)
    order = np.lexsort((priority, of))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = np.zeros(count, dtype=bool)
    chosen[order] = np.arange(count) - np.repeat(starts, sizes) < np.repeat(taken, sizes)
    each = sizes / taken
    if each.max() <= EVEN * each.min():
        return chosen, None
    return chosen, each[of[chosen]]


def cells(attributes: Iterable[Counts], count: int, most: int) -> Counts:
    """Return the cell of every row: its combination of the attributes, shape [n].

    An attribute that would make more than `most` cells is left out.
    """
    found = np.zeros(count, dtype=np.int64)
    for attribute in attributes:
        _, both = np.unique(np.stack([found, attribute]), axis=1, return_inverse=True)
        combined: Counts = both.reshape(-1).astype(np.int64)
        if combined.max(initial=0) < most:
            found = combined
    return found


def allocation(sizes: Counts, rows: int) -> Counts:
    """Return how many rows of each cell are predicted, at least one, and `rows` in total; shape [cells].

    Args:
        sizes: the number of rows of each cell, at least 1.
        rows: fewer than there are, and at least four for each cell.
    """
    taken: Counts = np.maximum(sizes * (rows // 2) // sizes.sum(), 1)
    left, room = rows - int(taken.sum()), sizes - taken
    level = _level(room, left)
    taken = taken + np.minimum(room, level)
    for cell in np.argsort(-(sizes - taken), kind="stable")[: rows - int(taken.sum())].tolist():
        taken[cell] += 1
    return taken


def _level(room: Counts, rows: int) -> int:
    """Return the largest equal number that every cell can give, or all it has, with at most `rows` in total."""
    low, high = 0, int(room.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if int(np.minimum(room, middle).sum()) <= rows else (low, middle - 1)
    return low
