"""Tests of a mean that remain valid at any number of values, for growing eval sets (not for re-drawn seeds)."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from gatebot.stats.arrays import Floats, StatError, floats, fraction

STAKES = np.geomspace(0.01, 0.99, 24)
"""Shares of the wealth that are staked in parallel; the e-process is the mean of the resulting wealths."""
BLOCK = 1 << 15


def log_wealth(values: ArrayLike, null: float, *, low: float = -1.0, high: float = 1.0) -> Floats:
    """Return the logarithm of an e-process against "the mean is at most `null`", after each value.

    The e-process is the wealth of a bettor who starts with 1 and bets that each value is above `null`. If the mean is
    at most `null`, the probability that the wealth ever reaches 1 / alpha is at most alpha, at any number of looks
    (Waudby-Smith & Ramdas 2023; mixture of constant stakes). The values must be bounded and independent; they need not
    be normal, and there is no minimum n.

    Args:
        values: float[n] in [low, high], such as head minus base of a 0/1 outcome.
        null: the mean to be refuted; -margin for "not worse by more than the margin".
        low: smallest possible value.
        high: largest possible value.

    Returns:
        float[n], natural logarithms.

    Raises:
        StatError: values or `null` are outside [low, high].
    """
    unit, bar = _scaled(values, null, low, high)
    path = np.empty(unit.size)
    owned = np.zeros(STAKES.size)
    for start in range(0, unit.size, BLOCK):
        block = unit[start : start + BLOCK]
        by_stake = owned + np.cumsum(np.log1p(np.outer(block - bar, STAKES)), axis=0)
        owned = by_stake[-1]
        path[start : start + BLOCK] = logsumexp(by_stake, axis=1) - math.log(STAKES.size)
    return path


def refuted_at(values: ArrayLike, null: float, alpha: float, *, low: float = -1.0, high: float = 1.0) -> int | None:
    """Return the number of values after which "the mean is at most `null`" is refuted at level `alpha`, or None."""
    enough = np.flatnonzero(log_wealth(values, null, low=low, high=high) >= -math.log(fraction("alpha", alpha)))
    return int(enough[0]) + 1 if enough.size else None


def lower(values: ArrayLike, alpha: float, *, low: float = -1.0, high: float = 1.0) -> float:
    """Return the lower confidence bound of the mean, which is valid at any number of looks while values arrive.

    It is the largest mean that the final wealth refutes. The wealth falls as the null rises, so bisection finds it.
    """
    unit, _ = _scaled(values, low, low, high)
    target = -math.log(fraction("alpha", alpha)) + math.log(STAKES.size)
    distinct, counts = np.unique(unit, return_counts=True)

    def refutes(bar: float) -> bool:
        wealth = np.zeros(STAKES.size)
        for start in range(0, distinct.size, BLOCK):
            part = slice(start, start + BLOCK)
            wealth += counts[part] @ np.log1p(np.outer(distinct[part] - bar, STAKES))
        return float(logsumexp(wealth)) >= target

    below, above = 0.0, 1.0
    if not refutes(below):
        return low
    for _ in range(60):
        middle = (below + above) / 2
        below, above = (middle, above) if refutes(middle) else (below, middle)
    return low + below * (high - low)


def combine(e_values: ArrayLike) -> float:
    """Return the mean of e-values, which is an e-value under any dependence; pools the pull requests of a branch."""
    values = floats("e", e_values)
    if (values < 0).any():
        raise StatError("e: an e-value is not negative")
    return float(values.mean())


def _scaled(values: ArrayLike, null: float, low: float, high: float) -> tuple[Floats, float]:
    """Return the values and `null`, scaled to [0, 1]."""
    sample = floats("values", values)
    if not low < high:
        raise StatError(f"range: {low} to {high}")
    if sample.min() < low or sample.max() > high or not low <= null <= high:
        raise StatError(f"values: outside {low:g} to {high:g}")
    return (sample - low) / (high - low), (null - low) / (high - low)
