"""The model beats a trivial and a simple one.

Why: A model that is no better than the majority class, or than a linear model on raw features, is not worth its upkeep.
Fix: Check the features that reach the model; if a linear model does as well, ship that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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

    One metric alone would be unfair: a constant answer has a perfect recall of one class. Where base is about as good
    as the simple model, chance decides which side is surely worse than it: then head must be surely worse than base.
    """
    for model in (Model.TRIVIAL, Model.SIMPLE):
        beside = _Beside.of(comparison, model)
        if beside is None or not beside.is_not_better:
            continue
        worst, contrast = beside.worst
        facts: dict[str, Fact] = {
            "metric": worst.name,
            "head": worst.value(beside.head),
            "reference": worst.value(beside.reference),
        }
        if model is Model.TRIVIAL:
            yield Finding("trivial", "not better than a trivial model: {metric} {head}, against {reference}", facts)
        elif contrast.upper(LEVEL) < 0 and not _is_luck(comparison, beside):
            limits, more = _limits(comparison, len(beside.reference))
            says = "worse than a linear model: {metric} {head}, against {reference}" + limits
            yield Finding("simple", says, {**facts, **more})


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """Head beside a reference model on the same rows, with the contrast of each declared metric."""

    reference: Table
    head: Table
    contrasts: list[tuple[Metric, Contrast]]

    @classmethod
    def of(cls, comparison: Comparison, model: Model) -> "_Beside | None":
        runs = comparison.head_runs()
        reference = reference_table(comparison, model) if runs else None
        if reference is None:
            return None
        head = _on_rows_of(reference, runs[0])
        metrics = [declared.metric for declared in comparison.declared if declared.metric is not None]
        contrasts = _contrasts(metrics, reference, head)
        return cls(reference, head, contrasts) if contrasts else None

    @property
    def is_not_better(self) -> bool:
        """Whether no metric shows head surely better."""
        return not any(contrast.lower(LEVEL) > 0 for _, contrast in self.contrasts)

    @property
    def worst(self) -> tuple[Metric, Contrast]:
        return min(self.contrasts, key=lambda each: each[1].upper(LEVEL) / max(each[1].se, 1e-300))


def _is_luck(comparison: Comparison, beside: _Beside) -> bool:
    """Whether base is not found beside its own reference model, and is not surely better than head either."""
    alone, runs = comparison.base_alone(), comparison.base_runs()
    base = None if alone is None else _Beside.of(alone, Model.SIMPLE)
    if base is None or not runs or (base.is_not_better and base.worst[1].upper(LEVEL) < 0):
        return False
    worse = [metric for metric, contrast in beside.contrasts if contrast.upper(LEVEL) < 0]
    since = _contrasts(worse, _on_rows_of(beside.reference, runs[0]), beside.head)
    return not any(contrast.upper(LEVEL) < 0 for _, contrast in since)


def _on_rows_of(reference: Table, run: Table) -> Table:
    """Return a run on the rows of a reference model, which may have predicted one fold alone."""
    return run if len(reference) == len(run) else run.where(among(run.ids, reference.ids))


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


def _contrasts(metrics: Iterable[Metric], reference: Table, head: Table) -> list[tuple[Metric, Contrast]]:
    return [(metric, seen) for metric in metrics if (seen := _contrast(metric, reference, head)) is not None]


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
