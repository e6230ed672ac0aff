"""The task regression: predicted and true numbers."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.evidence.column import Floats, Hashes, Numbers
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.stats.influence import ratio
from gatebot.tasks import delivered
from gatebot.tasks.definition import Definition, Settings, Value, defined, number
from gatebot.tasks.estimate import LOSS, RATE, UNDEFINED, Estimate, chained, mean, weight_of
from gatebot.tasks.table import Table, one_row_per_unit
from gatebot.tasks.task import Direction, Metric, Problem

Loss = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A regression table as arrays of shape [units]; units without a true value have weight 0."""

    truth: Floats
    predicted: Floats
    weight: Floats

    @property
    def error(self) -> Floats:
        """Predicted minus true."""
        return self.predicted - self.truth


def values(table: Table) -> Values | None:
    """Return the table's numbers; None if it has none."""
    truth, predicted = table.truth.get("target"), table.payload.get("prediction")
    if not isinstance(truth, Numbers) or not isinstance(predicted, Numbers):
        return None
    known = np.isfinite(truth.values)
    return Values(np.where(known, truth.values, 0.0), predicted.values, weight_of(table, known))


def _mean(loss: Callable[[Values], Floats]) -> Callable[[Table], Estimate]:
    """Return the mean of a loss."""

    def estimate(table: Table) -> Estimate:
        seen = values(table)
        return UNDEFINED if seen is None else mean(loss(seen), seen.weight)

    return estimate


def _squared(seen: Values) -> Floats:
    return np.square(seen.error)


def _root(table: Table) -> Estimate:
    inner = _mean(_squared)(table)
    value = math.sqrt(inner.value)
    return chained(inner, value, 0.5 / value if value > 0 else 0.0)


def _explained(table: Table) -> Estimate:
    """Return 1 - squared error / squared distance from the true mean; the mean's influence on this ratio is zero."""
    seen = values(table)
    if seen is None:
        return UNDEFINED
    counted = seen.weight > 0
    distance = seen.truth - mean(seen.truth, seen.weight).value
    if np.ptp(seen.truth[counted]) == 0:
        return UNDEFINED
    unexplained, influence = ratio(np.where(counted, _squared(seen), 0.0), np.square(distance), seen.weight)
    return Estimate(1.0 - unexplained, -influence)


def _largest(table: Table) -> Estimate:
    seen = values(table)
    if seen is None or not (seen.weight > 0).any():
        return UNDEFINED
    return Estimate(float(np.abs(seen.error[seen.weight > 0]).max()))


def _pinball(_of: str | None, options: Settings) -> Callable[[Table], Estimate]:
    alpha = float(options["alpha"] or 0)
    return _mean(lambda seen: np.maximum(-alpha * seen.error, (1.0 - alpha) * seen.error))


def _plain(estimate: Callable[[Table], Estimate]) -> Callable[[str | None, Settings], Callable[[Table], Estimate]]:
    return lambda _of, _options: estimate


SMALLEST = float(np.finfo(np.float64).eps)

METRICS: tuple[Definition, ...] = (
    Definition("mae", False, LOSS, "mean absolute error", _plain(_mean(lambda seen: np.abs(seen.error)))),
    Definition("mse", False, LOSS, "mean squared error", _plain(_mean(_squared))),
    Definition("rmse", False, LOSS, "root of the mean squared error", _plain(_root)),
    Definition(
        "r2", True, RATE, "share of the truth's variance that is explained; can be negative", _plain(_explained)
    ),
    Definition(
        "mape",
        False,
        LOSS,
        "mean of |error| / |truth|, as a share; a truth of 0 makes it huge",
        _plain(_mean(lambda seen: np.abs(seen.error) / np.maximum(np.abs(seen.truth), SMALLEST))),
    ),
    Definition(
        "pinball",
        False,
        LOSS,
        "mean loss of a predicted alpha quantile: alpha per unit too low, 1 - alpha per unit too high",
        _pinball,
        options={"alpha": number("between 0 and 1", lambda alpha: 0 < alpha < 1)},
    ),
    Definition("max_error", False, LOSS, "the largest absolute error; shown without an interval", _plain(_largest)),
)


@dataclass(frozen=True, slots=True)
class Regression:
    """The task in which a row has one true number."""

    name: str = "regression"
    labelled: bool = True

    def metric(
        self,
        name: str,
        of: str | None,
        options: Mapping[str, Value],
        direction: Direction | None = None,
    ) -> Metric:
        """Return the metric of that name; no metric has an `of`."""
        return defined(name, METRICS, self.name).metric(of, options, direction)

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        """Return RMSE and MAE."""
        return self.metric("rmse", None, {}), self.metric("mae", None, {})

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        """Return MAE, which single rows affect less than RMSE."""
        return (self.metric("mae", None, {}),)

    def classes(self, truth: Truth) -> tuple[str, ...]:
        """Return an empty tuple: there are no classes."""
        return ()

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        """Return an empty mapping: there are no classes."""
        return {}

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        """Yield missing columns and wrong types."""
        yield from delivered.wrong_lengths(predictions)
        yield from delivered.not_numbers(predictions)

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        """Yield NaN and infinity."""
        yield from delivered.not_finite(predictions)

    def correct(self, table: Table) -> None:
        """Return None: numbers are not right or wrong."""

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Return the truth and predictions of these units."""
        return one_row_per_unit(truth, predictions, units)
