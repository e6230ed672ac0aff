"""Quantiles, such as the p95 of latency: exact bounds from order statistics, and a comparison of base and head."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from gatebot.stats.arrays import Floats, StatError, floats, fraction
from gatebot.stats.contrast import Contrast

FEWEST_PROCESSES = 10


def upper(values: ArrayLike, q: float, alpha: float = 0.05) -> float:
    """Return the one-sided upper bound of the `q` quantile.

    It is exact for any continuous distribution, and conservative with ties. The k-th smallest of n values lies above
    the quantile with probability P(Binomial(n, q) < k).

    Raises:
        StatError: there are too few values; at alpha .05, p95 needs 59, p99 needs 299, and p99.9 needs 2,995.
    """
    ordered = np.sort(floats("values", values))
    n = ordered.size
    confidence = bdtr(np.arange(n), n, fraction("q", q))  # P(Binomial <= k - 1) for k = 1..n
    enough = np.flatnonzero(confidence >= 1 - fraction("alpha", alpha))
    if not enough.size:
        raise StatError(f"values: {n}, but {fewest(q, alpha)} needed for an upper bound of the {q:g} quantile")
    return float(ordered[enough[0]])


def lower(values: ArrayLike, q: float, alpha: float = 0.05) -> float:
    """Return the one-sided lower bound of the `q` quantile; see `upper`."""
    return -upper(-floats("values", values), 1 - fraction("q", q), alpha)


def fewest(q: float, alpha: float = 0.05) -> int:
    """Return the number of values from which on the largest value is an upper bound of the `q` quantile."""
    return math.ceil(math.log(fraction("alpha", alpha)) / math.log(fraction("q", q)) - 1e-12)


def slowdown(base: ArrayLike, head: ArrayLike, q: float, *, times: int = 1000, seed: int = 0) -> Contrast:
    """Compare a quantile of latency of base and head, over processes started alternately (Kalibera & Jones 2013).

    Args:
        base: float[P, k], positive: the times of k requests in each of P processes; P is at least 10.
        head: float[P, k], likewise; process i of both sides ran side by side.
        q: the quantile.
        times: number of bootstrap draws over processes.
        seed: seed of the random draws.

    Returns:
        The contrast of log(base / head), positive if head is faster. A margin of 10 % is log(1.1) in these units.

    Raises:
        StatError: there are fewer than 10 processes, their numbers differ, or times are not positive.
    """
    before, after = floats("base", base, ndim=2), floats("head", head, ndim=2)
    if before.shape[0] != after.shape[0] or before.shape[0] < FEWEST_PROCESSES:
        raise StatError(f"processes: {before.shape[0]} and {after.shape[0]}, at least {FEWEST_PROCESSES} pairs needed")
    if min(before.min(), after.min()) <= 0:
        raise StatError("latency: times must be positive")
    fraction("q", q)
    count = before.shape[0]
    rng = np.random.default_rng(seed)
    picks = np.array_split(rng.integers(0, count, (times, count)), max(times // 50, 1))
    draws = np.concatenate([_log_ratio(before[pick], after[pick], q) for pick in picks])
    spread = float(draws.std(ddof=1)) * math.sqrt(count / (count - 1))
    return Contrast(float(_log_ratio(before[None], after[None], q)[0]), spread, count - 1)


def _log_ratio(base: Floats, head: Floats, q: float) -> Floats:
    """Return log(base / head) of the quantile over processes and requests, from float[draws, P, k] of both sides."""
    before, after = (np.quantile(side.reshape(side.shape[0], -1), q, axis=1) for side in (base, head))
    return np.asarray(np.log(before) - np.log(after))
