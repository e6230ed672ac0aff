"""The task scores: predictions are numbers to average, such as ratings of the answers of a language model."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.errors import UsageError
from gatebot.evidence.column import Floats, Hashes, Numbers
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks import delivered
from gatebot.tasks.definition import Definition, Settings, Value, defined, number, written
from gatebot.tasks.estimate import LOSS, RATE, UNDEFINED, Estimate, Formula, crowding, mean, weight_of
from gatebot.tasks.table import Table, one_row_per_unit
from gatebot.tasks.task import Direction, Metric, Problem

WIDE = 1.96

Statistic = Callable[[Floats, Floats], Estimate]


def column(table: Table, name: str | None) -> Floats | None:
    """Return one score of each unit, shape [units]; None if there is none of that name.

    A single score is stored as `prediction` under any name; several scores have one column each.
    """
    named = (name, f"score_{name}") if name is not None else ("prediction",)
    if name is not None and list(table.payload) == ["prediction"]:
        named = ("prediction",)
    found = next((table.payload[each] for each in named if each in table.payload), None)
    return found.values if isinstance(found, Numbers) else None


def _of_column(name: str | None, statistic: Statistic) -> Callable[[Table], Estimate]:
    def estimate(table: Table) -> Estimate:
        found = column(table, name)
        return UNDEFINED if found is None else statistic(found, weight_of(table))

    return estimate


def quantile(q: float) -> Statistic:
    """Return the smallest score that at least the share `q` of the weight does not exceed.

    Its influence needs the density at the quantile. It is estimated from the scores at both ends of a 95 % interval of
    the share, which gives the standard error of Woodruff (1952). It is 0 only if the whole interval is one score.
    """

    def statistic(scores: Floats, weight: Floats) -> Estimate:
        if not np.isfinite(scores).all():
            return UNDEFINED
        order = np.argsort(scores)
        ordered, upto = scores[order], np.cumsum(weight[order]) / weight.sum()
        half = WIDE * math.sqrt(q * (1 - q) * crowding(weight) / len(scores))
        low, high = max(q - half, 0.0), min(q + half, 1.0)
        at = np.minimum(np.searchsorted(upto, np.array([low, q, high]) * (1 - 1e-12)), len(scores) - 1)
        bottom, value, top = ordered[at].tolist()
        moved = mean(-(top - bottom) / (high - low) * (scores <= value), weight)
        return Estimate(value, moved.influence)

    return statistic


def share_above(threshold: float) -> Statistic:
    """Return the share of scores above a threshold."""
    return lambda scores, weight: mean(np.where(np.isnan(scores), np.nan, scores > threshold), weight, flips=True)


def _quantile(of: str | None, options: Settings) -> Callable[[Table], Estimate]:
    return _of_column(of, quantile(float(options["q"] or 0)))


def _share_above(of: str | None, options: Settings) -> Callable[[Table], Estimate]:
    return _of_column(of, share_above(float(options["threshold"] or 0)))


METRICS: tuple[Definition, ...] = (
    Definition("mean", None, LOSS, "mean score", lambda of, _options: _of_column(of, mean), of="score"),
    Definition(
        "quantile",
        None,
        LOSS,
        "the score that a share q of the rows does not exceed",
        _quantile,
        of="score",
        options={"q": number("between 0 and 1", lambda q: 0 < q < 1)},
    ),
    Definition(
        "share_above",
        None,
        RATE,
        "share of rows whose score is above a threshold",
        _share_above,
        of="score",
        options={"threshold": number("a number", math.isfinite)},
        is_share=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Scores:
    """The task in which predictions are scores; higher is better unless the Rules declare otherwise."""

    name: str = "scores"
    labelled: bool = False

    def metric(
        self,
        name: str,
        of: str | None,
        options: Mapping[str, Value],
        direction: Direction | None = None,
    ) -> Metric:
        """Return the metric of that name, of the column of scores `of`.

        Any other name, given with a direction, is the mean of the column of scores of that name.
        """
        if direction is None or name in {each.name for each in METRICS}:
            try:
                return defined(name, METRICS, self.name).metric(of, options, direction)
            except UsageError as error:
                if direction is not None or name in {each.name for each in METRICS}:
                    raise
                raise UsageError(error.message, f"{error.hint}; a score of your own needs a `direction`") from None
        if of is not None or options:
            raise UsageError(f"{written(name, of, options)}: a score of your own has neither `of` nor options")
        return Formula(name, direction == "higher", LOSS, _of_column(name, mean))

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        """Return the mean."""
        return (self.metric("mean", None, {}),)

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        """Return the metrics in `held`: only the Rules know the scores and their directions."""
        return tuple(held) or (self.metric("mean", None, {}),)

    def classes(self, truth: Truth) -> tuple[str, ...]:
        """Return an empty tuple: there are no classes."""
        return ()

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        """Return an empty mapping: there are no classes."""
        return {}

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        """Yield a problem if there are no scores, and for each column of text."""
        yield from delivered.wrong_lengths(predictions)
        yield from delivered.not_numbers(predictions, needed=next(iter(predictions.columns), "prediction"))

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        """Yield NaN and infinity."""
        yield from delivered.not_finite(predictions)

    def correct(self, table: Table) -> None:
        """Return None: scores are not right or wrong."""

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Return the scores of these units."""
        return one_row_per_unit(truth, predictions, units)
