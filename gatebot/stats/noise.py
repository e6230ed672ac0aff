"""Where an estimate's error comes from: the rows that were drawn, the seeds that were drawn, and what both share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from gatebot.stats.arrays import Floats, Ints, StatError, floats, groups, variance

FEWEST_CLUSTERS = 20
TAIL = 1.96
ONE_SIDED = 1.645
FEWEST_PAIRS = 10.0
MOST_ALIKE = 0.99
CONTRADICTION = 0.01
PAIRING = 0.3
"""Correlation of base and head over seeds from which differences by seed are less noisy than the sum."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What main against main has shown of seed noise on the same rows.

    Attributes:
        variance: of the metric over seeds, all else equal.
        df: degrees of freedom of that estimate, number of runs - 1; more where earlier commits are in it.
        correlation: of two commits that train with the same seeds; above 0.3 seeds are compared in pairs.
        holds_base: the base runs under comparison are among the ledger's, so they are not counted a second time.
    """

    variance: float
    df: float
    correlation: float = 0.0
    holds_base: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.variance) and self.variance >= 0 and self.df > 0 and abs(self.correlation) <= 1):
            raise StatError(f"ledger: {self.variance}, {self.df}, {self.correlation} are no seed noise")

    def joined(self, earlier: "Ledger") -> "Ledger":
        """This and what was known earlier as one, unless they contradict each other: then this alone.

        Variances are pooled by their degrees of freedom. They contradict where their ratio would come by chance once in
        a hundred (F-test): main's noise has changed, and what it was is no guide any more.
        """
        if earlier.df <= 0 or _contradict(self, earlier):
            return self
        df = self.df + earlier.df
        pooled = (self.df * self.variance + earlier.df * earlier.variance) / df
        return Ledger(pooled, df, earlier.correlation, self.holds_base)

    @classmethod
    def of(cls, values: ArrayLike, correlation: float = 0.0, *, holds_base: bool = False) -> "Ledger":
        """The ledger of main's metric, one value per seed.

        Raises:
            StatError: fewer than two runs, or a value that is not finite.
        """
        runs = floats("ledger", values, least=2)
        return cls(variance(runs), runs.size - 1, correlation, holds_base)


def _contradict(one: Ledger, other: Ledger) -> bool:
    if one.variance == other.variance:
        return False
    if one.variance == 0 or other.variance == 0:
        return True
    ratio = one.variance / other.variance
    above = float(fdtrc(one.df, other.df, ratio))
    return 2.0 * min(above, 1.0 - above) < CONTRADICTION


@dataclass(frozen=True, slots=True)
class Pairing:
    """What commits that were trained with the same seeds have in common.

    Attributes:
        cross: sum over pairs of commits of the products of their values by seed, each less its commit's mean.
        square: sum of the squares of the same, the mean of both commits.
        df: degrees of freedom of both.
    """

    cross: float
    square: float
    df: float

    @property
    def correlation(self) -> float:
        """What their correlation surely exceeds (one-sided 95 %, Fisher's z); 0 while there is too little to tell."""
        if self.df < FEWEST_PAIRS or self.square <= 0:
            return 0.0
        estimate = min(max(self.cross / self.square, -MOST_ALIKE), MOST_ALIKE)
        return max(0.0, math.tanh(math.atanh(estimate) - ONE_SIDED / math.sqrt(self.df - 1.0)))


@dataclass(frozen=True, slots=True)
class Units:
    """How units are drawn: one by one, or in clusters.

    Attributes:
        n: number of units.
        codes: int[n] cluster of each unit; None where units are drawn one by one.
        count: number of clusters, or of units.
    """

    n: int
    codes: Ints | None
    count: int

    @classmethod
    def of(cls, n: int, clusters: ArrayLike | None = None) -> "Units":
        """Raises StatError for fewer than 20 clusters."""
        if clusters is None:
            return cls(n, None, n)
        return cls(n, *groups("clusters", clusters, n, least=FEWEST_CLUSTERS))

    def variance_of_mean(self, influence: Floats) -> float:
        """Variance of the mean of float[n] influence; clusters count by their sums."""
        drawn = self._drawn(influence)
        return float(np.square(drawn).sum()) * self.count / (self.count - 1) / self.n**2

    def skew_allowance(self, influence: Floats) -> float:
        """By how much the standard error must grow so that bounds at 2.5 % keep their level although units are skewed.

        Johnson's (1978) correction of t moves a bound at z standard errors by skewness (1 + 2 z²) / 6 / sqrt(n) of
        them; here it widens both bounds, because each tail hurts one. It sets in between skewness 1 and 2: a few rare
        and large losses make a small sample look better, and surer, than it is.
        """
        drawn = self._drawn(influence)
        largest = float(np.abs(drawn).max())
        if largest == 0:
            return 1.0
        drawn = np.asarray(drawn / largest)
        squares = np.square(drawn)
        skewness = abs(float((squares * drawn).mean())) / math.pow(float(squares.mean()), 1.5)
        onset = min(max(skewness - 1.0, 0.0), 1.0)
        return 1.0 + onset * skewness * (1.0 + 2.0 * TAIL**2) / (6.0 * TAIL) / math.sqrt(self.count)

    def _drawn(self, influence: Floats) -> Floats:
        """Centred influence of what is drawn: units, or sums over clusters."""
        if influence.max() == influence.min():
            return np.zeros(self.count)
        centred = np.asarray(influence - influence.mean())
        if self.codes is None:
            return centred
        return np.asarray(np.bincount(self.codes, weights=centred, minlength=self.count), dtype=np.float64)

    def churn(self, influence: Floats) -> float:
        """The part of the variance of the mean over runs, float[S, n], that is residual of row and seed.

        Rows that come out one way with one seed and another way with the next. The variance over rows and the variance
        over seeds both hold it, so that their sum must lose it once (two-way analysis of variance). 0 for one run,
        where it cannot be told.
        """
        runs = influence.shape[0]
        if runs < 2:
            return 0.0
        residual = influence - influence.mean(axis=0)
        total = math.fsum(self.variance_of_mean(each) for each in residual)
        return float(total / (runs - 1) / runs)


def row_variance(influence: ArrayLike, clusters: ArrayLike | None = None) -> tuple[float, float]:
    """Variance of mean(influence) and its degrees of freedom, over units or over clusters of units.

    Args:
        influence: float[n].
        clusters: [n] labels, at least 20 distinct ones.

    Raises:
        StatError: fewer than 2 units or 20 clusters.
    """
    unit = floats("influence", influence, least=2)
    units = Units.of(unit.size, clusters)
    return units.variance_of_mean(unit), units.count - 1.0


def seed_variance(
    base: Floats, head: Floats, weights: tuple[float, float], prior: Ledger | None
) -> tuple[float, float]:
    """Variance over seeds of weights[0] mean(base) + weights[1] mean(head), and its degrees of freedom.

    With a ledger all variances are pooled and drawn towards it; without one each side has its own (Welch), unless a
    side has only one run.

    Args:
        base: float[S_b] values.
        head: float[S_h] values.
        weights: of both sides.
        prior: the ledger.

    Raises:
        StatError: one run a side and no ledger.
    """
    if paired(base, head, prior) and prior is not None:
        cross = 2.0 * prior.correlation * weights[0] * weights[1]
        scaled = Ledger(prior.variance * (weights[0] ** 2 + weights[1] ** 2 + cross), prior.df)
        moderated, df = run_variance(weights[0] * base + weights[1] * head, prior=scaled)
        return moderated / base.size, df
    if prior is None and min(base.size, head.size) > 1:
        own = [w**2 * variance(side) / side.size for w, side in zip(weights, (base, head), strict=True)]
        own_df = [base.size - 1.0, head.size - 1.0]
        total = sum(own)
        if total == 0:
            return 0.0, sum(own_df)
        return total, 1.0 / sum((part / total) ** 2 / d for part, d in zip(own, own_df, strict=True))
    sides = (head,) if prior is not None and prior.holds_base else (base, head)
    moderated, df = run_variance(*sides, prior=prior)
    return moderated * (weights[0] ** 2 / base.size + weights[1] ** 2 / head.size), df


def paired(base: Floats, head: Floats, prior: Ledger | None) -> bool:
    """Whether seeds are compared in pairs."""
    return prior is not None and prior.correlation > PAIRING and base.size == head.size


def run_variance(*sides: Floats, prior: Ledger | None) -> tuple[float, float]:
    """Variance of one run, pooled over sides and drawn towards the ledger, and its degrees of freedom.

    (d0 s0² + d s²) / (d0 + d), after Smyth (2004).
    """
    df = float(sum(side.size - 1 for side in sides))
    squares = sum(variance(side) * (side.size - 1) for side in sides if side.size > 1)
    if prior is not None:
        return (prior.df * prior.variance + squares) / (prior.df + df), prior.df + df
    if df == 0:
        raise StatError("seeds: one run and no ledger cannot show seed noise")
    return squares / df, df
