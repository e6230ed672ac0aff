"""Every metric, class and slice that base had is still there.

Why: A metric that is not a number compares as neither better nor worse, so it would pass.
Fix: Find out why the value is gone: a class without predictions, a slice without rows, a division by zero.
"""

from collections.abc import Iterator

import numpy as np

from gatebot.checks.check import Check, Options
from gatebot.checks.measuring import Part, parts_of
from gatebot.comparison import Comparison
from gatebot.finding import Fact, Finding, Level
from gatebot.needs import Effort, Need, Side, Tier
from gatebot.tasks.task import Metric


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for each value that base has on every seed and head lacks on some."""
    runs = comparison.runs(Tier.SMOKE)
    if not runs or comparison.base is None:
        return
    for metric, part in _asked(comparison):
        base = [metric.value(part.of(run.base)) for run in runs if run.base is not None]
        head = [metric.value(part.of(run.head)) for run in runs]
        lost = int((~np.isfinite(head)).sum())
        if lost and np.isfinite(base).all():
            subject = f"{metric.name}@{part.name}" if part.name else metric.name
            facts: dict[str, Fact] = {
                "metric": subject,
                "base": float(np.mean(base)),
                "runs": lost,
                "all_runs": len(head),
            }
            yield Finding(subject, "{metric} was {base} and is no number in {runs} of {all_runs} runs", facts)
    yield from _gone_slices(comparison)


def _asked(comparison: Comparison) -> Iterator[tuple[Metric, Part]]:
    for declared in comparison.declared:
        if declared.metric is not None:
            for part in parts_of(comparison, declared.slice):
                yield declared.metric, part
    known = {declared.name for declared in comparison.declared}
    for name, metric in comparison.task.per_class(comparison.runs(Tier.SMOKE)[0].head).items():
        if name not in known:
            yield metric, Part()


def _gone_slices(comparison: Comparison) -> Iterator[Finding]:
    base, head = comparison.profile(Side.BASE), comparison.profile(Side.HEAD)
    if base is None or head is None:
        return
    for column, values in base.eval_rows.slices.items():
        now = head.eval_rows.slices.get(column)
        if column not in comparison.slices:
            continue
        if now is None:
            yield Finding(f"slice {column}", "slice column {column} is gone", {"column": column})
            continue
        there = {now.names[code] for code in np.unique(now.codes) if code >= 0}
        for value in sorted({values.names[code] for code in np.unique(values.codes) if code >= 0} - there):
            facts = {"slice": f"{column}={value}"}
            yield Finding(f"slice {column}={value}", "slice {slice} has no row any more", facts)


CHECK = Check("model.vanished_metric", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, relative=True)
