"""Metrics of predicted probabilities: ranking, proper losses, calibration and top k; and their recalibration line."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gatebot.evidence.column import Floats
from gatebot.stats.arrays import StatError
from gatebot.stats.calibration import Line, line
from gatebot.stats.ranked import Ranking
from gatebot.tasks.estimate import UNDEFINED, Estimate, average, mean
from gatebot.tasks.labels import labels
from gatebot.tasks.table import Mask, Table

CLIP = 1e-15
"""Smallest probability in the log loss; smaller ones are clipped, so that a row's loss is at most 34.5."""

Estimator = Callable[[Table], Estimate]

_MEMO = "recalibration line"


class Binning(StrEnum):
    """How calibration bins are chosen."""

    MASS = "mass"  # bins of equally many units
    WIDTH = "width"  # bins of equal width


def ranking(curve: Callable[[Ranking], tuple[float, Floats]], of: str | None) -> Estimator:
    """Return a metric of how one class is ranked against the rest.

    Without a class, it is the metric of the positive class of two, or the plain average over the classes that some
    units have and others do not.
    """

    def estimate(table: Table) -> Estimate:
        seen = labels(table)
        name = seen.positive if of is None else of
        if not seen.scores or (name is not None and name not in seen.classes):
            return UNDEFINED
        if name is not None:
            return Estimate(*curve(seen.ranking(name)))
        present = np.bincount(seen.truth[seen.weight > 0], minlength=len(seen.classes) + 1)[:-1]
        mixed = [name for name, count in zip(seen.classes, present, strict=True) if 0 < count < present.sum()]
        return average([Estimate(*curve(seen.ranking(each))) for each in mixed])

    return estimate


def roc_auc(of: str | None) -> Estimator:
    """Return the area under the ROC curve; ties count half, influence after DeLong."""
    return ranking(Ranking.auc, of)


def average_precision(of: str | None) -> Estimator:
    """Return the mean, over the units of the class, of the precision at their score."""
    return ranking(Ranking.average_precision, of)


def log_loss(table: Table) -> Estimate:
    """Return minus the mean logarithm of the probability of the true class, clipped at `CLIP`."""
    seen = labels(table)
    if not seen.scores:
        return UNDEFINED
    probability = np.where(np.isfinite(seen.of_truth), seen.of_truth, np.nan)
    return mean(-np.log(np.clip(probability, CLIP, 1.0)), seen.weight)


def clipped(table: Table) -> int:
    """Return the number of units whose true class has a probability below `CLIP`, which the log loss clips."""
    seen = labels(table)
    return int(np.count_nonzero((seen.of_truth < CLIP) & (seen.weight > 0))) if seen.scores else 0


def brier(of: str | None) -> Estimator:
    """Return the mean squared distance of the probabilities from the truth.

    For one class, or for two, it is the mean of (p - y)²; for more, the mean of the sum over classes, from 0 to 2.
    """

    def estimate(table: Table) -> Estimate:
        seen = labels(table)
        if not seen.scores or (of is not None and of not in seen.classes):
            return UNDEFINED
        if of is not None:
            code = seen.code(of)
            return mean(np.square(seen.matrix[code] - (seen.truth == code)), seen.weight)
        half = 0.5 if len({*seen.scores, *seen.known}) < 3 else 1.0
        squares = np.einsum("kn,kn->n", seen.matrix, seen.matrix)
        return mean(half * (squares - 2.0 * seen.of_truth + 1.0), seen.weight)

    return estimate


