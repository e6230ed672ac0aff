"""The seam between gatebot and a kind of task: what a task must answer, and nothing about any particular one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gatebot.evidence.column import Floats, Hashes
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks.table import Mask, Table

Direction = Literal["higher", "lower"]
Facts = Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse a metric may get: in its own units, or relative to base's value."""

    size: float
    relative: bool = False

    def absolute(self, base: float) -> float:
        """In the metric's own units."""
        return self.size * abs(base) if self.relative else self.size


class Metric(Protocol):
    """A number that says how good predictions are."""

    @property
    def name(self) -> str:
        """As it is written in reports: `recall(urgent)`."""

    @property
    def higher_is_better(self) -> bool:
        """Its direction."""

    @property
    def default_margin(self) -> Margin:
        """2 points for rates, 5 % relative for losses and errors."""

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""

    def value(self, table: Table) -> float:
        """The metric on these units; NaN where it is not defined (no positive, one class)."""

    def influence(self, table: Table) -> Floats | None:
        """Influence of each unit on `value`, shape [units], mean about 0.

        None where `value` is not defined, and of metrics that have no influence (the largest error): their value can
        be shown, but no interval.
        """

    def step(self, table: Table) -> float:
        """For rates, the `step` of `gatebot.stats.contrast.spread`; 0 for other metrics.

        How much one unit's flip from right to wrong moves its influence: 1 for accuracy, units / positives for recall.
        """


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with delivered predictions: a stable code, a sentence with `{fact}` places, and the facts."""

    code: str
    says: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric that the Rules name, ready to be computed.

    Attributes:
        metric: how to compute it; None where the user's own code does (then `own` says which evidence).
        slice: a column; the metric is then held on each of its values.
        margin: what blocks; `warn` a smaller one that only warns, or None.
        improve_by: in place of the margin, the gain over base that has to be shown, or None.
        floor, ceiling: absolute bounds in the metric's units, or None.
        default: the task's own choice, because the Rules name none: where it has no value, nobody misses it.
    """

    name: str
    higher_is_better: bool
    margin: Margin
    metric: Metric | None = None
    own: str | None = None
    slice: str | None = None
    improve_by: Margin | None = None
    warn: Margin | None = None
    floor: float | None = None
    ceiling: float | None = None
    default: bool = False


class Task(Protocol):
    """One kind of task. Stateless."""

    @property
    def name(self) -> str:
        """The word in `task:`."""

    @property
    def labelled(self) -> bool:
        """Whether a prediction says nothing without a label."""

    def metric(
        self,
        name: str,
        of: str | None,
        options: Mapping[str, float | int | str],
        direction: Direction | None = None,
    ) -> Metric:
        """The metric of that name.

        Args:
            name: as in the catalogue; where the task lets users name their own scores, any name.
            of: the class, or what else the task lets a metric speak of.
            options: the metric's own settings.
            direction: what the Rules say; needed where the name does not tell.

        Raises:
            UsageError: no such metric (names the nearest one), wrong options, or a direction that contradicts.
        """

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        """What is held when the Rules declare no metric."""

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        """Metrics to which each unit contributes by itself: slices that nobody declared are searched with them.

        Args:
            held: the metrics of all rows that the Rules declare, or the task's default ones.
        """

    def classes(self, truth: Truth) -> tuple[str, ...]:
        """What a metric can be `of`: the classes that the truth holds, in order. Empty where that is not classes."""

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        """Metrics of each class that are shown and held softly: name -> metric. Empty where there are no classes."""

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        """Missing columns, wrong types, unknown classes. `classes`: labels known in training and eval data."""

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        """NaN, infinity, probabilities outside [0, 1] or not summing to 1."""

    def correct(self, table: Table) -> Mask | None:
        """Which units are answered right, shape [units]; None where the task knows no right and wrong."""

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Truth and predictions of these units, aligned by id; the task lays out its items.

        `units` stand in both; ids that are not in `units` are left out.
        """
