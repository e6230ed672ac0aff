"""Metrics that the user's own code computes, with the interface of all metrics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.evidence.column import Floats, Hashes, Numbers
from gatebot.evidence.own_score import OwnScore
from gatebot.stats.arrays import StatError
from gatebot.tasks.estimate import LOSS, UNDEFINED, Estimate, mean, weight_of
from gatebot.tasks.table import Table, rows_of
from gatebot.tasks.task import Declared, Margin, Metric

COLUMN = "own"
CLOSE = 1e-6

_WHOLE = "own value"


@dataclass(frozen=True, slots=True)
class Own:
    """The mean of the values that the user's code returns for rows or, without them, its one value for the whole."""

    name: str
    higher_is_better: bool
    default_margin: Margin = LOSS
    is_share: bool = False

    def value(self, table: Table) -> float:
        """Return the metric on these units; NaN on a part of them if the user's code returns no values for rows."""
        return self._estimate(table).value

    def influence(self, table: Table) -> Floats | None:
        """Return the influence of each unit, shape [units]; None if the user's code returns no values for rows."""
        return self._estimate(table).influence

    def step(self, table: Table) -> float:
        """Return 0, because the metric need not be a rate."""
        return 0.0

    def _estimate(self, table: Table) -> Estimate:
        rows, whole = table.payload.get(COLUMN), table.memo.get(_WHOLE)
        if isinstance(rows, Numbers):
            try:
                return mean(rows.values, weight_of(table))
            except StatError:
                return UNDEFINED
        return Estimate(whole if isinstance(whole, float) and math.isfinite(whole) else math.nan)


def own_metric(declared: Declared) -> Metric:
    """Return the metric of a declaration whose value the user's own code computes."""
    return Own(declared.name, declared.higher_is_better, declared.margin)


def own_table(parts: Sequence[tuple[OwnScore, Hashes]], units: Hashes, weight: Floats | None = None) -> Table:
    """Return the results of the user's code on these units, as a table for `Own`.

    The values of rows are used if their mean equals the value that was returned with them. A value that is not the mean
    of its rows (such as a ratio) cannot be divided among rows, and is used for the whole.

    Args:
        parts: the result of each fold, with the ids of its rows in the same order; at least one.
        units: hashed ids; the parts contain each of them.
        weight: weights of the units.

    Raises:
        KeyError: a unit has no row in any part.
    """
    ids = np.concatenate([each for _, each in parts])
    at = rows_of(ids, units)
    if all(_is_mean(score, len(each)) for score, each in parts):
        rows = np.concatenate([score.rows for score, _ in parts if score.rows is not None])
        return Table(units, {}, {COLUMN: Numbers(rows[at])}, weight)
    table = Table(units, {}, {}, weight)
    table.memo[_WHOLE] = sum(score.value * len(each) for score, each in parts) / max(len(ids), 1)
    return table


def _is_mean(score: OwnScore, rows: int) -> bool:
    if score.rows is None or len(score.rows) != rows or not rows:
        return False
    average = float(score.rows.mean())
    return math.isclose(average, score.value, rel_tol=CLOSE, abs_tol=CLOSE * float(np.abs(score.rows).max()))
