"""The task classification: predicted labels, or probabilities of classes, and true labels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gatebot.errors import UsageError
from gatebot.evidence.column import Hashes
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks import class_problems
from gatebot.tasks.definition import Definition, Settings, Value, defined, number, one_of, whole
from gatebot.tasks.estimate import LOSS, RATE, Estimate
from gatebot.tasks.label_counts import Average, Ratio, balanced, correlation, estimated
from gatebot.tasks.labels import as_names, labels, ordered
from gatebot.tasks.probability import (
    Binning,
    among_first,
    average_precision,
    brier,
    calibration_error,
    log_loss,
    roc_auc,
)
from gatebot.tasks.table import Mask, Table, one_row_per_unit
from gatebot.tasks.task import Direction, Metric, Problem

RARE = 0.10
"""Share of the smallest class below which the default metric is balanced accuracy instead of accuracy."""

Make = Callable[[str | None, Settings], Callable[[Table], Estimate]]

RECALL, PRECISION, F1 = Ratio(1, 0), Ratio(0, 1), Ratio(1, 1)
WHOSE = "without `of`, the second of two classes, or the plain average of more"
AVERAGE = one_of([str(each) for each in Average])


def _ratio(ratio: Callable[[Settings], Ratio]) -> Make:
    """Return a function that creates a ratio of one class, or averaged over the classes.

    Without `of` and `average`, it is the ratio of the positive class of two, or the plain average of more classes.
    """

    def make(of: str | None, options: Settings) -> Callable[[Table], Estimate]:
        how = options["average"]
        if of is not None and how is not None:
            raise UsageError(f"`of: {of}` and `average: {how}` exclude each other")
        if of is not None:
            return estimated(ratio(options).of(of))
        chosen = ratio(options)
        return estimated(chosen.positive_or_macro if how is None else chosen.averaged(Average(str(how))))

    return make


METRICS: tuple[Definition, ...] = (
    Definition(
        "accuracy",
        True,
        RATE,
        "share of units whose label is right",
        lambda _of, _options: estimated(RECALL.averaged(Average.MICRO)),
        is_share=True,
    ),
    Definition(
        "balanced_accuracy",
        True,
        RATE,
        "average recall of the classes that occur in the truth",
        lambda _of, _options: estimated(balanced),
        is_share=True,
    ),
    Definition(
        "precision",
        True,
        RATE,
        f"share of what is predicted as the class that is of the class; {WHOSE}",
        _ratio(lambda _options: PRECISION),
        of="class",
        options={"average": AVERAGE},
        is_share=True,
    ),
    Definition(
        "recall",
        True,
        RATE,
        f"share of the class that is predicted as the class; {WHOSE}",
        _ratio(lambda _options: RECALL),
        of="class",
        options={"average": AVERAGE},
        is_share=True,
    ),
    Definition(
        "f1",
        True,
        RATE,
        f"harmonic mean of precision and recall; {WHOSE}",
        _ratio(lambda _options: F1),
        of="class",
        options={"average": AVERAGE},
        is_share=True,
    ),
    Definition(
        "fbeta",
        True,
        RATE,
        f"harmonic mean of precision and recall in which recall counts beta times as much; {WHOSE}",
        _ratio(lambda options: Ratio(float(options["beta"] or 0) ** 2, 1)),
        of="class",
        options={"beta": number("above 0", lambda beta: 0 < beta < 1e6), "average": AVERAGE},
        is_share=True,
    ),
    Definition(
        "mcc",
        True,
        RATE,
        "Matthews' correlation of truth and prediction, from -1 to 1; not defined for a single class",
        lambda _of, _options: estimated(correlation),
    ),
    Definition(
        "roc_auc",
        True,
        RATE,
        "chance that a unit of the class scores above one that is not; " + WHOSE,
        lambda of, _options: roc_auc(of),
        of="class",
        needs_scores=True,
        is_share=True,
    ),
    Definition(
        "average_precision",
        True,
        RATE,
        "mean over the units of the class of the precision at their score; " + WHOSE,
        lambda of, _options: average_precision(of),
        of="class",
        needs_scores=True,
        is_share=True,
    ),
    Definition(
        "top_k",
        True,
        RATE,
        "share of units whose true class is among the k most probable",
        lambda _of, options: among_first(int(options["k"] or 1)),
        options={"k": whole(1)},
        needs_scores=True,
        is_share=True,
    ),
    Definition(
        "log_loss",
        False,
        LOSS,
        "minus the mean logarithm of the probability of the true class, clipped at 1e-15",
        lambda _of, _options: log_loss,
        needs_scores=True,
    ),
    Definition(
        "brier",
        False,
        LOSS,
        "mean squared distance of probability and truth: 0 to 1 of two classes, 0 to 2 (the sum) of more",
        lambda of, _options: brier(of),
        of="class",
        needs_scores=True,
    ),
    Definition(
        "ece",
        False,
        RATE,
        "mean over bins of |probability of the likeliest class - share that came true|; biased up in small tables",
        lambda of, options: calibration_error(of, int(options["bins"] or 1), Binning(str(options["binning"]))),
        of="class",
        options={"bins": whole(2, 15), "binning": one_of([str(each) for each in Binning], Binning.MASS)},
        needs_scores=True,
        is_share=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Classification:
    """The task in which a row has one true label."""

    name: str = "classification"
    labelled: bool = True

    def metric(
        self,
        name: str,
        of: str | None,
        options: Mapping[str, Value],
        direction: Direction | None = None,
    ) -> Metric:
        """Return the metric of that name; `of` is a class."""
        return defined(name, METRICS, self.name).metric(of, options, direction)

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        """Return accuracy (balanced accuracy if the smallest class has less than 10 % of the rows) and log loss."""
        target = as_names(truth.target)
        known = target.codes >= 0
        weight = None if truth.weight is None else truth.weight.values[known]
        counts = np.bincount(target.codes[known], weight, minlength=1)
        rare = counts[counts > 0].min(initial=len(target)) < RARE * counts.sum()
        first = "balanced_accuracy" if rare else "accuracy"
        return self.metric(first, None, {}), self.metric("log_loss", None, {})

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        """Return accuracy and, for probabilities, the Brier score: a proper loss that no single row dominates."""
        return self.metric("accuracy", None, {}), self.metric("brier", None, {})

    def classes(self, truth: Truth) -> tuple[str, ...]:
        """Return the classes that occur in the truth, in order."""
        target = as_names(truth.target)
        return ordered(target.names[code] for code in np.unique(target.codes[target.codes >= 0]))

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        """Return recall and precision of each class that occurs in the truth."""
        seen = labels(table)
        occurs = np.bincount(seen.truth, minlength=len(seen.classes) + 1)[:-1] > 0
        classes = [name for name, there in zip(seen.classes, occurs, strict=True) if there]
        metrics = [self.metric(name, each, {}) for each in classes for name in ("recall", "precision")]
        return {metric.name: metric for metric in metrics}

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        """Yield missing columns, wrong types and unknown classes."""
        yield from class_problems.of_shape(predictions, truth, classes)

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        """Yield missing labels, NaN, infinity, and probabilities outside [0, 1] or not summing to 1."""
        yield from class_problems.of_range(predictions)

    def correct(self, table: Table) -> Mask:
        """Return which units are predicted correctly, shape [units]; False without a label or a prediction."""
        return labels(table).right

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Return the truth and predictions of these units."""
        return one_row_per_unit(truth, predictions, units)
