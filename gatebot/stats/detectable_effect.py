"""Computes, from main's own runs, how small a loss a pull request's evidence can detect, by rows and seeds."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats import student
from gatebot.stats.arrays import Floats, StatError, variance
from gatebot.stats.contrast import PSEUDO, Contrast, Spread
from gatebot.stats.noise import Units
from gatebot.stats.power import detectable

POWER = 0.8
FARTHEST = 1000.0
"""The largest multiple of the current rows that is considered."""
MOST_SEEDS = 100
AGREEMENT = 0.9
"""The largest assumed correlation by row of base and head, however similar main's seeds are."""
AGREEMENT_UNKNOWN = 0.5
"""The same if main ran only once, so that its seed-to-seed variation is unknown."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise in the difference of two commits in one metric.

    Variances are of one run's value, in units of the margin.

    Attributes:
        n: the number of eval rows.
        drawn: the number of rows, or groups of rows, that are drawn independently.
        churn: the variance from rows whose outcome changes from seed to seed.
        moved: the variance of the difference from rows that a change alters permanently.
        seeds: the variance over seeds, including churn.
        seeds_df: the degrees of freedom of `seeds`; infinite if seeds do not count (an artifact).
        step: as in `gatebot.stats.contrast.spread`.
        allowance: for skewed rows, a factor on the standard error; 1 for rates.
    """

    n: int
    drawn: int
    churn: float
    moved: float
    seeds: float = 0.0
    seeds_df: float = math.inf
    step: float = 0.0
    allowance: float = 1.0

    def spread(self, rows: float, seeds: int, loss: float = 0.0) -> Spread:
        """Return the spread of two commits' difference, for this many eval rows and seeds a side and a true `loss`."""
        times = rows / self.n
        churn = 2.0 * self.churn / seeds / times
        shifted = self.moved / times + self.step * loss / rows  # the loss of a rate consists of rows that become wrong
        by_rows = shifted + churn
        if self.step:
            by_rows += PSEUDO * (self.step / rows) ** 2
        else:
            by_rows *= (1.0 + (self.allowance - 1.0) / math.sqrt(times)) ** 2
        rows_df = max(self.drawn * times - 1.0, 1.0)
        if math.isinf(self.seeds_df):
            return Spread(-loss, by_rows, rows_df, round(rows), runs=seeds)
        pure = max(self.seeds - self.churn, 0.0)
        by_seeds = 2.0 * pure / seeds + churn
        known = churn if seeds > 1 else 0.0  # with one run a side, churn cannot be separated from seed noise
        return Spread(-loss, by_rows, rows_df, round(rows), by_seeds, self.seeds_df + seeds - 1.0, seeds, known)

    def error(self, rows: float, seeds: int, loss: float = 0.0) -> Contrast:
        """Return the standard error and degrees of freedom of this difference."""
        return self.spread(rows, seeds, loss).contrast


@dataclass(frozen=True, slots=True)
class Demand:
    """What the decision rule requires.

    Attributes:
        held: the level of "held".
        worse: the level of "worse", after division among all tests of the report.
        margin: how much worse head may be, in the metric's units or as a share of base's value.
    """

    held: float
    worse: float
    margin: float


def noise_of(
    values: Floats,
    influence: Floats,
    *,
    clusters: ArrayLike | None = None,
    step: float = 0.0,
    scale: float = 1.0,
    artifact: bool = False,
) -> Noise:
    """Estimate the noise from main's own runs.

    The effect of the next change on single rows is unknown. It is assumed to alter permanently as many rows as another
    seed changes by chance, and at least so many that the correlation does not exceed 0.9 (0.5 if main ran once).

    Args:
        values: float[S], the values of main's runs.
        influence: float[S, n], the influence of each unit, as in `gatebot.stats.contrast.spread`.
        clusters: [n], the groups that units belong to.
        step: as in `gatebot.stats.contrast.spread`.
        scale: the unit of the margin, in the metric's units.
        artifact: whether seeds do not count.

    Raises:
        StatError: a recipe ran only once, or there are too few units or groups.
    """
    if len(values) < 2 and not artifact:
        raise StatError("main ran with one seed, so nothing shows what seeds do")
    units = Units.of(influence.shape[1], clusters)
    runs = len(values)
    known = runs > 1
    whole = float(np.mean([units.variance_of_mean(each) for each in influence])) / scale**2
    churn = units.churn(influence) * runs / scale**2
    apart = 1.0 - (AGREEMENT if known else AGREEMENT_UNKNOWN)
    differences = influence[1:] - influence[0] if known else influence
    allowance = 1.0 if step else float(np.mean([units.skew_allowance(each) for each in differences]))
    return Noise(
        n=units.n,
        drawn=units.count,
        churn=0.0 if artifact else churn,
        moved=max(2.0 * churn, 2.0 * apart * whole),
        seeds=0.0 if artifact else variance(values) / scale**2,
        seeds_df=math.inf if artifact else runs - 1.0,
        step=step / scale,
        allowance=allowance,
    )


def guarded(noise: Noise, demand: Demand, rows: float, seeds: int, power: float = POWER) -> float:
    """Return the smallest margin that a change without effect is shown to keep, with this power."""
    error = noise.error(rows, seeds)
    return detectable(error.se, error.df, demand.held, power)


def proven(noise: Noise, demand: Demand, rows: float, seeds: int) -> float:
    """Return the smallest loss that is shown to exist and to reach the margin, with a power of 0.8."""

    def seen(loss: float) -> bool:
        error = noise.error(rows, seeds, loss)
        beyond = demand.margin + student.quantile(POWER) * error.se
        return loss >= max(beyond, detectable(error.se, error.df, demand.worse, POWER))

    return _first(seen, demand.margin)


def rows_for(noise: Noise, demand: Demand, seeds: int) -> int | None:
    """Return the number of eval rows with which this many seeds guard the margin, or None if out of range."""

    def enough(rows: float) -> bool:
        return guarded(noise, demand, rows, seeds) <= demand.margin

    most = FARTHEST * noise.n
    return math.ceil(_first(enough, 2.0, most)) if enough(most) else None


def seeds_for(noise: Noise, demand: Demand, rows: float) -> int | None:
    """Return the seeds a side with which this many rows guard the margin, or None if a hundred are not enough."""
    counts = range(1, 2 if math.isinf(noise.seeds_df) else MOST_SEEDS + 1)
    return next((seeds for seeds in counts if guarded(noise, demand, rows, seeds) <= demand.margin), None)


def rounded_up(amount: float) -> float:
    """Round up to 1, 1.5, 2, 3, 5, 7 or 10 times a power of ten, because margins are usually round numbers."""
    power = 10.0 ** math.floor(math.log10(amount))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if step * power >= amount * (1 - 1e-9))


def _first(found: Callable[[float], bool], start: float, most: float = math.inf) -> float:
    """Return the point from which on a monotonic condition holds, to six digits, or `most` if it is reached first."""
    low = high = start
    while not found(high) and high < most:
        low, high = high, min(2.0 * high, most)
    while high - low > 1e-6 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
