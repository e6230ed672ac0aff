"""Student's t distribution for any degrees of freedom up to infinity, without importing scipy.stats."""

import math

from scipy.special import ndtr, ndtri, stdtr, stdtrit

HUGE = 1e9
"""Degrees of freedom beyond which the t and the normal distribution agree to double precision."""


def quantile(p: float, df: float = math.inf) -> float:
    """Return the `p` quantile of t with `df` degrees of freedom."""
    if p > 0.5:
        return -quantile(1.0 - p, df)
    return float(ndtri(p) if df > HUGE else stdtrit(df, p))


def cdf(t: float, df: float = math.inf) -> float:
    """Return P(T <= t)."""
    return float(ndtr(t) if df > HUGE else stdtr(df, t))
