"""One metric of main against main: how small a loss a pull request's evidence would show, by rows and seeds."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gatebot.evidence.column import Hashes
from gatebot.stats import student
from gatebot.stats.arrays import Floats, StatError, variance
from gatebot.stats.contrast import PSEUDO, Contrast, Spread
from gatebot.stats.noise import Units
from gatebot.stats.power import detectable

POWER = 0.8
FARTHEST = 1000.0
"""Beyond this multiple of the rows that there are, nobody goes."""
MOST_SEEDS = 100
AGREEMENT = 0.9
"""Correlation by row of base and head that no change is taken to exceed, however alike main's seeds are."""
AGREEMENT_UNKNOWN = 0.5
"""The same where main ran once, so that nothing shows how much its answers move."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What blurs the difference of two commits in one metric. Variances are of one run's value, in units of the margin.

    Attributes:
        n: eval rows.
        drawn: rows, or groups of rows, that are drawn independently.
        churn: from rows that come out one way with one seed and another way with the next.
        moved: of the difference, from rows that a change moves for good.
        seeds: over seeds, churn included.
        seeds_df: its degrees of freedom; infinite where seeds do not count (an artifact).
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
        """The difference of two commits with so many eval rows and seeds a side, `loss` the true one."""
        times = rows / self.n
        churn = 2.0 * self.churn / seeds / times
        shifted = self.moved / times + self.step * loss / rows  # a loss of a rate is rows that turn wrong
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
        known = churn if seeds > 1 else 0.0  # one run a side cannot tell churn from seeds
        return Spread(-loss, by_rows, rows_df, round(rows), by_seeds, self.seeds_df + seeds - 1.0, seeds, known)

    def error(self, rows: float, seeds: int, loss: float = 0.0) -> Contrast:
        """Standard error and degrees of freedom of that difference."""
        return self.spread(rows, seeds, loss).contrast


@dataclass(frozen=True, slots=True)
class Demand:
    """What the rule asks for before it says anything.

    Attributes:
        held: level of "held".
        worse: level of "worse", after its division among all that the report asks.
        margin: how much worse head may be, in its own units or as a share of base's value.
    """

    held: float
    worse: float
    margin: float


def noise_of(
    values: Floats,
    influence: Floats,
    *,
    clusters: Hashes | None = None,
    step: float = 0.0,
    scale: float = 1.0,
    artifact: bool = False,
) -> Noise:
    """The noise that main's own runs show.

    Nobody knows yet how much the next change moves. It is taken to move for good as many rows as another seed moves
    by chance, and never fewer than leave a correlation of 0.9 (0.5 where main ran once).

    Args:
        values: float[S] of main's runs.
        influence: float[S, n], of each unit, as in `gatebot.stats.contrast.spread`.
        clusters: [n] groups that units come in.
        step: as there.
        scale: the unit of the margin in the metric's own.
        artifact: no seed counts.

    Raises:
        StatError: one run of a recipe, or too few units or groups.
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


def guarded(noise: Noise, demand: Demand, rows: float, seeds: int) -> float:
    """The smallest margin that a change without any effect is shown to keep, four times in five."""
    error = noise.error(rows, seeds)
    return detectable(error.se, error.df, demand.held, POWER)


def proven(noise: Noise, demand: Demand, rows: float, seeds: int) -> float:
    """The smallest loss that is shown to be one, and to reach the margin, four times in five."""

    def seen(loss: float) -> bool:
        error = noise.error(rows, seeds, loss)
        beyond = demand.margin + student.quantile(POWER) * error.se
        return loss >= max(beyond, detectable(error.se, error.df, demand.worse, POWER))

    return _first(seen, demand.margin)


def rows_for(noise: Noise, demand: Demand, seeds: int) -> int | None:
    """Eval rows with which so many seeds guard the margin; None where no number of rows within reach does."""

    def enough(rows: float) -> bool:
        return guarded(noise, demand, rows, seeds) <= demand.margin

    most = FARTHEST * noise.n
    return math.ceil(_first(enough, 2.0, most)) if enough(most) else None


def seeds_for(noise: Noise, demand: Demand, rows: float) -> int | None:
    """Seeds a side with which so many rows guard the margin; None where not even a hundred do."""
    counts = range(1, 2 if math.isinf(noise.seeds_df) else MOST_SEEDS + 1)
    return next((seeds for seeds in counts if guarded(noise, demand, rows, seeds) <= demand.margin), None)


def rounded_up(amount: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 and 10 times a power of ten: margins are chosen, not measured."""
    power = 10.0 ** math.floor(math.log10(amount))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if step * power >= amount * (1 - 1e-9))


def _first(found: Callable[[float], bool], start: float, most: float = math.inf) -> float:
    """Where a condition that holds from some point on begins to hold, to six digits; it holds at `most` at least."""
    low = high = start
    while not found(high) and high < most:
        low, high = high, min(2.0 * high, most)
    while high - low > 1e-6 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
