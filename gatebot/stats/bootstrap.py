"""Bootstrap for metrics without a formula: of rows, clusters or strata as weights, and of counts as multinomials."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from gatebot.stats.arrays import Floats, Ints, StatError, floats, fraction, groups
from gatebot.stats.contrast import Contrast
from gatebot.stats.noise import FEWEST_CLUSTERS

TIMES = 2000
MOST = 2**53


def resample(
    statistic: Callable[[Floats], float],
    n: int,
    *,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    times: int = TIMES,
    seed: int = 0,
) -> Floats:
    """Return bootstrap draws of a statistic of unit weights; for paired data the statistic is head minus base.

    Args:
        statistic: computes the statistic from float[n] weights: how often each unit was drawn.
        n: number of units.
        strata: [n] labels; each stratum keeps its size (or its number of clusters).
        clusters: [n] labels; whole clusters are drawn; at least 20 distinct ones.
        times: number of draws.
        seed: seed of the random draws.

    Returns:
        float[times].

    Raises:
        StatError: there are too few units or clusters, a cluster lies in two strata, or the statistic of a draw is not
            finite.
    """
    if n < 2 or times < 1:
        raise StatError(f"bootstrap: {times} draws of {n} units")
    unit, count = (np.arange(n), n) if clusters is None else groups("clusters", clusters, n, least=FEWEST_CLUSTERS)
    parts = _parts(unit, count, strata)
    rng = np.random.default_rng(seed)
    draws = np.empty(times)
    drawn = np.empty(count)
    for i in range(times):
        for part in parts:
            drawn[part] = np.bincount(rng.integers(0, part.size, part.size), minlength=part.size)
        draws[i] = statistic(drawn[unit])
    return _all_finite(draws)


def resample_counts(
    counts: ArrayLike, statistic: Callable[[Floats], ArrayLike], *, times: int = TIMES, seed: int = 0
) -> Floats:
    """Return bootstrap draws of a statistic of cell counts.

    The draws have the same distribution as those of resampled rows, and take milliseconds.

    Args:
        counts: int[k], rows in each cell, such as (label, base's answer, head's answer); or int[g, k] for g strata that
            keep their sizes.
        statistic: computes float[times] from float[times, k] (or float[times, g, k]) counts, vectorised.
        times: number of draws.
        seed: seed of the random draws.

    Raises:
        StatError: the counts are not whole numbers of at least 0, there are fewer than 2 rows, or the statistic of a
            draw is not finite.
    """
    cells = np.asarray(counts)
    if (
        cells.ndim not in {1, 2}
        or cells.size == 0
        or not ((cells >= 0) & (cells < MOST) & (cells == np.floor(cells))).all()
    ):
        raise StatError("counts: whole numbers from 0 up, in one or two dimensions")
    table = np.atleast_2d(cells).astype(np.int64)
    sizes = table.sum(axis=1)
    if sizes.sum() < 2:
        raise StatError("counts: fewer than 2 rows")
    rng = np.random.default_rng(seed)
    drawn = np.zeros((times, *table.shape))
    for g in np.flatnonzero(sizes):
        drawn[:, g] = rng.multinomial(sizes[g], table[g] / sizes[g], size=times)
    values = np.asarray(statistic(drawn if cells.ndim == 2 else drawn[:, 0]), dtype=np.float64)
    if values.shape != (times,):
        raise StatError(f"statistic: shape {values.shape} for {times} draws")
    return _all_finite(values)


def percentile(draws: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the interval between two quantiles of the draws."""
    tail = (1 - fraction("level", level)) / 2
    low, high = np.quantile(floats("draws", draws, least=2), [tail, 1 - tail])
    return float(low), float(high)


def bca(draws: ArrayLike, value: float, influence: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval (Efron 1987).

    Args:
        draws: float[B].
        value: the statistic of the original data.
        influence: float[n] influence of the units (or clusters), analytic or from `jackknife`; gives the acceleration.
        level: two-sided confidence.

    Raises:
        StatError: all draws are on one side of the value, so the bias cannot be corrected, or the influence is too
            skewed.
    """
    sample, unit = floats("draws", draws, least=2), floats("influence", influence, least=2)
    below = float(np.mean(sample < value) + np.mean(sample == value) / 2)
    if not 0 < below < 1:
        raise StatError("draws: all on one side of the value")
    unit = unit - unit.mean()
    size = float((unit**2).sum()) ** 1.5
    acceleration = float((unit**3).sum()) / size / 6 if size else 0.0
    bias, tail = float(ndtri(below)), (1 - fraction("level", level)) / 2
    ends = []
    for z in (float(ndtri(tail)), float(ndtri(1 - tail))):
        room = 1 - acceleration * (bias + z)
        if room <= 0:
            raise StatError("influence: too skewed for the acceleration")
        ends.append(float(ndtr(bias + (bias + z) / room)))
    low, high = np.quantile(sample, ends)
    return float(low), float(high)


def jackknife(statistic: Callable[[Floats], float], n: int, clusters: ArrayLike | None = None) -> Floats:
    """Return the influence of each unit (or cluster), float[G]: (G - 1) (value - value without it)."""
    unit, count = (np.arange(n), n) if clusters is None else groups("clusters", clusters, n, least=2)
    if count < 2:
        raise StatError(f"jackknife: {count} units")
    whole = statistic(np.ones(n))
    left_out = np.array([statistic((unit != i).astype(np.float64)) for i in range(count)])
    return (count - 1) * (whole - _all_finite(left_out))


def contrast(draws: ArrayLike, value: float, df: float = math.inf) -> Contrast:
    """Return the contrast of a resampled difference, with the standard deviation of the draws as standard error."""
    return Contrast(value, float(floats("draws", draws, least=2).std(ddof=1)), df)


def _parts(unit: Ints, count: int, strata: ArrayLike | None) -> list[Ints]:
    """Return the clusters (or units) of each stratum."""
    if strata is None:
        return [np.arange(count)]
    codes, size = groups("strata", strata, unit.size)
    of_cluster = np.full(count, -1, dtype=np.intp)
    of_cluster[unit] = codes
    if (of_cluster[unit] != codes).any():
        raise StatError("clusters: one lies in two strata")
    return [np.flatnonzero(of_cluster == s) for s in range(size)]


def _all_finite(draws: Floats) -> Floats:
    if not np.isfinite(draws).all():
        missing = np.count_nonzero(~np.isfinite(draws))
        raise StatError(f"statistic: not defined on {missing} of {draws.size} draws; stratify, or use more rows")
    return draws
