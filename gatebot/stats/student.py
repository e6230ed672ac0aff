"""Student's t for any degrees of freedom up to infinity, without importing scipy.stats."""

import math

from scipy.special import ndtr, ndtri, stdtr, stdtrit

HUGE = 1e9
"""Degrees of freedom beyond which t and the normal agree to double precision."""


def quantile(p: float, df: float = math.inf) -> float:
    """The value that t with `df` degrees of freedom stays below with probability `p`."""
    if p > 0.5:
        return -quantile(1.0 - p, df)
    return float(ndtri(p) if df > HUGE else stdtrit(df, p))


def cdf(t: float, df: float = math.inf) -> float:
    """P(T <= t)."""
    return float(ndtr(t) if df > HUGE else stdtr(df, t))
