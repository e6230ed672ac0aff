"""The one interval that everything decides by: how much better head is than base, and how surely."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from . import student
from .arrays import Floats, StatError, floats, fraction, groups, same_length, variance

FEWEST_CLUSTERS = 20
PAIRING = 0.3
"""Correlation of base and head over seeds from which differences by seed are less noisy than the sum."""
LARGEST_RATIO = 1e40
PSEUDO = 4.0
"""Squared steps added to the row variance of a rate: with fewer, no changed row in 100 would pass for proof."""


class Estimand(StrEnum):
    """What is compared: the recipe, which will be trained again, or this very artifact, which ships."""

    RECIPE = "recipe"
    ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimated difference with its uncertainty.

    Attributes:
        delta: head minus base, positive when head is better; in the units of the metric or of its margin.
        se: standard error of `delta`, not negative. Zero means that the difference is known exactly.
        df: degrees of freedom of `se`, positive; `math.inf` for a normal.
    """

    delta: float
    se: float
    df: float = math.inf

    def __post_init__(self) -> None:
        if not math.isfinite(self.delta):
            raise StatError(f"delta: {self.delta} is not finite")
        if not (math.isfinite(self.se) and self.se >= 0):
            raise StatError(f"se: {self.se} is not a standard error")
        if not self.df > 0:
            raise StatError(f"df: {self.df} is not positive")

    def lower(self, alpha: float) -> float:
        """What the true difference lies above with confidence 1 - `alpha` (one-sided)."""
        return self.delta + student.quantile(fraction("alpha", alpha), self.df) * self.se

    def upper(self, alpha: float) -> float:
        """What the true difference lies below with confidence 1 - `alpha` (one-sided)."""
        return self.delta - student.quantile(fraction("alpha", alpha), self.df) * self.se

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The two-sided interval with confidence `level`."""
        tail = (1.0 - fraction("level", level)) / 2.0
        return self.lower(tail), self.upper(tail)

    def p_worse(self, margin: float = 0.0) -> float:
        """One-sided p-value against "the difference is at least -`margin`": small when head is worse than that."""
        if self.se == 0:
            return 0.0 if self.delta < -margin else 1.0
        return student.cdf((self.delta + margin) / self.se, self.df)

    def p_held(self, margin: float) -> float:
        """One-sided p-value against "the difference is at most -`margin`": small when head is not that bad."""
        if self.se == 0:
            return 0.0 if self.delta > -margin else 1.0
        return student.cdf(-(self.delta + margin) / self.se, self.df)

    def __neg__(self) -> "Contrast":
        """The same difference seen from the other side."""
        return Contrast(-self.delta, self.se, self.df)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What main against main has shown of seed noise on the same rows.

    Attributes:
        variance: of the metric over seeds, all else equal.
        df: degrees of freedom of that estimate, number of runs - 1.
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

    @classmethod
    def of(cls, values: ArrayLike, correlation: float = 0.0, *, holds_base: bool = False) -> "Ledger":
        """The ledger of main's metric, one value per seed.

        Raises:
            StatError: fewer than two runs, or a value that is not finite.
        """
        runs = floats("ledger", values, least=2)
        return cls(variance(runs), runs.size - 1, correlation, holds_base)


@dataclass(frozen=True, slots=True)
class Spread:
    """A difference with its two sources of variance apart, so that one can say what more evidence would do.

    Attributes:
        delta: as in `Contrast`.
        rows: variance of `delta` from the rows (or clusters) that happen to be in the eval set.
        rows_df: its degrees of freedom.
        n: number of rows.
        seeds: variance of `delta` from the seeds; 0 for an artifact.
        seeds_df: its degrees of freedom; `math.inf` for an artifact.
        runs: number of seeds, the smaller of both sides.
    """

    delta: float
    rows: float
    rows_df: float
    n: int
    seeds: float = 0.0
    seeds_df: float = math.inf
    runs: int = 1

    @property
    def contrast(self) -> Contrast:
        """The sum of both variances with Satterthwaite's degrees of freedom."""
        total = self.rows + self.seeds
        if total == 0:
            return Contrast(self.delta, 0.0, self.rows_df)
        shares = (self.rows / total) ** 2 / self.rows_df + (self.seeds / total) ** 2 / self.seeds_df
        return Contrast(self.delta, math.sqrt(total), 1.0 / shares if shares > 0 else math.inf)


