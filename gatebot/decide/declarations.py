"""The metrics that the Rules declare, ready to be computed; and what is wrong with them, before anything is trained."""

from gatebot.config.document import Rules
from gatebot.config.quantity import Margin
from gatebot.config.sections.metric import MetricRule
from gatebot.errors import UsageError
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks.estimate import Formula
from gatebot.tasks.labels import PREFIX, SINGLE
from gatebot.tasks.registry import Declaration, declared, metric_catalogue, task_named
from gatebot.tasks.task import Declared


def declared_metrics(rules: Rules, truth: Truth | None) -> tuple[Declared, ...]:
    """Return the metrics that the Rules declare or, if they declare none, the task's default ones.

    Args:
        rules: the Rules.
        truth: the labels of the eval rows, which tell the classes; None if they are not known yet.

    Raises:
        UsageError: a metric, a class or a setting does not exist, or settings contradict each other.
    """
    task, found = task_named(rules.task), list[Declared]()
    if not rules.metrics:
        return declared(task, [], truth)
    for place, rule in enumerate(rules.metrics):
        try:
            found += declared(task, [_declaration(rule)], truth)
        except UsageError as error:
            raise UsageError(f"metrics[{place}]: {error.message}", _hint(rules, rule) or error.hint) from error
    return tuple(found)


def require_scores(rules: Rules, truth: Truth | None, predictions: Predictions) -> None:
    """Refuse a declared metric that needs probabilities if these predictions have none.

    A metric with `margin: auto` is left out instead, as its description says.

    Raises:
        UsageError: there is such a metric.
    """
    if any(name == SINGLE or name.startswith(PREFIX) for name in predictions.columns):
        return
    for place, each in enumerate(declared_metrics(rules, truth)):
        if needs_scores(each):
            raise UsageError(
                f"metrics[{place}]: {each.name} takes probabilities, and the model's predictions have none",
                "Return a table of class probabilities from `predict` (a column for each class), or take the metric"
                " out of gatebot.yml; with `margin: auto` it is left out as long as there are none.",
            )


def needs_scores(metric: Declared) -> bool:
    """Return whether a metric must have a value, and has none without probabilities."""
    return isinstance(metric.metric, Formula) and metric.metric.needs_scores and not metric.default


def _hint(rules: Rules, rule: MetricRule) -> str:
    """Return the advice for a metric of another task; empty if it is none."""
    tasks = {each.task for each in metric_catalogue() if each.name == rule.metric}
    if not tasks or rules.task.value in tasks:
        return ""
    others = " and ".join(sorted(tasks))
    return f"It is a metric of {others}: is `task: {min(tasks)}` meant? docs/metrics.md lists them all."


def _declaration(rule: MetricRule) -> Declaration:
    return Declaration(
        metric=rule.metric,
        own=rule.python,
        of=rule.of,
        slice=rule.slice,
        direction=rule.direction,
        margin=(rule.margin.size, rule.margin.relative) if isinstance(rule.margin, Margin) else None,
        widens=rule.margin == "auto",
        improve_by=None if rule.improve_by is None else (rule.improve_by.size, rule.improve_by.relative),
        warn=None if rule.warn is None else (rule.warn.size, rule.warn.relative),
        floor=rule.floor,
        ceiling=rule.ceiling,
        options=rule.options,
    )
