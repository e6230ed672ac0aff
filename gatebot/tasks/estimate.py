"""A metric as one function of a table: its value, and how each unit moves it."""

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
    """What a metric says of one table.

    Attributes:
        value: NaN where it is not defined.
        influence: of each unit, shape [units], so that metric ≈ value + mean(influence); None where there is none.
        step: the most that one unit's flip from right to wrong moves its influence; 0 where nothing flips.
    """

    value: float
    influence: Floats | None = None
    step: float = 0.0


UNDEFINED = Estimate(math.nan)


@dataclass(frozen=True, slots=True)
class Formula:
    """A metric that is one function of a table. What does not exist is NaN, and never a warning.

    Attributes:
        of: what to compute; StatError and numbers that are not finite mean that the metric is not defined there.
        needs_scores: without columns of probabilities it is not defined.
        is_share: it lies between 0 and 1.
    """

    name: str
    higher_is_better: bool
    default_margin: Margin
    of: Callable[[Table], Estimate]
    needs_scores: bool = False
    is_share: bool = False

    def estimate(self, table: Table) -> Estimate:
        """Value, influence and step at once. Remembered until another metric asks, because they are asked in turn."""
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
        """The metric on these units; NaN where it is not defined."""
        return self.estimate(table).value

    def influence(self, table: Table) -> Floats | None:
        """Influence of each unit, shape [units], mean about 0; None where there is none."""
        return self.estimate(table).influence

    def step(self, table: Table) -> float:
        """By how much one unit's flip moves its influence; 0 where nothing flips."""
        return self.estimate(table).step


def weight_of(table: Table, counted: Mask | None = None) -> Floats:
    """The units' weights, shape [units]; 0 where `counted` is false."""
    weight = np.ones(len(table)) if table.weight is None else table.weight
    return weight if counted is None or counted.all() else np.where(counted, weight, 0.0)


def mean(values: Floats, weight: Floats, *, flips: bool = False) -> Estimate:
    """The weighted mean of one number a unit.

    Args:
        values: float[units]; those without weight are not looked at.
        weight: float[units].
        flips: the values are 0 and 1.

    Raises:
        StatError: a value that is not finite, or no weight at all.
    """
    value, influence = by_unit.mean(np.where(weight == 0, 0.0, values), weight)
    return Estimate(value, influence, crowding(weight) if flips else 0.0)


def average(parts: Sequence[Estimate]) -> Estimate:
    """The plain average of estimates on the same units; not defined where there are none."""
    if not parts:
        return UNDEFINED
    known = [part.influence for part in parts if part.influence is not None]
    value = sum(part.value for part in parts) / len(parts)
    return Estimate(value, np.mean(known, axis=0) if len(known) == len(parts) else None)


def chained(inner: Estimate, value: float, slope: float) -> Estimate:
    """A smooth function of an estimate, from its value and its derivative there."""
    return Estimate(value, None if inner.influence is None else slope * inner.influence)


def crowding(weight: Floats) -> float:
    """Units over Kish's effective number of units: 1 for equal weights, more where a few units carry the most."""
    return float(len(weight) * np.square(weight).sum() / np.square(weight.sum()))
