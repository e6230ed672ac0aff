"""What gives the target away, as evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.column import Column, Hashes
from gatebot.evidence.flaws import in_columns, negative, repeated
from gatebot.evidence.kind import Evidence

MAX_MODELS = 20
MAX_AGGREGATES = 20
MAX_NAME = 200


@dataclass(frozen=True, slots=True, eq=False)
class ColumnModel:
    """A model of one column alone, which gatebot fitted to the train rows.

    Attributes:
        column: the column.
        score: how good it is on train rows that it was not fitted to: the share of right labels, or the share of the
            mean absolute deviation from the median that it explains. The models of a search are ordered by it.
        prediction: what it predicts for the eval rows.
    """

    column: str
    score: float
    prediction: Column


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column that equals the mean of the target by another column.

    Attributes:
        column: the column.
        key: the other column.
        label: the class whose share it is; empty if the target is a number.
        rows: the number of eval rows in which the mean over all rows differs from the mean without eval rows.
        equal: the number of them in which the column equals the mean over all rows.
    """

    column: str
    key: str
    label: str
    rows: int
    equal: int


@dataclass(frozen=True, slots=True, eq=False)
class LeakageTraces(Evidence):
    """What gives the target away in the data of one side.

    Attributes:
        ids: keyed hash of the id of each eval row, shape [n].
        models: the best models of single columns, the best first.
        aggregates: columns that were computed with the labels of eval rows.
        near_copies: the ids of eval rows of which a near-copy is among the train rows; None if no columns can tell.
        searched: the number of columns that were searched.
        took_s: how long it took.
    """

    ids: Hashes
    models: tuple[ColumnModel, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    near_copies: Hashes | None = None
    searched: int = 0
    took_s: float = 0.0

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from repeated(self.ids)
        yield from in_columns(len(self.ids), ((model.column, model.prediction) for model in self.models))
        yield from negative("counts", [self.searched, self.took_s])
        if len(self.models) > MAX_MODELS or len(self.aggregates) > MAX_AGGREGATES:
            yield f"there are more than {MAX_MODELS} models or {MAX_AGGREGATES} aggregates"
        names = [model.column for model in self.models]
        names += [name for each in self.aggregates for name in (each.column, each.key)]
        if any(len(name) > MAX_NAME for name in names):
            yield f"the name of a column has more than {MAX_NAME} characters"
        for each in self.aggregates:
            if not 0 <= each.equal <= each.rows <= len(self.ids):
                yield "an aggregate counts more rows than there are"
        if self.near_copies is not None and len(self.near_copies) > len(self.ids):
            yield "more rows have near-copies than there are"
