"""No metric is worse than base by more than its margin.

Why: This is the question that the gate is for. Noise of rows and seeds is in the interval, so noise never decides.
Fix: Look at the rows that changed; if the loss is meant, ask for a waiver with a ceiling and an end.
"""

from collections.abc import Iterator
from dataclasses import replace

from gatebot.checks.check import Check, Options
from gatebot.checks.measuring import change, parts_of
from gatebot.comparison import Comparison
from gatebot.finding import Level, Measure
from gatebot.needs import Effort, Need, Tier


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def run(comparison: Comparison, _options: Options) -> Iterator[Measure]:
    """Every declared metric on its rows; and, softly, what the task measures of each class."""
    for declared in comparison.declared:
        if declared.metric is None:
            continue
        for part in parts_of(comparison, declared.slice):
            measure = change(comparison, declared.metric, declared.margin, part, declared=True)
            if measure is not None:
                yield measure
            if declared.warn is not None and measure is not None:
                tighter = change(comparison, declared.metric, declared.warn, part)
                if tighter is not None:
                    yield replace(tighter, metric=f"{tighter.metric} (warn)", warns_only=True)
    yield from _per_class(comparison)


def _per_class(comparison: Comparison) -> Iterator[Measure]:
    runs = comparison.runs(Tier.SMOKE)
    if not runs:
        return
    known = {declared.name for declared in comparison.declared if declared.slice is None}
    for name, metric in comparison.task.per_class(runs[0].head).items():
        if name not in known:
            measure = change(comparison, metric, metric.default_margin)
            if measure is not None:
                yield measure


CHECK = Check("model.regression", Level.HIGH, Level.HIGH, run, __doc__, needs=needs, relative=True)
