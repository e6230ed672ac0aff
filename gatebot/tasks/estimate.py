"""Metrics as functions of a table that return the value and the influence of each unit."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.evidence.column import Floats
from gatebot.stats import influence as by_unit
from gatebot.stats.arrays import StatError
from gatebot.tasks.table import Mask, Table
from gatebot.tasks.task import Margin

RATE = Margin(0.02)
LOSS = Margin(0.05, relative=True)

_LATEST = "latest estimate"


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A metric's estimate from one table.

    Attributes:
        value: the metric; NaN if it is not defined.
        influence: influence of each unit, shape [units], so that metric ≈ value + mean(influence); None if it has none.
        step: the largest change of a unit's influence if it flips from right to wrong; 0 if units cannot flip.
    """

    value: float
    influence: Floats | None = None
    step: float = 0.0


UNDEFINED = Estimate(math.nan)


@dataclass(frozen=True, slots=True)
class Formula:
    """A metric that is one function of a table; it is NaN, without a warning, if it is not defined.

    Attributes:
        of: the function; the metric is not defined if it raises StatError or returns a number that is not finite.
        needs_scores: the metric is not defined without columns of probabilities.
        is_share: the metric lies between 0 and 1.
    """

    name: str
    higher_is_better: bool
    default_margin: Margin
    of: Callable[[Table], Estimate]
    needs_scores: bool = False
    is_share: bool = False

    def estimate(self, table: Table) -> Estimate:
        """Return value, influence and step together; the table keeps them until another metric is computed."""
        match table.memo.get(_LATEST):
            case (formula, Estimate() as known) if formula is self:
                return known
        try:
            with np.errstate(all="ignore"):
                found = self.of(table) if len(table) else UNDEFINED
        except StatError:
            found = UNDEFINED
        if not math.isfinite(found.value):
            found = UNDEFINED
        table.memo[_LATEST] = (self, found)
        return found

    def value(self, table: Table) -> float:
        """Return the metric on these units; NaN if it is not defined."""
        return self.estimate(table).value

    def influence(self, table: Table) -> Floats | None:
        """Return the influence of each unit, shape [units], mean about 0; None if it has none."""
        return self.estimate(table).influence

    def step(self, table: Table) -> float:
        """Return the change of a unit's influence if it flips; 0 if units cannot flip."""
        return self.estimate(table).step


def weight_of(table: Table, counted: Mask | None = None) -> Floats:
    """Return the units' weights, shape [units]; 0 where `counted` is false."""
    weight = np.ones(len(table)) if table.weight is None else table.weight
    return weight if counted is None or counted.all() else np.where(counted, weight, 0.0)


def mean(values: Floats, weight: Floats, *, flips: bool = False) -> Estimate:
    """Return the weighted mean of one number per unit.

    Args:
        values: float[units]; values with weight 0 are ignored.
        weight: float[units].
        flips: the values are 0 and 1.

    Raises:
        StatError: a value is not finite, or all weights are 0.
    """
    value, influence = by_unit.mean(np.where(weight == 0, 0.0, values), weight)
    return Estimate(value, influence, crowding(weight) if flips else 0.0)


def average(parts: Sequence[Estimate]) -> Estimate:
    """Return the plain average of estimates on the same units; not defined if there are none."""
    if not parts:
        return UNDEFINED
    known = [part.influence for part in parts if part.influence is not None]
    value = sum(part.value for part in parts) / len(parts)
    return Estimate(value, np.mean(known, axis=0) if len(known) == len(parts) else None)


def chained(inner: Estimate, value: float, slope: float) -> Estimate:
    """Return a smooth function of an estimate, from its value and its derivative there."""
    return Estimate(value, None if inner.influence is None else slope * inner.influence)


def crowding(weight: Floats) -> float:
    """Return the number of units divided by Kish's effective number: 1 for equal weights, else more."""
    return float(len(weight) * np.square(weight).sum() / np.square(weight.sum()))
