"""Metrics that the user's own code computed, made to look like any other."""

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
    """The mean of the values that the user's code gave single rows, or else the one value that it gave the whole."""

    name: str
    higher_is_better: bool
    default_margin: Margin = LOSS
    is_share: bool = False

    def value(self, table: Table) -> float:
        """The metric on these units; NaN on a part of them where the user's code gave no values of rows."""
        return self._estimate(table).value

    def influence(self, table: Table) -> Floats | None:
        """Influence of each unit, shape [units]; None where the user's code gave no values of rows."""
        return self._estimate(table).influence

    def step(self, table: Table) -> float:
        """0: it need not be a rate."""
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
    """The metric for a declaration whose value the user's own code computes."""
    return Own(declared.name, declared.higher_is_better, declared.margin)


def own_table(parts: Sequence[tuple[OwnScore, Hashes]], units: Hashes, weight: Floats | None = None) -> Table:
    """What the user's code said of these units, as a table for `Own`.

    Values of rows are used where their mean is the value that was given with them; a value that is no mean of its rows
    (a ratio, say) cannot be taken apart, and stands for the whole.

    Args:
        parts: at least one; what was said of each fold's rows, with their ids in that order.
        units: hashed ids; each stands in the parts.
        weight: of the units.

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
