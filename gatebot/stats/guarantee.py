"""Number of rows that a promise about each of H commits needs (ease.ml/ci; for fixed artifacts only)."""

import math
from enum import StrEnum

from gatebot.stats.arrays import StatError, fraction


class Adaptivity(StrEnum):
    """What developers learn from one commit to the next, which determines how the error probability is divided.

    none: nothing until the eval set is retired; first-change: each verdict, and the set is retired at the first pass;
    full: each verdict.
    """

    NONE = "none"
    FIRST_CHANGE = "first-change"
    FULL = "full"


def log_inverse_level(delta: float, steps: int, adaptivity: Adaptivity, *, verdicts: int = 2) -> float:
    """Return ln(1 / level) of a single test if all `steps` tests together may err with probability `delta`.

    Args:
        delta: 1 - reliability.
        steps: number of commits that the eval set must serve.
        adaptivity: `none` divides delta among steps; `full` among all histories of verdicts; `first-change` among
            the histories without a pass, which are as many as steps if there is only one other verdict.
        verdicts: number of different verdicts that a developer may see; 3 if "undecided" is shown.

    Raises:
        StatError: there are no steps, fewer than 2 verdicts, or delta is outside (0, 1).
    """
    if steps < 1 or verdicts < 2:
        raise StatError(f"guarantee: {steps} steps with {verdicts} verdicts")
    match adaptivity:
        case Adaptivity.NONE:
            histories = math.log(steps)
        case Adaptivity.FIRST_CHANGE:
            histories = max(math.log(steps), steps * math.log(verdicts - 1))
        case Adaptivity.FULL:
            histories = steps * math.log(verdicts)
    return histories - math.log(fraction("delta", delta))


def rows_hoeffding(tolerance: float, log_level: float, *, width: float = 1.0, sides: int = 2) -> int:
    """Return the rows for an interval of half-width `tolerance` of the mean of values in a range (Hoeffding 1963).

    Args:
        tolerance: half-width, positive.
        log_level: from `log_inverse_level`.
        width: highest minus lowest possible value of one row: 1 for an accuracy, 2 for a difference of two.
        sides: 2 for an interval, 1 for one bound.
    """
    _check(tolerance, log_level, sides)
    if not 0 < width < math.inf:
        raise StatError(f"width: {width}")
    return math.ceil((log_level + math.log(sides)) * width**2 / (2 * tolerance**2))


def rows_bennett(tolerance: float, log_level: float, changed: float, *, sides: int = 2) -> int:
    """Return the rows for an interval of the mean difference of two models if few rows differ (Bennett 1962).

    Both models predict the same rows. Differences lie in [-1, 1] and their mean square is at most `changed`.

    Args:
        tolerance: half-width, positive.
        log_level: from `log_inverse_level`.
        changed: upper bound of the share of rows whose outcome differs, in (0, 1]; it can be tested without labels.
        sides: 2 for an interval, 1 for one bound.
    """
    _check(tolerance, log_level, sides)
    if not 0 < changed <= 1:
        raise StatError(f"changed: {changed} is no share")
    u = tolerance / changed
    return math.ceil((log_level + math.log(sides)) / (changed * ((1 + u) * math.log1p(u) - u)))


def rows_chernoff(threshold: float, tolerance: float, log_level: float) -> int:
    """Return the rows with which no verdict on one share is wrong (Chernoff 1952; Hoeffding 1963, equation 2.1).

    Two errors are bounded. A share on one side of the threshold is estimated on the other side, beyond the tolerance. A
    share above the threshold by twice the tolerance is estimated within the tolerance; so a share that passes is below
    that. Only one error is possible for any true share, so each may use the whole level.

    Args:
        threshold: the value that the share is compared with.
        tolerance: distance from the threshold beyond which an estimate decides, positive.
        log_level: from `log_inverse_level`.
    """
    _check(tolerance, log_level, 1)
    mistakes = (
        (threshold - tolerance, threshold),
        (threshold + tolerance, threshold),
        (threshold + tolerance, threshold + 2 * tolerance),
    )
    exponents = [_divergence(told, true) for told, true in mistakes if 0 <= told <= 1 and 0 < true < 1]
    by_range = rows_hoeffding(tolerance, log_level, sides=1)
    return min(by_range, math.ceil(log_level / min(exponents))) if exponents else by_range


def _divergence(told: float, true: float) -> float:
    """Return the Kullback-Leibler divergence of a Bernoulli variable with `told` from one with `true`; positive."""
    of_heads = told * math.log(told / true) if told > 0 else 0.0
    return of_heads + ((1 - told) * math.log((1 - told) / (1 - true)) if told < 1 else 0.0)


def _check(tolerance: float, log_level: float, sides: int) -> None:
    if not 0 < tolerance < math.inf or not 0 < log_level < math.inf or sides not in {1, 2}:
        raise StatError(f"guarantee: tolerance {tolerance}, ln(1 / level) {log_level}, {sides} sides")
