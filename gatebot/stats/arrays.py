"""Converts arguments to checked arrays, so that no statistic gets NaN or arrays of different lengths."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


LARGEST = 1e100
"""Largest number that is accepted; squares and sums of larger numbers could overflow."""


class StatError(ValueError):
    """The statistic does not exist for this input; the message says why."""


def floats(name: str, values: ArrayLike, *, ndim: int = 1, least: int = 1) -> Floats:
    """Return `values` as finite floats with `ndim` dimensions and at least `least` values along the last axis.

    Raises:
        StatError: the dimension differs, there are fewer values, or values are NaN, infinite or beyond 1e100.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatError(f"{name}: not numbers") from error
    if array.ndim != ndim:
        raise StatError(f"{name}: {array.ndim} dimensions where {ndim} belong")
    if array.size == 0 or array.shape[-1] < least:
        raise StatError(f"{name}: {array.shape[-1]} values, at least {max(least, 1)} needed")
    if not np.isfinite(array).all():
        raise StatError(f"{name}: not finite in {np.count_nonzero(~np.isfinite(array))} places")
    if np.abs(array).max() > LARGEST:
        raise StatError(f"{name}: {np.abs(array).max():.3g} is too large to compute with")
    return array


def variance(values: Floats) -> float:
    """Return the sample variance (n - 1); it is exactly 0 for equal values, without rounding errors of their mean."""
    return 0.0 if values.max() == values.min() else float(values.var(ddof=1))


def flags(name: str, values: ArrayLike) -> Bools:
    """Return `values` as booleans.

    Raises:
        StatError: `values` is not a vector of 0 and 1.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.bool_ and values.ndim == 1 and values.size:
        return values
    array = floats(name, values)
    if not ((array == 0.0) | (array == 1.0)).all():
        raise StatError(f"{name}: only 0 and 1 belong here")
    return np.asarray(array == 1.0, dtype=np.bool_)


def groups(name: str, labels: ArrayLike, n: int, *, least: int = 1) -> tuple[Ints, int]:
    """Return labels of any kind as codes 0..G-1 of `n` units, and G.

    Raises:
        StatError: there are not `n` labels, a label is NaN or infinite, or there are fewer than `least` groups.
    """
    array = np.asarray(labels)
    if array.shape != (n,):
        raise StatError(f"{name}: shape {array.shape} for {n} units")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise StatError(f"{name}: a unit without a group")
    distinct, codes = np.unique(array, return_inverse=True)
    if distinct.size < least:
        raise StatError(f"{name}: {distinct.size} groups, at least {least} needed")
    return codes.astype(np.intp), int(distinct.size)


def shares(n: int, weights: ArrayLike | None) -> Floats:
    """Return the weights of `n` units, scaled to a mean of 1; all are 1 by default.

    Raises:
        StatError: there are not `n` weights, a weight is negative, or all are zero.
    """
    if weights is None:
        return np.ones(n)
    given = floats("weights", weights)
    if given.size != n:
        raise StatError(f"weights: {given.size} for {n} units")
    if given.min() < 0 or given.max() == 0:
        raise StatError("weights: none may be negative, and one at least must count")
    share = given / given.max()
    return np.asarray(share * (n / share.sum()))


def same_length(**arrays: NDArray[np.generic]) -> int:
    """Return the common length of the last axes.

    Raises:
        StatError: the lengths differ.
    """
    lengths = {name: array.shape[-1] for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise StatError("lengths differ: " + ", ".join(f"{name} {n}" for name, n in lengths.items()))
    return int(next(iter(lengths.values())))


def fraction(name: str, value: float) -> float:
    """Return `value` if it is strictly between 0 and 1, like a level.

    Raises:
        StatError: it is not.
    """
    if not 0.0 < value < 1.0:
        raise StatError(f"{name}: {value} is not between 0 and 1")
    return value
