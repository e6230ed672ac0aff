"""Assigns units to folds, so that every row is predicted by a model that was not trained on its unit."""

import numpy as np

from gatebot.data.rows import Mask
from gatebot.data.strata import Units
from gatebot.errors import UsageError
from gatebot.evidence.column import Hashes


def folds_of(units: Units, priority: Hashes, count: int, known: Hashes | None) -> tuple[Hashes, int]:
    """Return the fold of every unit, shape [units], and the number of folds.

    Each stratum is processed from the largest unit to the smallest, equal sizes by `priority`. A unit goes to the fold
    that has the fewest rows of its stratum, then the fewest rows in total.

    Args:
        units: rows that stay together.
        priority: hash of each unit, by which units of equal size are ordered.
        count: number of folds wanted; fewer are made if there are fewer units.
        known: the fold of each unit on base, which is kept; `count` or more if base has none.

    Raises:
        UsageError: there is only one unit.
    """
    filled = int((units.size > 0).sum())
    count = min(count, filled) if known is None else count
    if count < 2:
        raise UsageError(
            "Rows that may not be parted (one group, or equal content) are all there is: nothing can be held out.",
            "Give more rows, or another `data.group`.",
        )
    folds = np.full(len(units.hashes), count, dtype=np.uint64) if known is None else known.copy()
    strata = int(units.stratum.max()) + 1
    held = np.zeros((strata, count))
    given = folds < count
    np.add.at(held, (units.stratum[given], folds[given].astype(np.intp)), units.size[given])
    total = held.sum(axis=0)
    open_units: Mask = ~given
    order = np.lexsort((priority, -units.size, units.stratum))
    for unit in order[open_units[order]].tolist():
        mine = held[units.stratum[unit]]
        fold = int(np.lexsort((total, mine))[0])
        folds[unit] = fold
        mine[fold] += units.size[unit]
        total[fold] += units.size[unit]
    return folds, count


def known_folds(units: Units, row_folds: Hashes, count: int) -> Hashes:
    """Return the fold of every unit, from the folds of base's rows; `count` if there is none, shape [units]."""
    folds = np.full(len(units.hashes), count, dtype=np.uint64)
    has = row_folds < count
    folds[units.of[has]] = row_folds[has]
    return folds
