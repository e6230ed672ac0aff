"""How others decide, on the same predictions: rules of two lines each. All see one run a side, and one metric."""

import math
from collections.abc import Callable, Mapping

from benchmarks.pull import Array, Pull
from gatebot.evidence.need import Tier
from gatebot.stats import student
from gatebot.stats.binomial import mcnemar, wilson

POINTS, SHARE = 0.02, 0.05
"""The margin: of an accuracy, and of an error as a share of base's."""


def rules(pull: Pull) -> dict[str, bool]:
    """Which rivals would block."""
    main = [pull.goodness(output) for output in pull.base[Tier.SMOKE]]
    head = pull.goodness(pull.head[Tier.SMOKE][0])
    return {name: rule(main[0], head, main[-1]) for name, rule in RULES.items()}


def _margin(base: Array) -> float:
    return POINTS if _is_rate(base) else SHARE * abs(float(base.mean()))


def _is_rate(rows: Array) -> bool:
    return bool(((rows == 0) | (rows == 1)).all())


def _strict(base: Array, head: Array, _earlier: Array) -> bool:
    return bool(head.mean() < base.mean())


def _tolerance(base: Array, head: Array, _earlier: Array) -> bool:
    return bool(head.mean() < base.mean() - _margin(base))


def _threshold(_base: Array, head: Array, earlier: Array) -> bool:
    """A number that somebody wrote down: main's value in another run, less the margin (MLflow, TFMA's default)."""
    return bool(head.mean() < earlier.mean() - _margin(earlier))


def _alone_above(base: Array, head: Array, _earlier: Array) -> bool:
    """Head's own 95 % interval must lie above base less the margin."""
    return bool(_interval(head)[0] < base.mean() - _margin(base))


def _alone_below(base: Array, head: Array, _earlier: Array) -> bool:
    """Head's own 95 % interval must not lie below base less the margin."""
    return bool(_interval(head)[1] < base.mean() - _margin(base))


def _paired(base: Array, head: Array, _earlier: Array) -> bool:
    """McNemar's test of a rate, a paired t-test of an error."""
    if _is_rate(base):
        gained, lost = int((head > base).sum()), int((base > head).sum())
        return lost > gained and mcnemar(gained, lost) < 0.05
    d = head - base
    error = float(d.std(ddof=1)) / math.sqrt(len(d))
    return error > 0 and student.cdf(float(d.mean()) / error, len(d) - 1.0) < 0.025


def _unpaired(base: Array, head: Array, _earlier: Array) -> bool:
    error = math.sqrt((base.var(ddof=1) + head.var(ddof=1)) / len(base))
    return error > 0 and float(base.mean() - head.mean()) / error > 1.645


def _interval(rows: Array) -> tuple[float, float]:
    if _is_rate(rows):
        return wilson(int(rows.sum()), len(rows))
    reach = 1.96 * float(rows.std(ddof=1)) / math.sqrt(len(rows))
    return float(rows.mean()) - reach, float(rows.mean()) + reach


RULES: Mapping[str, Callable[[Array, Array, Array], bool]] = {
    "strict comparison": _strict,
    "tolerance of the margin": _tolerance,
    "threshold written down (MLflow-like)": _threshold,
    "head's interval above threshold (TFMA-like)": _alone_above,
    "head's interval not below it (TFMA-like)": _alone_below,
    "paired test, p < .05": _paired,
    "unpaired z, p < .05": _unpaired,
}
