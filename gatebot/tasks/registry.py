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
        widens: the margin is the default one, or what the eval rows can see if that is more.
    """

    metric: str | None = None
    own: str | None = None
    of: str | None = None
    slice: str | None = None
    direction: Direction | None = None
    margin: tuple[float, bool] | None = None
    widens: bool = False
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


def _ready(task: Task, declaration: Declaration, classes: tuple[str, ...]) -> Declared:
    metric = (
        None
        if declaration.metric is None
        else task.metric(declaration.metric, declaration.of, declaration.options, declaration.direction)
    )
    plain = _own(declaration) if metric is None else _plain(metric)
    if declaration.of is not None and classes and label(declaration.of) not in classes:
        near = get_close_matches(declaration.of, classes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the eval rows hold {', '.join(classes[:MOST_NAMED])}"
        raise UsageError(f"{plain.name}: no eval row is of the class {declaration.of!r}", hint)
    if declaration.floor is not None and declaration.ceiling is not None and declaration.floor >= declaration.ceiling:
        raise UsageError(
            f"{plain.name}: the floor {declaration.floor:g} is not below the ceiling {declaration.ceiling:g}"
        )
    margin = plain.margin if declaration.margin is None else Margin(*declaration.margin)
    warn = None if declaration.warn is None else Margin(*declaration.warn)
    if warn is not None and warn.relative is margin.relative and warn.size >= margin.size:
        raise UsageError(f"{plain.name}: `warn: {warn.size:g}` is not below the margin {margin.size:g}")
    return Declared(
        name=plain.name,
        higher_is_better=plain.higher_is_better,
        margin=margin,
        metric=metric,
        own=declaration.own if metric is None else None,
        slice=declaration.slice,
        improve_by=None if declaration.improve_by is None else Margin(*declaration.improve_by),
        warn=warn,
        floor=declaration.floor,
        ceiling=declaration.ceiling,
        default=declaration.widens,
        widens=declaration.widens,
    )


def _plain(metric: Metric) -> Declared:
    return Declared(metric.name, metric.higher_is_better, metric.default_margin, metric)


def _own(declaration: Declaration) -> Declared:
    if not declaration.own or declaration.direction is None:
        raise UsageError("a metric needs a name, or code of your own and a `direction`")
    if declaration.of is not None or declaration.options:
        raise UsageError(f"{declaration.own}: a metric of your own has neither `of` nor options")
    name = declaration.own.rpartition(":")[2]
    return Declared(name, declaration.direction == "higher", LOSS, own=declaration.own)
