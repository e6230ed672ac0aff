"""What callers pass becomes checked arrays here, or a StatError; no statistic ever sees NaN or a ragged shape."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


LARGEST = 1e100
"""Numbers beyond this are refused: their squares and sums would not be numbers any more."""


class StatError(ValueError):
    """The statistic does not exist for this input, and the message says why. Never a number with a warning."""


def floats(name: str, values: ArrayLike, *, ndim: int = 1, least: int = 1) -> Floats:
    """`values` as finite floats of the given dimension, at least `least` along the last axis.

    Raises:
        StatError: another dimension, fewer values, NaN, infinity, or numbers beyond 1e100.
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
    """Sample variance (n - 1), exactly 0 for equal values, whose mean may differ from them by rounding."""
    return 0.0 if values.max() == values.min() else float(values.var(ddof=1))


def flags(name: str, values: ArrayLike) -> Bools:
    """`values` as booleans; what is neither 0 nor 1 is refused.

    Raises:
        StatError: anything but a vector of 0 and 1.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.bool_ and values.ndim == 1 and values.size:
        return values
    array = floats(name, values)
    if not ((array == 0.0) | (array == 1.0)).all():
        raise StatError(f"{name}: only 0 and 1 belong here")
    return np.asarray(array == 1.0, dtype=np.bool_)


def groups(name: str, labels: ArrayLike, n: int, *, least: int = 1) -> tuple[Ints, int]:
    """Labels of any kind as codes 0..G-1 for `n` units, and G.

    Raises:
        StatError: another length than `n`, or fewer than `least` groups.
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
    """Weights of `n` units, scaled so that their mean is 1; all 1 when not given.

    Raises:
        StatError: another number of them, a negative one, or nothing but zeros.
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
    """The common length of the last axes.

    Raises:
        StatError: the lengths differ.
    """
    lengths = {name: array.shape[-1] for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise StatError("lengths differ: " + ", ".join(f"{name} {n}" for name, n in lengths.items()))
    return int(next(iter(lengths.values())))


def fraction(name: str, value: float) -> float:
    """A number strictly between 0 and 1, such as a level.

    Raises:
        StatError: anything else.
    """
    if not 0.0 < value < 1.0:
        raise StatError(f"{name}: {value} is not between 0 and 1")
    return value
