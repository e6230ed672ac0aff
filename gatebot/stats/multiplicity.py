"""Adjusts p-values for multiple tests."""

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Bools, Floats, StatError, floats, fraction, same_length


def holm(p: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Adjust p-values by Holm's procedure, valid under any dependence (Holm 1979; weights as in his section 4).

    Args:
        p: float[k] p-values.
        weights: float[k], positive, the parts of the level; equal by default.

    Returns:
        float[k]: adjusted p-values; those of at most alpha are rejected at level alpha.

    Raises:
        StatError: p-values are outside [0, 1], or weights are not positive.
    """
    values = _p_values(p)
    share = np.ones_like(values) if weights is None else floats("weights", weights)
    same_length(p=values, weights=share)
    if (share <= 0).any():
        raise StatError("weights: all must be positive")
    order = np.argsort(values / share, kind="stable")
    left = np.cumsum(share[order][::-1])[::-1]
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * left / share[order]), 1.0)
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjust p-values for the false discovery rate, under independence or positive dependence.

    The method is that of Benjamini & Hochberg (1995).
    """
    values = _p_values(p)
    return _step_up(values, 1.0)


def benjamini_yekutieli(p: ArrayLike) -> Floats:
    """Adjust p-values for the false discovery rate, under any dependence (Benjamini & Yekutieli 2001)."""
    values = _p_values(p)
    return _step_up(values, float((1.0 / np.arange(1, values.size + 1)).sum()))


def e_benjamini_hochberg(e: ArrayLike, q: float) -> Bools:
    """Return which e-values to reject at false discovery rate `q`, under any dependence (Wang & Ramdas 2022).

    Raises:
        StatError: an e-value is below 0, or `q` is outside (0, 1).
    """
    values = floats("e", e)
    if (values < 0).any():
        raise StatError("e: an e-value is not negative")
    order = np.argsort(-values, kind="stable")
    rank = np.arange(1, values.size + 1)
    enough = np.flatnonzero(values[order] * rank >= values.size / fraction("q", q))
    rejected = np.zeros(values.size, dtype=np.bool_)
    rejected[order[: enough[-1] + 1 if enough.size else 0]] = True
    return rejected


def _step_up(values: Floats, factor: float) -> Floats:
    order = np.argsort(values, kind="stable")
    raised = values[order] * (factor * values.size) / np.arange(1, values.size + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted


def _p_values(p: ArrayLike) -> Floats:
    values = floats("p", p)
    if (values < 0).any() or (values > 1).any():
        raise StatError("p: a p-value lies between 0 and 1")
    return values
