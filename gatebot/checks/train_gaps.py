"""How much better a training predicts its training rows, by their places in the file, than eval rows of their kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gatebot.checks.train_tables import eval_table, train_table
from gatebot.comparison.comparison import MAX_SEEDS, Comparison
from gatebot.evidence.column import Floats, Hashes, Names, Numbers
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.tasks.table import Index, Mask, Table, rows_of
from gatebot.tasks.task import Metric


@dataclass(frozen=True, slots=True, eq=False)
class PredictedRows:
    """Rows as one training predicts them: their ids, how good each prediction is, and what is true of them."""

    ids: Hashes
    good: Floats
    truth: Index

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One training: its training rows with their places in the file, and the eval rows."""

    train: PredictedRows
    eval: PredictedRows
    places: Floats

    def gap(self, rows: Mask) -> float:
        """Return how much better these training rows are predicted than eval rows of which as much is true."""
        alike, weight = self._alike(rows)
        return float(self.train.good[alike].mean() - weight @ self.eval.good)

    def influence(self, rows: Mask, units: Hashes) -> Floats:
        """Return what each unit contributes to the gap, float[units]."""
        alike, weight = self._alike(rows)
        seen, new = self.train.good[alike], self.eval.good
        total = np.zeros(len(units))
        total[rows_of(units, self.train.ids[alike])] += (seen - seen.mean()) / len(seen)
        for kind in np.unique(self.eval.truth):
            of_kind = self.eval.truth == kind
            at = rows_of(units, self.eval.ids[of_kind])
            total[at] -= weight[of_kind] * (new[of_kind] - new[of_kind].mean())
        return total * len(units)

    def _alike(self, rows: Mask) -> tuple[Mask, Floats]:
        """Return the rows of whose kind there are eval rows, and the weight of each eval row, which sum to 1."""
        kinds, place, counts = np.unique(self.eval.truth, return_inverse=True, return_counts=True)
        alike = rows & np.isin(self.train.truth, kinds)
        seen = np.bincount(np.searchsorted(kinds, self.train.truth[alike]), minlength=len(kinds))
        return alike, np.asarray((seen / counts / max(seen.sum(), 1))[place])


def fitted(comparison: Comparison) -> tuple[str, Mapping[Side, list[Fitted]]]:
    """Return the trainings whose training rows were predicted, of head those of the smoke tier, and by which metric.

    There are none where one side has none, or no metric of single rows has a value.
    """
    found = {side: list(_tables(comparison, side)) for side in Side}
    tables = [table for side in found.values() for train, held, _ in side for table in (train, held)]
    metric = _metric(comparison, tables)
    if metric is None or not all(found.values()):
        return "", {side: [] for side in Side}
    kinds = _Kinds.of(found[Side.BASE][0][1])
    return metric.name, {
        side: [Fitted(_rows(metric, kinds, train), _rows(metric, kinds, held), places) for train, held, places in each]
        for side, each in found.items()
    }


def _metric(comparison: Comparison, tables: list[Table]) -> Metric | None:
    """Return the metric that tells most of single rows: the Brier score where there are probabilities."""
    held = [each.metric for each in comparison.declared if each.metric is not None and each.slice is None]
    known = reversed(comparison.task.by_row(held))
    return next((m for m in known if all(np.isfinite(m.value(each)) for each in tables)), None)


def _tables(comparison: Comparison, side: Side) -> Iterator[tuple[Table, Table, Floats]]:
    """Yield training rows, eval rows, and the places of the training rows in the file, of each training."""
    snapshot = comparison.side(side)
    for seed in range(comparison.effort.smoke_seeds if side is Side.HEAD else MAX_SEEDS):
        train, held = train_table(comparison, side, seed), eval_table(comparison, side, seed)
        asked = None if snapshot is None else snapshot.get(Predict(Fit(side, seed=seed), TRAIN), Predictions)
        if train is not None and held is not None and asked is not None:
            yield train, held, rows_of(asked.ids, train.ids) / len(asked.ids)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Kinds of rows by what is true of them, as some are harder to predict: classes, or quarters of the numbers."""

    names: dict[str, int]
    edges: Floats

    @classmethod
    def of(cls, table: Table) -> "_Kinds":
        target = table.truth.get("target")
        if isinstance(target, Names):
            return cls({name: code for code, name in enumerate(sorted(set(target.names)))}, np.zeros(0))
        values = target.values[np.isfinite(target.values)] if isinstance(target, Numbers) else np.zeros(0)
        return cls({}, np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else np.zeros(0))

    def codes(self, table: Table) -> Index:
        """Return the kind of each row; -1 if it is unknown."""
        target = table.truth.get("target")
        if isinstance(target, Names):
            by_code = np.array([*(self.names.get(name, -1) for name in target.names), -1])
            return np.asarray(by_code[target.codes], dtype=np.intp)
        values = target.values if isinstance(target, Numbers) else np.zeros(len(table))
        return np.searchsorted(self.edges, values).astype(np.intp)


def _rows(metric: Metric, kinds: _Kinds, table: Table) -> PredictedRows:
    influence = metric.influence(table)
    sign = 1.0 if metric.higher_is_better else -1.0
    unknown = np.full(len(table), np.nan)
    return PredictedRows(
        table.ids, unknown if influence is None else sign * (metric.value(table) + influence), kinds.codes(table)
    )
