"""Tables from plain lists, and influence by its definition: move one unit's weight a little and look."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

from gatebot.evidence.column import Column, Floats, Hashes, Names, Numbers, names_of
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks.table import Table
from gatebot.tasks.task import Metric

few_examples = settings(max_examples=30, deadline=None)

Values = Sequence[float] | NDArray[np.float64]


def ids(count: int) -> Hashes:
    return np.arange(count, dtype=np.uint64)


def column(values: object) -> Column:
    if isinstance(values, (Names, Numbers)):
        return values
    listed = list(values)  # type: ignore[call-overload]
    if any(isinstance(value, str) for value in listed):
        return names_of(listed)
    return Numbers(np.array(listed, dtype=np.float64))


def table(truth: object, weight: Values | None = None, **payload: object) -> Table:
    target = column(truth)
    return Table(
        ids=ids(len(target)),
        truth={"target": target},
        payload={name: column(values) for name, values in payload.items()},
        weight=None if weight is None else np.asarray(weight, dtype=np.float64),
    )


def scored(truth: object, classes: Sequence[str], scores: NDArray[np.float64], weight: Values | None = None) -> Table:
    """A table of probabilities, shape [units, classes], and nothing else."""
    given = {f"score_{name}": Numbers(scores[:, at].copy()) for at, name in enumerate(classes)}
    return table(truth, weight, **given)


def delivered(rows: int | None = None, **columns: object) -> Predictions:
    made = {name: column(values) for name, values in columns.items()}
    count = max((len(each) for each in made.values()), default=0) if rows is None else rows
    return Predictions(Effects(Ending.OK), ids(count), made)


def truth_of(values: object, weight: Values | None = None) -> Truth:
    target = column(values)
    given = None if weight is None else Numbers(np.asarray(weight, dtype=np.float64))
    return Truth(ids(len(target)), target, given)


def reweighted(what: Table, weight: Floats) -> Table:
    return replace(what, weight=weight)


def moved_by_each_unit(metric: Metric, what: Table, size: float = 1e-5) -> Floats:
    """The infinitesimal jackknife, shape [units]: n times the metric's derivative by the log of a unit's weight."""
    weight = np.ones(len(what)) if what.weight is None else what.weight
    found = np.empty(len(what))
    for unit in range(len(what)):
        up, down = weight.copy(), weight.copy()
        up[unit] *= 1 + size
        down[unit] *= 1 - size
        change = metric.value(reweighted(what, up)) - metric.value(reweighted(what, down))
        found[unit] = len(what) * change / (2 * size)
    return found


def without_each_unit(metric: Metric, what: Table) -> Floats:
    """The jackknife, shape [units]: what leaving a unit out takes away, times n - 1."""
    count = len(what)
    kept = (metric.value(what.where(np.arange(count) != unit)) for unit in range(count))
    return (count - 1) * (metric.value(what) - np.fromiter(kept, dtype=np.float64))


def facts_by_code(problems: object) -> Mapping[str, Mapping[str, int | float | str]]:
    return {problem.code: problem.facts for problem in problems}  # type: ignore[attr-defined]
