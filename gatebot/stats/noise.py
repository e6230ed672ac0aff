"""Variance of an estimate: due to rows, due to seeds, and the part that both contain."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from gatebot.stats.arrays import Floats, Ints, StatError, floats, groups, variance

FEWEST_CLUSTERS = 20
TAIL = 1.96
SURE = 2.326  # one-sided 99 %: at 95 %, bounds of unrelated seeds miss in 2.7 % of cases instead of 2.5
MOST_ALIKE = 0.99
CONTRADICTION = 0.01
PAIRING = 0.3
"""Correlation of base and head over seeds above which seeds are compared in pairs, because this is less noisy."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Statistics of pairs of commits that were trained with the same seeds.

    Attributes:
        cross: sum over pairs of commits and seeds of the products of their values, each minus its commit's mean.
        square: sum of the squares of these centred values, as the mean of both commits.
        df: degrees of freedom of both.
    """

    cross: float = 0.0
    square: float = 0.0
    df: float = 0.0

    @classmethod
    def of(cls, one: Floats, other: Floats) -> "Pairing":
        """Return the statistics of two commits' values, float[S] each, in the order of their seeds."""
        a, b = one - one.mean(), other - other.mean()
        return cls(float(a @ b), float(a @ a + b @ b) / 2.0, one.size - 1.0)

    def joined(self, other: "Pairing") -> "Pairing":
        """Return the statistics of the pairs of both."""
        return Pairing(self.cross + other.cross, self.square + other.square, self.df + other.df)

    @property
    def correlation(self) -> float:
        """Lower bound of their correlation (one-sided 99 %, Fisher's z), at least 0; 0 if there is too little data."""
        if self.df <= 1.0 or self.square <= 0:
            return 0.0
        estimate = min(max(self.cross / self.square, -MOST_ALIKE), MOST_ALIKE)
        return max(0.0, math.tanh(math.atanh(estimate) - SURE / math.sqrt(self.df - 1.0)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """Seed noise of a metric on the same rows, estimated from runs of main.

    Attributes:
        variance: variance of the metric over seeds, all else equal.
        df: degrees of freedom of the variance: number of runs - 1, or more if earlier commits are included.
        pairing: pairs of earlier commits that were trained with the same seeds.
        holds_base: the base runs of the comparison are included, so they must not be counted again.
    """

    variance: float
    df: float
    pairing: Pairing = field(default_factory=Pairing)
    holds_base: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.variance) and self.variance >= 0 and self.df > 0):
            raise StatError(f"ledger: {self.variance}, {self.df} are no seed noise")

    def joined(self, earlier: "Ledger") -> "Ledger":
        """Return this ledger pooled with an earlier one, or this one alone if they contradict each other.

        Variances are pooled by their degrees of freedom. They contradict each other if an F-test at 1 % finds that they
        differ: main's noise has then changed, and the earlier ledger no longer applies.
        """
        if earlier.df <= 0 or _contradict(self, earlier):
            return self
        df = self.df + earlier.df
        pooled = (self.df * self.variance + earlier.df * earlier.variance) / df
        return Ledger(pooled, df, earlier.pairing, self.holds_base)

    @classmethod
    def of(cls, values: ArrayLike, *, holds_base: bool = False) -> "Ledger":
        """Create the ledger from main's metric, one value per seed.

        Raises:
            StatError: there are fewer than two runs, or a value is not finite.
        """
        runs = floats("ledger", values, least=2)
        return cls(variance(runs), runs.size - 1, holds_base=holds_base)


def _contradict(one: Ledger, other: Ledger) -> bool:
    if one.variance == other.variance:
        return False
    if one.variance == 0 or other.variance == 0:
        return True
    ratio = one.variance / other.variance
    above = float(fdtrc(one.df, other.df, ratio))
    return 2.0 * min(above, 1.0 - above) < CONTRADICTION


