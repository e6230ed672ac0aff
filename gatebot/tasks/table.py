"""The Table: aligned predictions and truth by unit, from which metrics are computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gatebot.evidence.column import Column, Floats, Hashes
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Aligned truth and predictions.

    Units are independent of each other, and slices and flips consist of units; a unit is an eval row. A task may have
    several items in a unit (the documents of one query); `unit` then gives the unit of each item.

    Attributes:
        ids: ids of the units, shape [units].
        truth: `target` and other columns of the task, each of length [items].
        payload: `prediction`, `score_<class>` and other columns of the task, each of length [items].
        weight: weights of the units, shape [units], or None for equal weights.
        unit: index into `ids`, shape [items], or None if every item is a unit.
        memo: cached results that metrics share, by name; not part of the table's value.
    """

    ids: Hashes
    truth: Mapping[str, Column]
    payload: Mapping[str, Column]
    weight: Floats | None = None
    unit: Index | None = None
    memo: dict[str, object] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.ids)

    def where(self, units: Mask | Index) -> "Table":
        """Return some of the units, in their order, from a mask of shape [units] or ascending indices."""
        kept = np.flatnonzero(units) if units.dtype == np.bool_ else units.astype(np.intp, copy=False)
        if self.unit is None:
            items, unit = kept, None
        else:
            place = np.full(len(self), -1, dtype=np.intp)
            place[kept] = np.arange(len(kept))
            items = np.flatnonzero(place[self.unit] >= 0)
            unit = place[self.unit[items]]
        return replace(
            self,
            ids=self.ids[kept],
            truth={name: column.take(items) for name, column in self.truth.items()},
            payload={name: column.take(items) for name, column in self.payload.items()},
            weight=None if self.weight is None else self.weight[kept],
            unit=unit,
        )


def among(units: Hashes, ids: Hashes) -> Mask:
    """Return which units are among the ids, shape [units]; this is fast if both are the same, which is usual."""
    return np.ones(len(units), dtype=np.bool_) if np.array_equal(units, ids) else np.isin(units, ids)


def rows_of(ids: Hashes, units: Hashes) -> Index:
    """Return the index of each unit in `ids`, shape [units]; the first index if `ids` contains it twice.

    Args:
        ids: ids in any order.
        units: distinct ids.

    Raises:
        KeyError: a unit is not in `ids`.
    """
    if np.array_equal(ids, units):  # usually predictions have the order of the rows
        return np.arange(len(ids))
    order = np.argsort(ids, kind="stable")
    place = np.searchsorted(ids[order], units)
    found = place < len(ids)
    found[found] &= ids[order][place[found]] == units[found]
    if not found.all():
        raise KeyError(f"{int((~found).sum())} units have no row")
    return order[place]


def one_row_per_unit(truth: Truth, predictions: Predictions, units: Hashes) -> Table:
    """Return the table of a task in which each row is a unit."""
    at_truth, at_payload = rows_of(truth.ids, units), rows_of(predictions.ids, units)
    return Table(
        ids=units,
        truth={"target": truth.target.take(at_truth)},
        payload={name: column.take(at_payload) for name, column in predictions.columns.items()},
        weight=None if truth.weight is None else truth.weight.values[at_truth],
    )
