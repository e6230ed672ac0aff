"""The labels of the eval rows, and of training rows that were predicted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatebot.evidence.column import Column, Floats, Hashes, Numbers, concatenated
from gatebot.evidence.flaws import in_columns, in_weights, repeated


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The labels of rows, stored apart from everything that user code can access.

    A Snapshot has those of its eval rows, followed by those of the training rows that were predicted.
    """

    ids: Hashes
    target: Column
    weight: Numbers | None = None

    def of(self, ids: Hashes) -> "Truth":
        """Return the labels of the rows with these ids, in their order here."""
        return _taken(self, np.isin(self.ids, ids))

    def joined(self, more: "Truth") -> "Truth":
        """Return these labels and those of further rows; of a row in both, its labels here."""
        new = _taken(more, ~np.isin(more.ids, self.ids))
        if not len(new.ids):
            return self
        weight = None
        if self.weight is not None or new.weight is not None:
            weight = Numbers(np.concatenate([_weights(self), _weights(new)]))
        return Truth(np.concatenate([self.ids, new.ids]), concatenated([self.target, new.target]), weight)

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from repeated(self.ids)
        columns = {"target": self.target, "weight": self.weight}
        yield from in_columns(len(self.ids), ((name, c) for name, c in columns.items() if c is not None))
        yield from in_weights(None if self.weight is None else self.weight.values)


def _weights(truth: Truth) -> Floats:
    """Return the weights of the rows: 1 where none are given."""
    return np.ones(len(truth.ids)) if truth.weight is None else truth.weight.values


def _taken(truth: Truth, chosen: NDArray[np.bool_]) -> Truth:
    """Return some of the rows, in their order."""
    if chosen.all():
        return truth
    at, weight = np.flatnonzero(chosen), truth.weight
    return Truth(truth.ids[at], truth.target.take(at), None if weight is None else weight.take(at))
