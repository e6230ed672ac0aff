"""Metrics that are smooth functions of means, with the influence of each unit (delta method).

Influence is scaled so that metric ≈ value + mean(influence). The variance of the metric is the variance of influence
divided by n.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Floats, StatError, floats, same_length, shares

Estimate = tuple[float, Floats]
"""A metric's value and each unit's influence on it, float[n]."""

STEP = float(np.cbrt(np.finfo(np.float64).eps))


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
    """Return the (weighted) mean of `values`, float[n]."""
    column = floats("values", values)
    share = shares(column.size, weights)
    value = float(share @ column) / column.size
    return value, share * (column - value)


def ratio(numerator: ArrayLike, denominator: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
    """Return sum(numerator) / sum(denominator), such as recall, precision, F1 or a weighted mean; both float[n].

    Raises:
        StatError: the sum of the denominator is zero.
    """
    above, below = floats("numerator", numerator), floats("denominator", denominator)
    n = same_length(numerator=above, denominator=below)
    share = shares(n, weights)
    bottom = float(share @ below) / n
    if bottom == 0:
        raise StatError("ratio: the denominator is zero")
    value = float(share @ above) / n / bottom
    return value, share * (above - value * below) / bottom


def smooth(
    columns: ArrayLike,
    function: Callable[[Floats], float],
    gradient: Callable[[Floats], ArrayLike] | None = None,
    weights: ArrayLike | None = None,
) -> Estimate:
    """Return a smooth function of the means of several columns, such as MCC, RMSE or a correlation.

    Args:
        columns: float[k, n].
        function: computes the metric from float[k] means.
        gradient: computes float[k] derivatives from float[k] means; central differences by default.
        weights: float[n], not negative.

    Raises:
        StatError: the function or its gradient is not finite at these means.
    """
    table = floats("columns", columns, ndim=2)
    n = table.shape[1]
    share = shares(n, weights)
    means = table @ share / n
    with np.errstate(all="ignore"):
        try:
            value = float(function(means))
            slope = (
                _slope(function, means, table.std(axis=1))
                if gradient is None
                else np.asarray(gradient(means), dtype=np.float64)
            )
        except (ArithmeticError, ValueError) as error:
            raise StatError(f"metric: not defined at these means ({error})") from error
    if slope.shape != means.shape:
        raise StatError(f"gradient: shape {slope.shape} for {means.size} means")
    if not (np.isfinite(value) and np.isfinite(slope).all()):
        raise StatError("metric: not finite, or not smooth, at these means")
    return value, share * (slope @ (table - means[:, None]))


def _slope(function: Callable[[Floats], float], means: Floats, spreads: Floats) -> Floats:
    """Return central differences, with steps on the scale of the data, so that no mean of squares becomes negative."""
    scale = np.maximum(np.abs(means), spreads)
    steps = STEP * np.where(scale > 0, scale, 1.0)
    slope = np.empty_like(means)
    for i, step in enumerate(steps):
        above, below = means.copy(), means.copy()
        above[i] += step
        below[i] -= step
        slope[i] = (function(above) - function(below)) / (above[i] - below[i])
    return slope
