"""How two predictions of the same rows differ, beyond what sums in another order do to a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.column import Column, Floats, Names, Numbers, names_of
from gatebot.evidence.effects import Ending
from gatebot.evidence.predictions import Predictions
from gatebot.stats.binomial import clopper_pearson_lower, clopper_pearson_upper
from gatebot.tasks.table import Mask, rows_of

TOLERANCE = 1e-3
"""Ten times what float32 models show when the same rows are summed in batches of another size."""
TOLERANCE_SAYS = (
    "difference of numbers that counts as none: absolute for scores of classes, relative to the usual size for others"
)
LEVEL = 0.0025
"""One-sided, on each of two counts of rows: the chance that luck alone makes one look larger than the other."""
SCORE = "score_"


@dataclass(frozen=True, slots=True)
class Difference:
    """How many of the rows get another prediction.

    Attributes:
        rows: the number of rows that were predicted twice.
        count: the number of them whose predictions differ, or that are missing once.
        largest: the largest difference of numbers among these rows; 0 if only labels differ.
    """

    rows: int
    count: int
    largest: float = 0.0

    @property
    def share(self) -> float:
        """The share of rows that get another prediction."""
        return self.count / self.rows if self.rows else 0.0

    @property
    def facts(self) -> dict[str, Fact]:
        """The facts of a finding."""
        return {"rows": self.rows, "count": self.count, "share": self.share, "largest": self.largest}

    @property
    def by(self) -> str:
        """The end of a sentence that tells the largest difference, if numbers differ."""
        return ", by up to {largest}" if self.largest else ""

    def exceeds(self, other: "Difference", share: float) -> bool:
        """Whether surely more rows differ than in the other difference, and more than the share."""
        if self.count <= share * self.rows:
            return False
        if not other.count:
            return True
        luck = clopper_pearson_upper(other.count, other.rows, LEVEL)
        return clopper_pearson_lower(self.count, self.rows, LEVEL) > luck


def usable(predictions: Predictions | None) -> TypeGuard[Predictions]:
    """Whether there are predictions that ended well and could be read."""
    return predictions is not None and predictions.effects.ended is Ending.OK and not predictions.problem


def failure(subject: str, what: str, worked: str, predictions: Predictions) -> Finding | None:
    """Return the finding for predictions that failed, where others of the same rows did not; None if they are there.

    What a limit stopped may be slow for other reasons, so it is less likely a fault.

    Args:
        subject: of the finding.
        what: what was predicted, in words.
        worked: what was predicted without a failure, in words.
        predictions: what came of it.
    """
    if usable(predictions):
        return None
    effects = predictions.effects
    facts: dict[str, Fact] = {"ending": effects.ended.value, "exit_code": effects.exit_code}
    match effects.ended:
        case Ending.OK:
            facts["problem"] = predictions.problem
            return Finding(subject, f"predicting {what} left no predictions ({{problem}}); {worked} worked", facts)
        case Ending.CRASHED:
            says = f"predicting {what} crashed (exit code {{exit_code}}); {worked} worked"
            return Finding(subject, says, facts, log=effects.log_tail)
        case Ending.NO_OUTPUT:
            return Finding(subject, f"predicting {what} left no result; {worked} worked", facts, log=effects.log_tail)
    says = f"predicting {what} was stopped at a limit ({{ending}}); {worked} worked"
    return Finding(subject, says, facts, likelihood=Level.LOW, log=effects.log_tail)


def difference(one: Predictions, other: Predictions, tolerance: float, rows: int | None = None) -> Difference:
    """Return how the other predictions of the same rows differ.

    Args:
        one: predictions of all rows.
        other: predictions of these rows, or of some of them, in any order.
        tolerance: the difference of numbers that counts as none.
        rows: the number of rows that the other predictions were asked for; all by default.
    """
    asked = len(one.ids) if rows is None else min(rows, len(one.ids))
    ids = np.intersect1d(one.ids, other.ids)
    at, again = rows_of(one.ids, ids), rows_of(other.ids, ids)
    first = {name: column.take(at) for name, column in one.columns.items()}
    second = {name: column.take(again) for name, column in other.columns.items()}
    differs = np.full(len(ids), first.keys() != second.keys())
    largest = np.zeros(len(ids))
    for name in first.keys() & second.keys():
        column, compared = first[name], second[name]
        if isinstance(column, Numbers) and isinstance(compared, Numbers):
            distance = _distance(column.values, compared.values)
            differs |= distance > tolerance * _size(name, one.columns[name], column.values, compared.values)
            largest = np.maximum(largest, distance)
        else:
            differs |= _named(column) != _named(compared)
    differs &= ~_tied(first, second, tolerance, differs)
    seen = largest[differs & np.isfinite(largest)]
    lost = max(asked - len(ids), 0)
    return Difference(max(asked, len(ids)), int(differs.sum()) + lost, float(seen.max()) if len(seen) else 0.0)


def _distance(one: Floats, other: Floats) -> Floats:
    """Return the absolute differences: none between equal values, infinite between a number and a missing one."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.nan_to_num(np.abs(one - other), nan=np.inf, posinf=np.inf)
    return np.where(same, 0.0, distance)


def _size(name: str, whole: Column, one: Floats, other: Floats) -> Floats:
    """Return the size to which a difference is compared: 1 for scores of classes, as probabilities have it.

    Otherwise it is the value's own, or the average one, because a sum near zero has the error of its large parts.
    """
    if name.startswith(SCORE):
        return np.ones(len(one))
    known = np.abs(whole.values[np.isfinite(whole.values)]) if isinstance(whole, Numbers) else np.zeros(0)
    usual = float(known.mean()) if len(known) else 0.0
    own = np.fmax(np.abs(one), np.abs(other))
    return np.maximum(np.where(np.isfinite(own), own, 0.0), usual)


def _named(column: Column) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Return a column's labels; numbers are spelled as labels."""
    names = column if isinstance(column, Names) else names_of(column.values.tolist())
    return np.array(names.texts(), dtype=object)


def _tied(first: Mapping[str, Column], second: Mapping[str, Column], tolerance: float, among: Mask) -> Mask:
    """Return the rows where two classes share the first place, so that rounding alone decides which label is given.

    All of their scores agree in both predictions.
    """
    tied = np.zeros(len(among), dtype=np.bool_)
    scores, again = _scores(first), _scores(second)
    if len(scores) < 2 or scores.keys() != again.keys() or len(first) != len(scores) + 1 or not among.any():
        return tied
    values = np.stack(list(scores.values()))
    agree = np.max([_distance(scores[name], again[name]) for name in scores], axis=0) <= tolerance
    labels = {name.removeprefix(SCORE): place for place, name in enumerate(scores)}
    one, other = _named(first["prediction"]), _named(second["prediction"])
    for row in np.flatnonzero(among & agree):
        chosen = [labels.get(one[row]), labels.get(other[row])]
        if None not in chosen:
            tied[row] = abs(values[chosen[0], row] - values[chosen[1], row]) <= 2 * tolerance
    return tied


def _scores(columns: Mapping[str, Column]) -> dict[str, Floats]:
    return {
        name: column.values
        for name, column in columns.items()
        if name.startswith(SCORE) and isinstance(column, Numbers)
    }