def spread(
    base_values: ArrayLike,
    head_values: ArrayLike,
    base_influence: ArrayLike,
    head_influence: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    ledger: Ledger | ArrayLike | None = None,
    estimand: Estimand = Estimand.RECIPE,
    relative: bool = False,
    step: float = 0.0,
) -> Spread:
    """Head minus base of one metric over the same rows, with row and seed variance.

    Rows: variance of d_i = mean over seeds of head's influence minus the same of base, by sums over clusters where
    rows come in groups. Seeds: variance of the values over seeds, moderated by the ledger as
    (d0 s0² + d s²) / (d0 + d) (Smyth 2004). The residual of row and seed is counted in both, which errs on the safe
    side.

    Args:
        base_values: float[S_b], the metric of each of base's runs, oriented so that higher is better.
        head_values: float[S_h], likewise.
        base_influence: float[S_b, n], each unit's influence: metric ≈ value + mean(influence).
        head_influence: float[S_h, n], same units in the same order.
        clusters: [n] labels of the groups that units come in; at least 20 distinct ones.
        ledger: main against main, as a `Ledger` or as main's values per seed.
        estimand: a recipe counts seed noise, an artifact does not.
        relative: the difference as a share of base's absolute value, for margins in percent (delta method).
        step: for rates, by how much one unit's flip from right to wrong moves its influence (1 for accuracy,
            n / positives for recall). Keeps the error honest when few or no units differ (after Agresti & Min 2005).

    Raises:
        StatError: shapes that do not match, values that are not finite, fewer than 2 units or 20 clusters, seed noise
            that nothing shows (one run a side and no ledger), or a base too near zero for a relative margin.
    """
    base, base_rows = _side("base", base_values, base_influence)
    head, head_rows = _side("head", head_values, head_influence)
    n = same_length(base_influence=base_rows, head_influence=head_rows)
    base_mean, head_mean = float(base.mean()), float(head.mean())
    weights = (-1.0, 1.0)
    delta = head_mean - base_mean
    if relative:
        _far_from_zero(base_mean, base_rows.mean(axis=0))
        weights = (-head_mean / base_mean / abs(base_mean), 1.0 / abs(base_mean))
        if max(map(abs, weights)) > LARGEST_RATIO:
            raise StatError(f"base: {base_mean:.3g} is too near zero for a relative margin")
        delta /= abs(base_mean)
    unit = weights[0] * base_rows.mean(axis=0) + weights[1] * head_rows.mean(axis=0)
    rows, rows_df = row_variance(unit, clusters)
    rows += PSEUDO * (step * weights[1] / n) ** 2
    seeds, seeds_df = 0.0, math.inf
    if estimand is Estimand.RECIPE:
        prior = ledger if isinstance(ledger, Ledger) or ledger is None else Ledger.of(ledger)
        seeds, seeds_df = _seed_variance(base, head, weights, prior)
    return Spread(delta, rows, rows_df, n, seeds, seeds_df, min(base.size, head.size))


def pair(
    base_values: ArrayLike,
    head_values: ArrayLike,
    base_influence: ArrayLike,
    head_influence: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    ledger: Ledger | ArrayLike | None = None,
    estimand: Estimand = Estimand.RECIPE,
    relative: bool = False,
    step: float = 0.0,
) -> Contrast:
    """The contrast of head and base; arguments and errors as in `spread`."""
    return spread(
        base_values,
        head_values,
        base_influence,
        head_influence,
        clusters=clusters,
        ledger=ledger,
        estimand=estimand,
        relative=relative,
        step=step,
    ).contrast