@dataclass(frozen=True, slots=True)
class Units:
    """How units are drawn: one by one, or in clusters.

    Attributes:
        n: number of units.
        codes: int[n] cluster of each unit; None if units are drawn one by one.
        count: number of clusters, or of units.
    """

    n: int
    codes: Ints | None
    count: int

    @classmethod
    def of(cls, n: int, clusters: ArrayLike | None = None) -> "Units":
        """Create Units, optionally in clusters.

        Raises:
            StatError: there are fewer than 20 clusters.
        """
        if clusters is None:
            return cls(n, None, n)
        return cls(n, *groups("clusters", clusters, n, least=FEWEST_CLUSTERS))

    def variance_of_mean(self, influence: Floats) -> float:
        """Return the variance of the mean of float[n] influence; of clusters, it uses their sums."""
        drawn = self._drawn(influence)
        return float(np.square(drawn).sum()) * self.count / (self.count - 1) / self.n**2

    def skew_allowance(self, influence: Floats) -> float:
        """Return the factor on the standard error with which bounds at 2.5 % keep their level if units are skewed.

        Johnson's (1978) correction of t moves a bound at z standard errors by skewness (1 + 2 z²) / 6 / sqrt(n)
        standard errors; here it widens both bounds, because each tail affects one of them. Its weight grows from 0 at
        skewness 1 to 1 at skewness 2. Without it, a small sample with a few rare and large losses would have too good
        an estimate and too small a standard error.
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
        """Return the centred influence of units, or its sums over clusters."""
        if influence.max() == influence.min():
            return np.zeros(self.count)
        centred = np.asarray(influence - influence.mean())
        if self.codes is None:
            return centred
        return np.asarray(np.bincount(self.codes, weights=centred, minlength=self.count), dtype=np.float64)

    def churn(self, influence: Floats) -> float:
        """Return the residual of row and seed in the variance of the mean over runs, float[S, n].

        It is due to rows whose outcome changes from seed to seed. The row variance and the seed variance both contain
        it, so it must be subtracted once from their sum (two-way analysis of variance). It is 0 for one run, from which
        it cannot be estimated.
        """
        runs = influence.shape[0]
        if runs < 2:
            return 0.0
        residual = influence - influence.mean(axis=0)
        total = math.fsum(self.variance_of_mean(each) for each in residual)
        return float(total / (runs - 1) / runs)


def row_variance(influence: ArrayLike, clusters: ArrayLike | None = None) -> tuple[float, float]:
    """Return the variance of mean(influence) and its degrees of freedom, over units or over clusters of units.

    Args:
        influence: float[n].
        clusters: [n] labels, at least 20 distinct ones.

    Raises:
        StatError: there are fewer than 2 units or 20 clusters.
    """
    unit = floats("influence", influence, least=2)
    units = Units.of(unit.size, clusters)
    return units.variance_of_mean(unit), units.count - 1.0


def seed_variance(
    base: Floats, head: Floats, weights: tuple[float, float], prior: Ledger | None
) -> tuple[float, float]:
    """Return the variance over seeds of weights[0] mean(base) + weights[1] mean(head), and its degrees of freedom.

    With a ledger, the variances of both sides are pooled with the ledger's. Without one, each side has its own (Welch),
    unless a side has only one run.

    Args:
        base: float[S_b] values.
        head: float[S_h] values.
        weights: weights of base and head.
        prior: the ledger.

    Raises:
        StatError: there is one run on each side and no ledger.
    """
    alike = correlation(base, head, prior)
    if alike and prior is not None:
        cross = 2.0 * alike * weights[0] * weights[1]
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


def correlation(base: Floats, head: Floats, prior: Ledger | None) -> float:
    """Return the correlation of base and head over seeds, by which seeds are compared in pairs; 0 if they are not.

    It is the lower bound from these runs and from pairs of earlier commits. It has to exceed 0.3, because pairs have
    half the degrees of freedom.
    """
    if prior is None or base.size != head.size:
        return 0.0
    surely = prior.pairing.joined(Pairing.of(base, head)).correlation
    return surely if surely > PAIRING else 0.0


def run_variance(*sides: Floats, prior: Ledger | None) -> tuple[float, float]:
    """Return the variance of one run, pooled over sides and with the ledger, and its degrees of freedom.

    The variance is (d0 s0² + d s²) / (d0 + d), after Smyth (2004).

    Raises:
        StatError: there is one run on each side and no ledger.
    """
    df = float(sum(side.size - 1 for side in sides))
    squares = sum(variance(side) * (side.size - 1) for side in sides if side.size > 1)
    if prior is not None:
        return (prior.df * prior.variance + squares) / (prior.df + df), prior.df + df
    if df == 0:
        raise StatError("seeds: one run and no ledger cannot show seed noise")
    return squares / df, df
