"""Quantiles such as the p95 of latency: exact bounds from order statistics, and base against head over processes."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from gatebot.stats.arrays import Floats, StatError, floats, fraction
from gatebot.stats.contrast import Contrast

FEWEST_PROCESSES = 10


def upper(values: ArrayLike, q: float, alpha: float = 0.05) -> float:
    """One-sided upper bound of the `q` quantile, exact for any continuous law and conservative with ties.

    The k-th smallest of n values lies above the quantile with probability P(Binomial(n, q) < k).

    Raises:
        StatError: too few values for any to be a bound: 59 for p95, 299 for p99, 2,995 for p99.9 at alpha .05.
    """
    ordered = np.sort(floats("values", values))
    n = ordered.size
    confidence = bdtr(np.arange(n), n, fraction("q", q))  # P(Binomial <= k - 1) for k = 1..n
    enough = np.flatnonzero(confidence >= 1 - fraction("alpha", alpha))
    if not enough.size:
        raise StatError(f"values: {n}, but {fewest(q, alpha)} needed for an upper bound of the {q:g} quantile")
    return float(ordered[enough[0]])


def lower(values: ArrayLike, q: float, alpha: float = 0.05) -> float:
    """One-sided lower bound of the `q` quantile; the mirror image of `upper`."""
    return -upper(-floats("values", values), 1 - fraction("q", q), alpha)


def fewest(q: float, alpha: float = 0.05) -> int:
    """Values needed before the largest one is an upper bound of the `q` quantile."""
    return math.ceil(math.log(fraction("alpha", alpha)) / math.log(fraction("q", q)) - 1e-12)


def slowdown(base: ArrayLike, head: ArrayLike, q: float, *, times: int = 1000, seed: int = 0) -> Contrast:
    """Base against head in a quantile of latency, over processes that were started in turn (Kalibera & Jones 2013).

    Args:
        base: float[P, k], positive: k requests in each of P processes, at least 10.
        head: float[P, k], likewise; process i of both ran side by side.
        q: which quantile.
        times: bootstrap draws over processes.
        seed: same seed, same draws.

    Returns:
        The contrast of log(base / head), positive when head is faster. A margin of 10 % is log(1.1) in these units.

    Raises:
        StatError: fewer than 10 processes, different numbers of them, or times that are not positive.
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
    """For float[draws, P, k] on both sides, log(base / head) of the quantile over processes and requests."""
    before, after = (np.quantile(side.reshape(side.shape[0], -1), q, axis=1) for side in (base, head))
    return np.asarray(np.log(before) - np.log(after))
