"""The Contrast, on which all decisions are based: how much better head is than base, with its standard error."""

import math
from dataclasses import dataclass
from enum import StrEnum

from numpy.typing import ArrayLike

from gatebot.stats import student
from gatebot.stats.arrays import Floats, StatError, floats, fraction, same_length
from gatebot.stats.noise import Ledger, Pairing, Units, correlation, row_variance, run_variance, seed_variance

__all__ = ["Contrast", "Estimand", "Ledger", "Pairing", "Spread", "pair", "row_variance", "single", "spread"]

LARGEST_RATIO = 1e40
WIDEST = 10.0
PSEUDO = 4.0
"""Squared steps added to the row variance of a rate; with fewer, 100 rows without a change would count as proof."""


class Estimand(StrEnum):
    """What is compared: the recipe, which will be trained again, or the artifact, which is used as it is."""

    RECIPE = "recipe"
    ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimated difference with its uncertainty.

    Attributes:
        delta: head minus base, positive if head is better; in the units of the metric or of its margin.
        se: standard error of `delta`, not negative; 0 if the difference is known exactly.
        df: degrees of freedom of `se`, positive; `math.inf` for a normal distribution.
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
        """Return the one-sided lower bound of the true difference, with confidence 1 - `alpha`."""
        return self.delta + student.quantile(fraction("alpha", alpha), self.df) * self.se

    def upper(self, alpha: float) -> float:
        """Return the one-sided upper bound of the true difference, with confidence 1 - `alpha`."""
        return self.delta - student.quantile(fraction("alpha", alpha), self.df) * self.se

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval with confidence `level`."""
        tail = (1.0 - fraction("level", level)) / 2.0
        return self.lower(tail), self.upper(tail)

    def p_worse(self, margin: float = 0.0) -> float:
        """Return the one-sided p-value of "the difference is at least -`margin`"; small if head is worse than that."""
        if self.se == 0:
            return 0.0 if self.delta < -margin else 1.0
        return student.cdf((self.delta + margin) / self.se, self.df)

    def p_held(self, margin: float) -> float:
        """Return the one-sided p-value of "the difference is at most -`margin`"; small if head is better than that."""
        if self.se == 0:
            return 0.0 if self.delta > -margin else 1.0
        return student.cdf(-(self.delta + margin) / self.se, self.df)

    def __neg__(self) -> "Contrast":
        """Return the contrast with base and head exchanged."""
        return Contrast(-self.delta, self.se, self.df)


@dataclass(frozen=True, slots=True)
class Spread:
    """A difference with separate variances of rows and seeds, from which the effect of more evidence can be predicted.

    Attributes:
        delta: as in `Contrast`.
        rows: variance of `delta` due to the choice of rows (or clusters) of the eval set.
        rows_df: degrees of freedom of `rows`.
        n: number of rows.
        seeds: variance of `delta` over the seeds; 0 for an artifact.
        seeds_df: degrees of freedom of `seeds`; `math.inf` for an artifact.
        runs: number of seeds of the side that has fewer.
        churn: variance that both `rows` and `seeds` contain: the residual of row and seed.
    """

    delta: float
    rows: float
    rows_df: float
    n: int
    seeds: float = 0.0
    seeds_df: float = math.inf
    runs: int = 1
    churn: float = 0.0

    @property
    def pure_seeds(self) -> float:
        """Variance that only more seeds can lower: `seeds` without the part that more rows can lower."""
        return max(self.seeds - self.churn, 0.0)

    @property
    def contrast(self) -> Contrast:
        """Contrast from both variances, with their common part counted once and Satterthwaite's degrees of freedom."""
        total = self.rows + self.pure_seeds
        if total == 0:
            return Contrast(self.delta, 0.0, self.rows_df)
        by_seed = min(self.seeds / total, LARGEST_RATIO)  # churn outside the total may exceed it by far
        shares = (self.rows / total) ** 2 / self.rows_df + by_seed**2 / self.seeds_df
        df = max(1.0 / shares, min(self.rows_df, self.seeds_df)) if shares > 0 else math.inf
        return Contrast(self.delta, math.sqrt(total), df)


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
    boundary: float | None = None,
) -> Spread:
    """Return head minus base of one metric over the same rows, with row and seed variance.

    Row variance is the variance of d_i = mean over seeds of head's influence minus that of base's, by sums over
    clusters if rows are grouped. Seed variance is the variance of the values over seeds, moderated by the ledger. Both
    contain the residual of row and seed, which is subtracted once if there are several runs; the total never falls
    below the row variance.

    Args:
        base_values: float[S_b], the metric of each of base's runs, oriented so that higher is better.
        head_values: float[S_h], likewise.
        base_influence: float[S_b, n], each unit's influence: metric ≈ value + mean(influence).
        head_influence: float[S_h, n], same units in the same order.
        clusters: [n] labels of the groups of units; at least 20 distinct ones.
        ledger: main's seed noise, as a `Ledger` or as main's values per seed.
        estimand: seed noise counts for a recipe, but not for an artifact.
        relative: return the difference as a share of base's absolute value, for margins in percent (delta method).
        step: for rates, the change of a unit's influence if it flips from right to wrong (1 for accuracy, n / positives
            for recall). It keeps the standard error valid if few or no units differ (after Agresti & Min 2005). 0 for
            losses and errors, which get an allowance for skewed units instead (after Johnson 1978).
        boundary: for shares without a step (AUC), the value that head must be shown to exceed: base's minus the margin.
            The variance of a share falls towards 1, so a head that is too high by chance has too small a standard
            error. Above the boundary, head's influence is scaled to its size at the boundary, as in score tests.

    Raises:
        StatError: shapes do not match, values are not finite, there are fewer than 2 units or 20 clusters, seed noise
            is unknown (one run on each side and no ledger), or base is too near zero for a relative margin.
    """
    base, base_rows = _side("base", base_values, base_influence)
    head, head_rows = _side("head", head_values, head_influence)
    n = same_length(base_influence=base_rows, head_influence=head_rows)
    base_mean, head_mean = float(base.mean()), float(head.mean())
    if boundary is not None:
        head_rows = head_rows * _widening(head_mean, boundary)
    weights = (-1.0, 1.0)
    delta = head_mean - base_mean
    if relative:
        _far_from_zero(base_mean, base_rows.mean(axis=0))
        weights = (-head_mean / base_mean / abs(base_mean), 1.0 / abs(base_mean))
        if max(map(abs, weights)) > LARGEST_RATIO:
            raise StatError(f"base: {base_mean:.3g} is too near zero for a relative margin")
        delta /= abs(base_mean)
    units = Units.of(n, clusters)
    unit = weights[0] * base_rows.mean(axis=0) + weights[1] * head_rows.mean(axis=0)
    rows = _row_part(units, unit, step * weights[1])
    runs = min(base.size, head.size)
    if estimand is Estimand.ARTIFACT:
        return Spread(delta, rows, units.count - 1.0, n, runs=runs)
    prior = _prior(ledger)
    seeds, seeds_df = seed_variance(base, head, weights, prior)
    if correlation(base, head, prior):
        churn = units.churn(weights[0] * base_rows + weights[1] * head_rows)
    else:
        churn = weights[0] ** 2 * units.churn(base_rows) + weights[1] ** 2 * units.churn(head_rows)
    return Spread(delta, rows, units.count - 1.0, n, seeds, seeds_df, runs, churn)


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
    boundary: float | None = None,
) -> Contrast:
    """Return the contrast of head and base; arguments and errors are those of `spread`."""
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
        boundary=boundary,
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
    """Return one side's metric minus a fixed number, such as a floor; arguments and errors are those of `spread`."""
    runs, by_row = _side("values", values, influence)
    delta, n = float(runs.mean()) - against, by_row.shape[1]
    units = Units.of(n, clusters)
    rows = _row_part(units, by_row.mean(axis=0), step)
    if estimand is Estimand.ARTIFACT:
        return Spread(delta, rows, units.count - 1.0, n).contrast
    per_run, seeds_df = run_variance(runs, prior=_prior(ledger))
    return Spread(
        delta, rows, units.count - 1.0, n, per_run / runs.size, seeds_df, runs.size, units.churn(by_row)
    ).contrast


