"""Exact and score intervals for counts: one proportion, paired 0/1 outcomes, two independent groups."""

import math
from collections.abc import Callable

from scipy.special import bdtr, betaincinv

from gatebot.stats import student
from gatebot.stats.arrays import StatError, fraction
from gatebot.stats.contrast import Contrast

Interval = tuple[float, float]


def clopper_pearson_lower(k: int, n: int, alpha: float) -> float:
    """Return the exact one-sided lower bound of a proportion (Clopper & Pearson 1934)."""
    _count(k, n)
    return 0.0 if k == 0 else float(betaincinv(k, n - k + 1, fraction("alpha", alpha)))


def clopper_pearson_upper(k: int, n: int, alpha: float) -> float:
    """Return the exact one-sided upper bound of a proportion: 5 % for 0 failures in 59 rows at alpha .05."""
    _count(k, n)
    return 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - fraction("alpha", alpha)))


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact two-sided interval of a proportion."""
    tail = (1.0 - fraction("level", level)) / 2.0
    return clopper_pearson_lower(k, n, tail), clopper_pearson_upper(k, n, tail)


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the score interval of a proportion (Wilson 1927)."""
    _count(k, n)
    z2 = student.quantile(0.5 + fraction("level", level) / 2.0) ** 2
    centre = (k + z2 / 2.0) / (n + z2)
    half = math.sqrt(z2 * (k * (n - k) / n + z2 / 4.0)) / (n + z2)
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def mcnemar_worse(gained: int, lost: int) -> float:
    """Return the exact one-sided p-value of "head is not worse", from the rows that changed (McNemar 1947).

    Args:
        gained: rows that base got wrong and head gets right.
        lost: rows that base got right and head gets wrong.
    """
    _count(gained, gained + lost, empty=True)
    return float(bdtr(gained, gained + lost, 0.5)) if gained + lost else 1.0


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact two-sided p-value of "the two models do not differ"."""
    return min(1.0, 2.0 * mcnemar_worse(min(gained, lost), max(gained, lost)))


def tango_score(gained: int, lost: int, n: int, delta: float) -> float:
    """Return the score statistic of a paired difference of proportions at the hypothesis `delta` (Tango 1998).

    It is large if the observed difference lies above `delta`, and standard normal if `delta` is true.
    """
    _pair(gained, lost, n)
    if abs(delta) >= 1.0:
        raise StatError(f"delta: {delta} is no difference of proportions")
    a = 2.0 * n
    b = (2.0 * n - gained + lost) * delta - gained - lost
    c = -lost * delta * (1.0 - delta)
    q = (math.sqrt(max(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)
    variance = n * (2.0 * q + delta * (1.0 - delta))
    excess = gained - lost - n * delta
    if variance <= 0.0:
        return 0.0 if excess == 0.0 else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)


def tango_lower(gained: int, lost: int, n: int, alpha: float) -> float:
    """Return the one-sided lower score bound of P(gained) - P(lost), from `n` paired rows."""
    z = student.quantile(1.0 - fraction("alpha", alpha))
    estimate = (gained - lost) / n if n else 0.0
    _pair(gained, lost, n)
    if lost == n:
        return -1.0
    return _boundary(lambda delta: tango_score(gained, lost, n, delta) > z, -1.0, estimate)


def tango_upper(gained: int, lost: int, n: int, alpha: float) -> float:
    """Return the one-sided upper score bound of P(gained) - P(lost), from `n` paired rows."""
    return -tango_lower(lost, gained, n, alpha)


def tango(gained: int, lost: int, n: int, level: float = 0.95) -> Interval:
    """Return the two-sided score interval of a paired difference of proportions (Tango 1998)."""
    tail = (1.0 - fraction("level", level)) / 2.0
    return tango_lower(gained, lost, n, tail), tango_upper(gained, lost, n, tail)


def agresti_min(gained: int, lost: int, n: int) -> Contrast:
    """Return a paired difference of proportions, with half a row added to each of four cells (Agresti & Min 2005)."""
    _pair(gained, lost, n)
    total = n + 2.0
    delta = (gained - lost) / total
    changed = (gained + lost + 1.0) / total
    return Contrast(delta, math.sqrt((changed - delta**2) / total))


def newcombe(k_base: int, n_base: int, k_head: int, n_head: int, level: float = 0.95) -> Interval:
    """Return the interval of p_head - p_base of two independent groups, from Wilson's (Newcombe 1998, method 10)."""
    low_base, high_base = wilson(k_base, n_base, level)
    low_head, high_head = wilson(k_head, n_head, level)
    p_base, p_head = k_base / n_base, k_head / n_head
    delta = p_head - p_base
    below = math.hypot(p_head - low_head, high_base - p_base)
    above = math.hypot(high_head - p_head, p_base - low_base)
    return delta - below, delta + above


def agresti_caffo(k_base: int, n_base: int, k_head: int, n_head: int) -> Contrast:
    """Return p_head - p_base of two independent groups, with one success and one failure added to each.

    The method is that of Agresti & Caffo (2000).
    """
    _count(k_base, n_base)
    _count(k_head, n_head)
    p_base, p_head = (k_base + 1) / (n_base + 2), (k_head + 1) / (n_head + 2)
    variance = p_base * (1 - p_base) / (n_base + 2) + p_head * (1 - p_head) / (n_head + 2)
    return Contrast(p_head - p_base, math.sqrt(variance))


def _boundary(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Return the last number, in double precision, at which `beyond` is true; it is at `low`, and not at `high`."""
    while True:
        middle = (low + high) / 2.0
        if not low < middle < high:
            return low
        if beyond(middle):
            low = middle
        else:
            high = middle


def _count(k: int, n: int, *, empty: bool = False) -> None:
    if not (0 <= k <= n and (n > 0 or empty)):
        raise StatError(f"counts: {k} of {n}")


def _pair(gained: int, lost: int, n: int) -> None:
    if not (gained >= 0 and lost >= 0 and gained + lost <= n and n > 0):
        raise StatError(f"counts: {gained} gained and {lost} lost of {n}")
