"""Checks before the first training whether the eval rows can guard the declared margins."""

from collections.abc import Iterator

from gatebot.config.document import Rules, TaskName
from gatebot.config.sections.metric import MetricRule
from gatebot.render.numbers import counted, grouped, number
from gatebot.stats.decision import Levels
from gatebot.stats.detectable_effect import POWER
from gatebot.stats.power import drop_seen, rows_for_rate
from gatebot.tasks.registry import task_named

CHANGED = 0.1
"""The share of rows that a harmless change is assumed to alter if no baseline shows it: one in ten."""


def too_few(rules: Rules, rows: int) -> Iterator[str]:
    """Yield a sentence for each declared rate whose margin this many eval rows cannot guard.

    Only rows are considered. Seeds add noise, whose size only a baseline shows. Losses and errors need a baseline as
    well.
    """
    for rule in rules.metrics or (MetricRule(metric="accuracy"),):  # the default metric of a task without a declaration
        margin = _margin(rule, rules)
        if margin is None:
            continue
        alpha = Levels().smoke
        sees = drop_seen(rows, CHANGED, alpha=alpha, power=POWER)
        if sees > margin:
            needed = rows_for_rate(CHANGED, min(margin, CHANGED), alpha=alpha, power=POWER)
            have = f"{counted(rows, 'eval row')} {'sees' if rows == 1 else 'see'} ≥ {_points(sees)}"
            yield f"{have}: the margin of {_points(margin)} of {rule.metric} takes {grouped(needed)}"


def _margin(rule: MetricRule, rules: Rules) -> float | None:
    """Return the margin of a rate whose rows are 1 or 0, or None for other metrics."""
    if rule.metric != "accuracy" or rule.slice is not None or rules.task is not TaskName.CLASSIFICATION:
        return None
    declared = rule.margin
    if declared is None:
        return task_named(rules.task).metric(rule.metric, None, {}).default_margin.size
    return None if declared == "auto" or declared.relative else declared.size


def _points(share: float) -> str:
    points = number(float(f"{100 * share:.2g}"))
    return f"{points} point{'' if points == '1' else 's'}"
