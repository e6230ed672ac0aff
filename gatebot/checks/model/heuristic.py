"""The model beats a trivial and a simple one.

Why: A model that is no better than the majority class, or than a linear model on raw features, is not worth its upkeep.
Fix: Check the features that reach the model; if a linear model does as well, ship that.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.reference import reference_fits, reference_table
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Direction, Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import ColumnProfile, DataProfile, Profile
from gatebot.evidence.training import SIMPLE_COLUMNS, Model
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Estimand, pair
from gatebot.tasks.table import Table, among
from gatebot.tasks.task import Metric

LEVEL = 0.05


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions, and those of both reference models on the same rows."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD), *_references(effort, Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE), *_references(effort, Side.BASE))


def _references(effort: Effort, side: Side) -> tuple[Predict, ...]:
    return tuple(Predict(fit) for model in (Model.TRIVIAL, Model.SIMPLE) for fit in reference_fits(effort, side, model))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """A finding when no metric shows head better than the trivial model, or one shows it worse than the simple one.

    One metric alone would be unfair: a constant answer has a perfect recall of one class.
    """
    runs = comparison.head_runs()
    metrics = [declared.metric for declared in comparison.declared if declared.metric is not None]
    for model in (Model.TRIVIAL, Model.SIMPLE) if runs else ():
        reference = reference_table(comparison, model)
        if reference is None:
            continue
        head = runs[0] if len(reference) == len(runs[0]) else runs[0].where(among(runs[0].ids, reference.ids))
        found = [(metric, seen) for metric in metrics if (seen := _contrast(metric, reference, head)) is not None]
        if not found or any(contrast.lower(LEVEL) > 0 for _, contrast in found):
            continue
        worst, contrast = min(found, key=lambda each: each[1].upper(LEVEL) / max(each[1].se, 1e-300))
        facts: dict[str, Fact] = {
            "metric": worst.name,
            "head": worst.value(head),
            "reference": worst.value(reference),
        }
        if model is Model.TRIVIAL:
            yield Finding("trivial", "not better than a trivial model: {metric} {head}, against {reference}", facts)
        elif contrast.upper(LEVEL) < 0:
            limits, more = _limits(comparison, len(reference))
            says = "worse than a linear model: {metric} {head}, against {reference}" + limits
            yield Finding("simple", says, {**facts, **more})


def _limits(comparison: Comparison, rows: int) -> tuple[str, dict[str, Fact]]:
    """Return how the linear model was limited, in words, with the facts that they name."""
    words, facts = [], dict[str, Fact]()
    if comparison.effort.folds > 1:
        words.append("on the {rows} rows of one fold")
        facts["rows"] = rows
    profile = comparison.profile(Side.HEAD)
    features = 0 if profile is None else sum(column.kind != "empty" for column in _features(profile))
    if features > SIMPLE_COLUMNS:
        words.append("learned from {used} of {columns} columns")
        facts |= {"used": SIMPLE_COLUMNS, "columns": features}
    return (f" ({', '.join(words)})" if words else ""), facts


def _features(profile: DataProfile) -> Iterator[ColumnProfile]:
    known = frozenset(profile.identity)
    return (column for column in profile.columns if column.name in known)


def _contrast(metric: Metric, reference: Table, head: Table) -> Contrast | None:
    """Head against the reference model on the same rows, positive when head is better; one artifact each."""
    one, other = metric.influence(reference), metric.influence(head)
    if one is None or other is None:
        return None
    sign = (Direction.HIGHER if metric.higher_is_better else Direction.LOWER).sign
    try:
        return pair(
            [sign * metric.value(reference)],
            [sign * metric.value(head)],
            [sign * one],
            [sign * other],
            estimand=Estimand.ARTIFACT,
            step=metric.step(head),
        )
    except StatError:
        return None


CHECK = Check("model.heuristic", Level.MEDIUM, Level.LOW, run, __doc__, needs=needs, wishes=wishes)
