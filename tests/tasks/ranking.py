"""A fourth task, made of public names only: documents ranked for queries. A unit is a query, an item a document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatebot.errors import UsageError
from gatebot.evidence.column import Floats, Hashes, Numbers
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks.definition import Definition, Value, defined
from gatebot.tasks.estimate import RATE, Estimate, mean, weight_of
from gatebot.tasks.table import Table
from gatebot.tasks.task import Direction, Metric, Problem

Index = NDArray[np.intp]


def _items(ids: Hashes, units: Hashes) -> tuple[Index, Index]:
    """Rows of these units' items, unit by unit in the rows' order, and the unit of each."""
    order = np.argsort(units)
    place = np.minimum(np.searchsorted(units[order], ids), len(units) - 1)
    unit = order[place]
    rows = np.flatnonzero(units[unit] == ids)
    rows = rows[np.argsort(unit[rows], kind="stable")]
    return rows, unit[rows]


def _numbers(columns: Mapping[str, object], name: str) -> Floats:
    column = columns[name]
    assert isinstance(column, Numbers)
    return column.values


def _rank(table: Table) -> Index:
    """The place of each item in its unit, from 0, best score first; shape [items]."""
    assert table.unit is not None
    score = _numbers(table.payload, "prediction")
    order = np.lexsort((-score, table.unit))
    sizes = np.bincount(table.unit, minlength=len(table))
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(score), dtype=np.intp)
    rank[order] = np.arange(len(score)) - starts[table.unit[order]]
    return rank


def _ideal(table: Table) -> Table:
    return Table(table.ids, table.truth, {"prediction": table.truth["target"]}, table.weight, table.unit)


def _gain(table: Table) -> Floats:
    assert table.unit is not None
    gains = _numbers(table.truth, "target") / np.log2(_rank(table) + 2.0)
    return np.bincount(table.unit, weights=gains, minlength=len(table)).astype(np.float64)


def ndcg(table: Table) -> Estimate:
    """Gain by relevance over the best possible gain; queries without anything relevant do not count."""
    gain, best = _gain(table), _gain(_ideal(table))
    return mean(gain / best, weight_of(table, best > 0))


def reciprocal_rank(table: Table) -> Estimate:
    """One over the place of the first relevant document, 0 where there is none."""
    assert table.unit is not None
    relevant = _numbers(table.truth, "target") > 0
    found = np.zeros(len(table))
    np.maximum.at(found, table.unit[relevant], 1.0 / (_rank(table)[relevant] + 1))
    return mean(found, weight_of(table))


def _plain(estimate: Callable[[Table], Estimate]) -> Callable[..., Callable[[Table], Estimate]]:
    return lambda _of, _options: estimate


METRICS = (
    Definition("ndcg", True, RATE, "gain over the best possible gain", _plain(ndcg)),
    Definition("mrr", True, RATE, "mean of one over the place of the first relevant document", _plain(reciprocal_rank)),
)


@dataclass(frozen=True, slots=True)
class Ranking:
    name: str = "ranking"
    labelled: bool = True

    def metric(
        self, name: str, of: str | None, options: Mapping[str, Value], direction: Direction | None = None
    ) -> Metric:
        return defined(name, METRICS, self.name).metric(of, options, direction)

    def default_metrics(self, truth: Truth) -> tuple[Metric, ...]:
        return (self.metric("ndcg", None, {}),)

    def by_row(self, held: Sequence[Metric]) -> tuple[Metric, ...]:
        return (self.metric("ndcg", None, {}),)

    def classes(self, truth: Truth) -> tuple[str, ...]:
        return ()

    def per_class(self, table: Table) -> Mapping[str, Metric]:
        return {}

    def shape_problems(self, predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
        if not isinstance(predictions.columns.get("prediction"), Numbers):
            yield Problem("missing_column", "there is no column of scores", {})

    def range_problems(self, predictions: Predictions) -> Iterator[Problem]:
        if wrong := int((~np.isfinite(_numbers(predictions.columns, "prediction"))).sum()):
            yield Problem("not_finite", "{rows} scores are no numbers", {"rows": wrong})

    def correct(self, table: Table) -> None:
        return None

    def table(self, truth: Truth, predictions: Predictions, units: Hashes) -> Table:
        """Items in the order of their rows within each query, on both sides."""
        at_truth, unit = _items(truth.ids, units)
        at_payload, other = _items(predictions.ids, units)
        if not np.array_equal(unit, other):
            raise UsageError("some query has not as many scores as documents")
        first = np.searchsorted(unit, np.arange(len(units)))
        return Table(
            ids=units,
            truth={"target": truth.target.take(at_truth)},
            payload={name: column.take(at_payload) for name, column in predictions.columns.items()},
            weight=None if truth.weight is None else truth.weight.values[at_truth][first],
            unit=unit,
        )