def _side(name: str, values: ArrayLike, influence: ArrayLike) -> tuple[Floats, Floats]:
    runs = floats(f"{name} values", values)
    by_row = floats(f"{name} influence", influence, ndim=2, least=2)
    if by_row.shape[0] != runs.size:
        raise StatError(f"{name}: {runs.size} values but influence of {by_row.shape[0]} runs")
    return runs, by_row


def _widening(value: float, boundary: float) -> float:
    """Return the ratio of a share's standard deviation at the boundary to that at `value`; 1 if `value` is below."""
    if not 0.0 < boundary < value < 1.0:
        return 1.0
    return min(max(math.sqrt(boundary * (1.0 - boundary) / (value * (1.0 - value))), 1.0), WIDEST)


def _far_from_zero(value: float, influence: Floats) -> None:
    """Raise StatError if the denominator of a ratio may be zero, where the delta method is not valid."""
    if abs(value) <= 3.0 * math.sqrt(row_variance(influence)[0]):
        raise StatError(f"base: {value:.3g} is too near zero for a relative margin")


def _prior(ledger: Ledger | ArrayLike | None) -> Ledger | None:
    return ledger if isinstance(ledger, Ledger) or ledger is None else Ledger.of(ledger)


def _row_part(units: Units, influence: Floats, step: float) -> float:
    """Return the variance due to rows, with pseudo rows for rates or an allowance for skewed losses."""
    variance = units.variance_of_mean(influence)
    if step:
        return variance + PSEUDO * (step / units.n) ** 2
    return variance * units.skew_allowance(influence) ** 2
