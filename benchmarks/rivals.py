"""How others decide, on the same predictions: rules of a few lines each, which see one run a side and one metric.

The metric is computed for them from the predictions. A rival that reads it from the user's metrics file instead also
believes an evaluation that is wrong.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.pull import Array, Pull
from gatebot.evidence.need import Tier
from gatebot.stats import student
from gatebot.stats.binomial import mcnemar, mcnemar_worse, wilson

POINTS, SHARE = 0.02, 0.05
"""The margin: of an accuracy, and of an error as a share of base's."""
LEAST_GAIN = 1e-4
"""The smallest gain that anybody would write down."""
DEGRADATION = 0.1
"""Deepchecks' default."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """How good each row's prediction is, higher is better: 1 for right and 0 for wrong, or minus the error.

    Attributes:
        base, head: of the same eval rows.
        earlier: of another run of main.
        train: of the rows that head's model was trained on; None where nobody predicted them.
    """

    base: Array
    head: Array
    earlier: Array
    train: Array | None = None

    @classmethod
    def of(cls, pull: Pull) -> "Seen":
        """What a drawn pull request shows."""
        main = [pull.goodness(output) for output in pull.base[Tier.SMOKE]]
        return cls(main[0], pull.goodness(pull.head[Tier.SMOKE][0]), main[-1])


def rules(seen: Seen) -> dict[str, bool]:
    """Which rivals would block."""
    return {name: rule(seen) for name, rule in RULES.items()}


def margin(base: Array) -> float:
    return POINTS if _is_rate(base) else SHARE * abs(float(base.mean()))


def _is_rate(rows: Array) -> bool:
    return bool(((rows == 0) | (rows == 1)).all())


def _strict(seen: Seen) -> bool:
    return bool(seen.head.mean() < seen.base.mean())


def _tolerance(seen: Seen) -> bool:
    """Two points of accuracy, or 5 % of an error: the usual script in CI."""
    return bool(seen.head.mean() < seen.base.mean() - margin(seen.base))


def _threshold(seen: Seen) -> bool:
    """A number that somebody wrote down: main's value in another run, less the margin (MLflow's `threshold`)."""
    return bool(seen.head.mean() < seen.earlier.mean() - margin(seen.earlier))


def _improved(seen: Seen) -> bool:
    """MLflow's `MetricThreshold(threshold, min_absolute_change, min_relative_change)`: changes are required gains."""
    gain = float(seen.head.mean() - seen.base.mean())
    return _threshold(seen) or gain < LEAST_GAIN or gain < LEAST_GAIN * abs(float(seen.base.mean()))


def _two_thresholds(seen: Seen) -> bool:
    """TFMA's `GenericValueThreshold(lower_bound)` and `GenericChangeThreshold(absolute)`: both have to hold."""
    return _threshold(seen) or _tolerance(seen)


def _alone_above(seen: Seen) -> bool:
    """Head's own 95 % interval must lie above base less the margin."""
    return bool(_interval(seen.head)[0] < seen.base.mean() - margin(seen.base))


def _alone_below(seen: Seen) -> bool:
    """Head's own 95 % interval must not lie below base less the margin."""
    return bool(_interval(seen.head)[1] < seen.base.mean() - margin(seen.base))


def _degraded(seen: Seen) -> bool:
    """Deepchecks' relative degradation of less than 10 %, of head against base."""
    return _degradation(seen.base, seen.head) >= DEGRADATION


def _overfitted(seen: Seen) -> bool:
    """Deepchecks' `TrainTestPerformance().add_condition_train_test_relative_degradation_less_than(0.1)`."""
    return seen.train is not None and _degradation(seen.train, seen.head) >= DEGRADATION


def _degradation(before: Array, after: Array) -> float:
    mean = float(before.mean())
    return (mean - float(after.mean())) / abs(mean) if mean else 0.0


def _mcnemar(seen: Seen) -> bool:
    """Exact, one-sided: more rows fall than rise (NVIDIA NeMo Evaluator: `nel compare`, `nel gate`); rates only."""
    if not _is_rate(seen.base):
        return False
    gained, lost = int((seen.head > seen.base).sum()), int((seen.base > seen.head).sum())
    return mcnemar_worse(gained, lost) < 0.05


def _paired(seen: Seen) -> bool:
    """McNemar's test of a rate, a paired t-test of an error; two-sided."""
    if _is_rate(seen.base):
        gained, lost = int((seen.head > seen.base).sum()), int((seen.base > seen.head).sum())
        return lost > gained and mcnemar(gained, lost) < 0.05
    d = seen.head - seen.base
    error = float(d.std(ddof=1)) / math.sqrt(len(d))
    return error > 0 and student.cdf(float(d.mean()) / error, len(d) - 1.0) < 0.025


def _unpaired(seen: Seen) -> bool:
    error = math.sqrt((seen.base.var(ddof=1) + seen.head.var(ddof=1)) / len(seen.base))
    return error > 0 and float(seen.base.mean() - seen.head.mean()) / error > 1.645


def _interval(rows: Array) -> tuple[float, float]:
    if _is_rate(rows):
        return wilson(int(rows.sum()), len(rows))
    reach = 1.96 * float(rows.std(ddof=1)) / math.sqrt(len(rows))
    return float(rows.mean()) - reach, float(rows.mean()) + reach


RULES: Mapping[str, Callable[[Seen], bool]] = {
    "strict comparison": _strict,
    "tolerance of two points": _tolerance,
    "threshold written down (MLflow-like)": _threshold,
    "threshold and required gain (MLflow)": _improved,
    "value and change threshold (TFMA)": _two_thresholds,
    "head's interval above threshold (TFMA-like)": _alone_above,
    "head's interval not below it (TFMA-like)": _alone_below,
    "degradation under 10 % (Deepchecks-like)": _degraded,
    "train-test degradation under 10 % (Deepchecks)": _overfitted,
    "exact McNemar, p < .05 (nel gate)": _mcnemar,
    "paired test, p < .05": _paired,
    "unpaired z, p < .05": _unpaired,
}
