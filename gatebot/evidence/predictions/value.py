"""Predictions as evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatebot.evidence.column import Column, Hashes
from gatebot.evidence.effects import Effects
from gatebot.evidence.flaws import in_columns, negative
from gatebot.evidence.kind import Evidence


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the tree that already held the predictions: `equal` of the `rows` requested rows are equal to it."""

    path: str
    rows: int
    equal: int


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(Evidence):
    """The predictions of a model as delivered: not aligned, and possibly wrong.

    Attributes:
        effects: of the predict run; unless it ended OK, the columns are empty.
        ids: keyed hash of each row's id, shape [n]; equal to the requested rows' hashes if the delivery is correct.
        columns: `prediction`, and `score_<class>` per class in [0, 1], each of length n.
        problem: why the delivery could not be read as predictions ("3 columns, expected 1"), or empty.
        rescored: True if the user delivered the predictions, instead of gatebot calling `predict`.
        copied: the file that held them before the run; None if there is none or it was not checked.
    """

    effects: Effects
    ids: Hashes
    columns: Mapping[str, Column]
    problem: str = ""
    rescored: bool = False
    copied: Copied | None = None

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from self.effects.flaws()
        yield from in_columns(len(self.ids), self.columns.items())
        if self.copied is not None:
            yield from negative("rows", [self.copied.rows, self.copied.equal])

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.effects.seconds