def calibration_error(of: str | None, bins: int, binning: Binning) -> Estimator:
    """Return the expected calibration error: the mean over bins of |mean probability - share that came true|.

    Bins are over the probability of the most probable class, which comes true if it is the true class (Guo et al.
    2017); with a class, over its probability. Equal probabilities share a bin. The metric is biased upwards in small
    tables, and its influence assumes fixed edges, so `brier` and `log_loss` are better for decisions.
    """

    def estimate(table: Table) -> Estimate:
        seen = labels(table)
        if not seen.scores or (of is not None and of not in seen.classes):
            return UNDEFINED
        code = seen.likeliest if of is None else seen.code(of)
        probability = seen.matrix.max(axis=0) if of is None else seen.matrix[seen.code(of)]
        gap = probability - (seen.truth == code)
        where = _binned(probability, seen.weight > 0, bins, binning)
        sign = np.sign(np.bincount(where, weights=np.where(seen.weight > 0, gap * seen.weight, 0.0), minlength=bins))
        return mean(sign[where] * gap, seen.weight)

    return estimate


def _binned(
    probability: Floats, counted: Mask, bins: int, binning: Binning
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the bin of each unit, from 0 to bins - 1; a value on an edge belongs to the lower bin."""
    if not np.isfinite(probability[counted]).all() or not counted.any():
        return np.zeros(len(probability), dtype=np.intp)
    inner = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    edges = np.quantile(probability[counted], inner) if binning is Binning.MASS else inner
    return np.searchsorted(edges, probability, side="left")


def among_first(k: int) -> Estimator:
    """Return the share of units whose true class is among the k most probable; ties are ordered by class."""

    def estimate(table: Table) -> Estimate:
        seen = labels(table)
        if not seen.scores:
            return UNDEFINED
        given, own = seen.matrix, seen.of_truth
        earlier = np.arange(len(seen.classes))[:, None] < seen.truth
        before = (given > own).sum(axis=0) + ((given == own) & earlier).sum(axis=0)
        has_column = np.isin(np.asarray(seen.truth), [seen.code(name) for name in seen.scores])
        inside = (before < k) & has_column & np.isfinite(given).all(axis=0)
        return mean(inside.astype(np.float64), seen.weight, flips=True)

    return estimate


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The probability of one event per unit, and whether it came true.

    Attributes:
        of: the class whose probability it is: the positive one of two; None for the most probable of more classes,
            which comes true if it is the true class (Guo et al. 2017).
        probability: shape [units].
        true: shape [units]; False for a missing label.
        weight: shape [units]; 0 for a missing label.
    """

    of: str | None
    probability: Floats
    true: Mask
    weight: Floats

    @property
    def counted(self) -> int:
        """Number of units with a label."""
        return int(np.count_nonzero(self.weight > 0))

    @property
    def hits(self) -> int:
        """Number of units whose event came true."""
        return int(np.count_nonzero(self.true & (self.weight > 0)))

    @property
    def mean(self) -> float:
        """Mean probability."""
        return float(np.average(self.probability, weights=self.weight))

    @property
    def rate(self) -> float:
        """Share that came true."""
        return float(np.average(self.true, weights=self.weight))


def forecast(table: Table) -> Forecast | None:
    """Return the forecast of a classification; None if it has no probabilities, or none of the positive class."""
    seen = labels(table)
    of = seen.positive
    if not seen.scores or (of is not None and of not in seen.scores):
        return None
    probability = seen.matrix.max(axis=0) if of is None else seen.scores[of]
    true = seen.truth == (seen.likeliest if of is None else seen.code(of))
    return Forecast(of, probability, true, seen.weight)


def recalibration(table: Table) -> Line:
    """Return the recalibration line of the table's forecast; it is computed once per table.

    Probabilities are clipped at 1 / 2n: no n units can tell a smaller one from 0, and without a limit a few certainties
    that did not come true would decide the line alone.

    Raises:
        StatError: there are no probabilities, or they have no line.
    """
    known = table.memo.get(_MEMO)
    if isinstance(known, Line):
        return known
    seen = forecast(table)
    if seen is None:
        raise StatError("no probabilities of the classes")
    found = line(seen.true, seen.probability, seen.weight, clip=0.5 / max(seen.counted, 2))
    table.memo[_MEMO] = found
    return found
