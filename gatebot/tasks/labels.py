"""Truth and predictions of a classification as arrays: one list of classes, codes into it, and probabilities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gatebot.evidence.column import Codes, Column, Floats, Names, Numbers, label, names_of
from gatebot.stats.ranked import Ranking
from gatebot.tasks.estimate import weight_of
from gatebot.tasks.table import Mask, Table

PREFIX = "score_"
SINGLE = "score"  # one column for both classes: the probability of the positive one

ROUNDING = 1e-4
"""How far a probability may be outside [0, 1] by rounding, in float32 or in a file; metrics see it clipped."""

_MEMO = "answers"


@dataclass(frozen=True, eq=False)
class Labels:
    """A classification table as arrays.

    Attributes:
        classes: all classes of truth, predictions and scores, in order.
        known: the classes of the truth, in order.
        truth: codes into `classes`, shape [units]; `len(classes)` for a missing label.
        weight: weights of the units; 0 for a missing label, so that the unit does not count.
        scores: probability of each class that has a column, shape [units] each; empty if there are none.
        labels: the predicted classes; None if there are none.
    """

    classes: tuple[str, ...]
    known: tuple[str, ...]
    truth: Codes
    weight: Floats
    scores: Mapping[str, Floats]
    labels: Names | None

    @cached_property
    def predicted(self) -> Codes:
        """Codes into `classes`, shape [units]; `len(classes)` for a missing prediction.

        Without predicted labels, it is the most probable class, and the first of equally probable ones.
        """
        if self.labels is not None:
            return _coded(self.labels, self.classes)
        if not self.scores:
            return np.full(len(self.truth), len(self.classes), dtype=np.int32)
        unknown = np.isnan(self.matrix).any(axis=0)
        return np.where(unknown, len(self.classes), self.likeliest).astype(np.int32)

    @cached_property
    def matrix(self) -> Floats:
        """Probabilities, shape [classes, units]; 0 for a class without a column."""
        nothing = np.zeros(len(self.truth))
        return np.stack([self.scores.get(name, nothing) for name in self.classes])

    @cached_property
    def likeliest(self) -> NDArray[np.intp]:
        """Code of the most probable class, shape [units]; the predicted labels are ignored."""
        if len(self.classes) == 2:
            return np.asarray(self.matrix[1] > self.matrix[0], dtype=np.intp)
        return np.asarray(self.matrix.argmax(axis=0), dtype=np.intp)

    @cached_property
    def of_truth(self) -> Floats:
        """Probability of the true class, shape [units]; NaN for a missing label."""
        inside = np.minimum(self.truth, len(self.classes) - 1)
        found: Floats = self.matrix[inside, np.arange(len(inside))]
        return np.where(self.truth < len(self.classes), found, np.nan)

    def ranking(self, name: str) -> Ranking:
        """Return the ranking of all units by the probability of one class; it is computed once per class.

        Raises:
            StatError: no unit has the class, all units have it, or a probability is not finite.
        """
        if name not in self._rankings:
            score = self.scores.get(name, np.zeros(len(self.truth)))
            self._rankings[name] = Ranking.of(self.truth == self.code(name), score, self.weight, least=1)
        return self._rankings[name]

    @cached_property
    def _rankings(self) -> dict[str, Ranking]:
        return {}

    @cached_property
    def right(self) -> Mask:
        """Which units are predicted correctly, shape [units]."""
        right: Mask = self.predicted == self.truth
        return right & (self.truth < len(self.classes))

    @property
    def positive(self) -> str | None:
        """The second of two classes (1, true, yes); None if there are not two."""
        return positive_of(self.known, self.classes)

    def code(self, name: str) -> int:
        """Return the index of a class in `classes`; -1 if it is not there."""
        return self.classes.index(name) if name in self.classes else -1


def labels(table: Table) -> Labels:
    """Return the table as Labels; they are computed once per table."""
    known = table.memo.get(_MEMO)
    if isinstance(known, Labels):
        return known
    truth, labels = as_names(table.truth["target"]), table.payload.get("prediction")
    predicted = None if labels is None else as_names(labels)
    scores = scores_of(table.payload, truth.names)
    classes = ordered({*truth.names, *(() if predicted is None else predicted.names), *scores})
    codes = _coded(truth, classes)
    found = Labels(classes, ordered(truth.names), codes, weight_of(table, codes < len(classes)), scores, predicted)
    table.memo[_MEMO] = found
    return found


def _clipped(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        near = (values >= -ROUNDING) & (values <= 1.0 + ROUNDING)
    return np.where(near, np.clip(values, 0.0, 1.0), values)


def scores_of(columns: Mapping[str, Column], classes: Iterable[str]) -> Mapping[str, Floats]:
    """Return the probabilities by class, in the order of classes; one column of two classes determines both.

    Probabilities that are outside [0, 1] by rounding are clipped; others are as they were delivered.

    Args:
        columns: the payload.
        classes: classes of the truth.
    """
    numbers = {name: _clipped(column.values) for name, column in columns.items() if isinstance(column, Numbers)}
    known = ordered(classes)
    given: dict[str, Floats] = {}
    for name, values in numbers.items():
        spelled = label(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
        if spelled is not None:
            given[spelled] = values
    positive = positive_of(known, known)
    if not given and SINGLE in numbers and positive is not None:
        given[positive] = numbers[SINGLE]
    if len(given) == 1 and len(known) == 2 and given.keys() <= set(known):
        (name,) = given
        given[known[1 - known.index(name)]] = 1.0 - given[name]
    return {name: given[name] for name in ordered(given)}


def as_names(column: Column) -> Names:
    """Return a column as labels; numbers get the spelling of labels (1.0 is 1)."""
    match column:
        case Names():
            return column
        case Numbers(values):
            distinct, codes = np.unique(values, return_inverse=True)
            spelled = names_of(distinct.tolist())
            return Names(spelled.codes[codes], spelled.names)


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Return classes in order: by value if all are numbers, else by spelling."""
    distinct = sorted(set(names))
    try:
        values = {name: float(name) for name in distinct}
    except ValueError:
        return tuple(distinct)
    return tuple(sorted(distinct, key=values.__getitem__) if np.isfinite([*values.values()]).all() else distinct)


def positive_of(known: tuple[str, ...], classes: tuple[str, ...]) -> str | None:
    """Return the second of two classes, or None; if the truth has fewer than two, `classes` is used instead."""
    two = known if len(known) > 1 else classes
    return two[1] if len(two) == 2 else None


def _coded(column: Names, classes: tuple[str, ...]) -> Codes:
    codes = column.recoded(classes)
    codes[codes < 0] = len(classes)
    return codes
