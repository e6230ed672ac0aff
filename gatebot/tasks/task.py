"""The interface of all kinds of tasks."""

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
    """How much worse a metric may get, in its own units or relative to base's value."""

    size: float
    relative: bool = False

    def absolute(self, base: float) -> float:
        """Return the margin in the metric's own units."""
        return self.size * abs(base) if self.relative else self.size


class Metric(Protocol):
    """A number that measures how good predictions are."""

    @property
    def name(self) -> str:
        """Name as written in reports: `recall(urgent)`."""

    @property
    def higher_is_better(self) -> bool:
        """Whether higher values are better."""

    @property
    def default_margin(self) -> Margin:
        """2 points for rates, 5 % relative for losses and errors."""

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""

    def value(self, table: Table) -> float:
        """Return the metric on these units; NaN if it is not defined (no positive, one class)."""

    def influence(self, table: Table) -> Floats | None:
        """Return the influence of each unit on `value`, shape [units], mean about 0.

        It is None if `value` is not defined, and for metrics without influence (the largest error), whose value is
        shown without an interval.
        """

    def step(self, table: Table) -> float:
        """Return the `step` of `gatebot.stats.contrast.spread` for rates; 0 for other metrics.

        It is the change of a unit's influence if it flips from right to wrong: 1 for accuracy, units / positives for
        recall.
        """


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of delivered predictions.

    Attributes:
        code: the kind of problem; it is stable.
        says: a sentence with `{fact}` placeholders.
        facts: the facts.
        corrected: whether metrics correct it, so that it is only a note.
    """

    code: str
    says: str
    facts: Facts
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric that the Rules name, ready to be computed.

    Attributes:
        metric: how to compute it; None if the user's own code computes it (`own` then names the evidence).
        slice: a column; the metric is then compared on each of its values.
        margin: how much worse the metric may get before it blocks; `warn` is a smaller margin that only warns, or None.
        improve_by: the gain over base that has to be shown, in place of the margin, or None.
        floor, ceiling: absolute bounds in the metric's units, or None.
        default: the task chose the metric, because the Rules name none, or its margin widens; it is then not reported
            as missing where base has no value either.
        widens: the margin is at least as large as the smallest loss that the eval rows can see.
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
    widens: bool = False


class Task(Protocol):
    """One kind of task. Stateless."""

    @property
    def name(self) -> str:
        """Name of the task in `task:`."""

    @property
    def labelled(self) -> bool:
        """Whether predictions can be judged only with labels."""

    def metric(
        self,
        name: str,
        of: str | None,
        options: Mapping[str, float | int | str],
        direction: Direction | None = None,
    ) -> Metric:
        """Return the metric of that name.

        Args:
            name: a name in the catalogue; any name if the task lets users name their own scores.
            of: the class, or whatever else the task allows.
            options: the metric's own settings.
            direction: the direction in the Rules; required if the name does not determine it.

        Raises:
            UsageError: there is no such metric (the message names the nearest one), options are not valid, or the
                direction contradicts the metric.
        """

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        """Return the metrics that are used if the Rules declare none."""

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        """Return the metrics to which each unit contributes separately; undeclared slices are searched with them.

        Args:
            held: the metrics of all rows that the Rules declare, or the task's default ones.
        """

    def classes(self, truth: Truth) -> tuple[str, ...]:
        """Return the classes that occur in the truth, in order, for `of`; empty if the task has no classes."""

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        """Return the undeclared metrics of each class, by name; empty if the task has no classes."""

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        """Yield missing columns, wrong types and unknown classes; `classes` are those of training and eval data."""

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        """Yield NaN, infinity, and probabilities outside [0, 1] or not summing to 1."""

    def correct(self, table: Table) -> Mask | None:
        """Return which units are predicted correctly, shape [units]; None if the task has no right and wrong."""

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Return the truth and predictions of these units, aligned by id; the task arranges its items.

        Both contain all of `units`; other ids are left out.
        """