def single(
    values: ArrayLike,
    influence: ArrayLike,
    against: float = 0.0,
    *,
    clusters: ArrayLike | None = None,
    ledger: Ledger | ArrayLike | None = None,
    estimand: Estimand = Estimand.RECIPE,
    step: float = 0.0,
) -> Contrast:
    """One side's metric minus a fixed number, such as a floor; arguments and errors as in `spread`."""
    runs, by_row = _side("values", values, influence)
    rows, rows_df = row_variance(by_row.mean(axis=0), clusters)
    rows += PSEUDO * (step / by_row.shape[1]) ** 2
    seeds, seeds_df = 0.0, math.inf
    if estimand is Estimand.RECIPE:
        prior = ledger if isinstance(ledger, Ledger) or ledger is None else Ledger.of(ledger)
        per_run, seeds_df = _moderated(*_pooled(runs), prior)
        seeds = per_run / runs.size
    return Spread(float(runs.mean()) - against, rows, rows_df, by_row.shape[1], seeds, seeds_df, runs.size).contrast


def row_variance(influence: ArrayLike, clusters: ArrayLike | None = None) -> tuple[float, float]:
    """Variance of mean(influence) and its degrees of freedom, over units or over clusters of units.

    Args:
        influence: float[n].
        clusters: [n] labels, at least 20 distinct ones.

    Raises:
        StatError: fewer than 2 units or 20 clusters.
    """
    unit = floats("influence", influence, least=2)
    n = unit.size
    centred = unit - unit.mean() if unit.max() > unit.min() else np.zeros(n)
    count = n
    if clusters is not None:
        codes, count = groups("clusters", clusters, n, least=FEWEST_CLUSTERS)
        centred = np.bincount(codes, weights=centred, minlength=count)
    return float(centred @ centred) * count / (count - 1) / n**2, count - 1.0


def _side(name: str, values: ArrayLike, influence: ArrayLike) -> tuple[Floats, Floats]:
    runs = floats(f"{name} values", values)
    by_row = floats(f"{name} influence", influence, ndim=2, least=2)
    if by_row.shape[0] != runs.size:
        raise StatError(f"{name}: {runs.size} values but influence of {by_row.shape[0]} runs")
    return runs, by_row


def _far_from_zero(value: float, influence: Floats) -> None:
    """A ratio's delta method needs a denominator that is surely not zero."""
    if abs(value) <= 3.0 * math.sqrt(row_variance(influence)[0]):
        raise StatError(f"base: {value:.3g} is too near zero for a relative margin")


def _seed_variance(
    base: Floats, head: Floats, weights: tuple[float, float], prior: Ledger | None
) -> tuple[float, float]:
    """Variance over seeds of the weighted sum of both means, and its degrees of freedom."""
    if prior is not None and prior.correlation > PAIRING and base.size == head.size:
        cross = 2.0 * prior.correlation * weights[0] * weights[1]
        scaled = Ledger(prior.variance * (weights[0] ** 2 + weights[1] ** 2 + cross), prior.df)
        moderated, df = _moderated(*_pooled(weights[0] * base + weights[1] * head), scaled)
        return moderated / base.size, df
    if prior is None and min(base.size, head.size) > 1:
        own = [w**2 * variance(side) / side.size for w, side in zip(weights, (base, head), strict=True)]
        own_df = [base.size - 1.0, head.size - 1.0]
        total = sum(own)
        if total == 0:
            return 0.0, sum(own_df)
        return total, 1.0 / sum((part / total) ** 2 / d for part, d in zip(own, own_df, strict=True))
    own_runs = (head,) if prior is not None and prior.holds_base else (base, head)
    moderated, pooled_df = _moderated(*_pooled(*own_runs), prior)
    return moderated * (weights[0] ** 2 / base.size + weights[1] ** 2 / head.size), pooled_df


def _pooled(*sides: Floats) -> tuple[float, float]:
    """Variance within sides and its degrees of freedom; (0, 0) when every side has one run."""
    df = float(sum(side.size - 1 for side in sides))
    squares = sum(variance(side) * (side.size - 1) for side in sides if side.size > 1)
    return (squares / df if df else 0.0), df


def _moderated(own: float, df: float, prior: Ledger | None) -> tuple[float, float]:
    """A variance drawn towards the ledger's, and the degrees of freedom of both together."""
    if prior is not None:
        return (prior.df * prior.variance + df * own) / (prior.df + df), prior.df + df
    if df == 0:
        raise StatError("seeds: one run and no ledger cannot show seed noise")
    return own, df
