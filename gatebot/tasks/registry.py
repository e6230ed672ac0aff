"""The registry of tasks and their metrics, and the creation of metrics from the Rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from gatebot.errors import UsageError
from gatebot.evidence.column import label
from gatebot.evidence.truth import Truth
from gatebot.tasks import classification, regression, scores_task
from gatebot.tasks.definition import Definition, Value
from gatebot.tasks.estimate import LOSS
from gatebot.tasks.task import Declared, Direction, Margin, Metric, Task

TASKS: Mapping[str, tuple[Task, tuple[Definition, ...]]] = {
    "classification": (classification.Classification(), classification.METRICS),
    "regression": (regression.Regression(), regression.METRICS),
    "scores": (scores_task.Scores(), scores_task.METRICS),
}

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Declaration:
    """One entry of `metrics:` in `gatebot.yml`, in plain values.

    Attributes:
        metric: a name in the catalogue; None if `own` is given.
        own: `file.py:function`, the user's own metric.
        margin, improve_by, warn: size, and whether it is relative to base's value.
    """

    metric: str | None = None
    own: str | None = None
    of: str | None = None
    slice: str | None = None
    direction: Direction | None = None
    margin: tuple[float, bool] | None = None
    improve_by: tuple[float, bool] | None = None
    warn: tuple[float, bool] | None = None
    floor: float | None = None
    ceiling: float | None = None
    options: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A metric in the catalogue; `higher_is_better` is None if the Rules declare it."""

    task: str
    name: str
    higher_is_better: bool | None
    margin: Margin
    needs_scores: bool
    of: str
    options: Mapping[str, str]
    says: str


def task_named(name: str) -> Task:
    """Return the task that `task:` names.

    Raises:
        UsageError: there is no task of that name.
    """
    if name not in TASKS:
        raise UsageError(f"there is no task {name!r}", f"it is one of {', '.join(TASKS)}")
    return TASKS[name][0]


def metric_catalogue() -> tuple[Entry, ...]:
    """Return all metrics of all tasks."""
    return tuple(
        Entry(
            task=task,
            name=each.name,
            higher_is_better=each.higher_is_better,
            margin=each.margin,
            needs_scores=each.needs_scores,
            of=each.of,
            options={name: str(option) for name, option in each.options.items()},
            says=each.says,
        )
        for task, (_, definitions) in TASKS.items()
        for each in definitions
    )


def declared(task: Task, declarations: Sequence[Declaration], truth: Truth | None) -> tuple[Declared, ...]:
    """Return the metrics that the Rules declare or, if they declare none, the task's default metrics.

    A default metric that needs probabilities has no value if none are predicted; it is then left out, and not reported
    as missing.

    Raises:
        UsageError: a metric, a class or a setting does not exist, or settings contradict each other.
    """
    if declarations:
        classes = () if truth is None else task.classes(truth)
        return tuple(_ready(task, each, classes) for each in declarations)
    return () if truth is None else tuple(replace(_plain(each), default=True) for each in task.default_metrics(truth))


def _ready(task: Task, said: Declaration, classes: tuple[str, ...]) -> Declared:
    metric = None if said.metric is None else task.metric(said.metric, said.of, said.options, said.direction)
    plain = _own(said) if metric is None else _plain(metric)
    if said.of is not None and classes and label(said.of) not in classes:
        near = get_close_matches(said.of, classes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the eval rows hold {', '.join(classes[:MOST_NAMED])}"
        raise UsageError(f"{plain.name}: no eval row is of the class {said.of!r}", hint)
    if said.floor is not None and said.ceiling is not None and said.floor >= said.ceiling:
        raise UsageError(f"{plain.name}: the floor {said.floor:g} is not below the ceiling {said.ceiling:g}")
    margin = plain.margin if said.margin is None else Margin(*said.margin)
    warn = None if said.warn is None else Margin(*said.warn)
    if warn is not None and warn.relative is margin.relative and warn.size >= margin.size:
        raise UsageError(f"{plain.name}: `warn: {warn.size:g}` is not below the margin {margin.size:g}")
    return Declared(
        name=plain.name,
        higher_is_better=plain.higher_is_better,
        margin=margin,
        metric=metric,
        own=said.own if metric is None else None,
        slice=said.slice,
        improve_by=None if said.improve_by is None else Margin(*said.improve_by),
        warn=warn,
        floor=said.floor,
        ceiling=said.ceiling,
    )


def _plain(metric: Metric) -> Declared:
    return Declared(metric.name, metric.higher_is_better, metric.default_margin, metric)


def _own(said: Declaration) -> Declared:
    if not said.own or said.direction is None:
        raise UsageError("a metric needs a name, or code of your own and a `direction`")
    if said.of is not None or said.options:
        raise UsageError(f"{said.own}: a metric of your own has neither `of` nor options")
    name = said.own.rpartition(":")[2]
    return Declared(name, said.direction == "higher", LOSS, own=said.own)
