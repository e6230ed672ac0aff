"""The declared metrics of head alone, each with its interval: all that there is to show without a base."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gatebot.checks.measures import provenance
from gatebot.checks.reference import reference_table
from gatebot.checks.row_views import View, Views, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Direction, Provenance
from gatebot.evidence.need import Tier
from gatebot.evidence.training import Model
from gatebot.stats.arrays import Floats, StatError
from gatebot.stats.contrast import Estimand, single
from gatebot.tasks.table import Table
from gatebot.tasks.task import Declared

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Value:
    """A metric of head, in its own units.

    Attributes:
        metric: the name of the metric, with its class: `recall(urgent)`.
        slice: `column=value`, or None for all rows.
        direction: which way is better.
        tier: the tier of the trainings.
        value: the mean over seeds.
        low, high: the ends of the 95 % interval; None if its uncertainty is unknown. With one seed, it is that of the
            rows alone.
        trivial: the value of the model that always gives the same answer; None if it has none.
        rows: the number of rows.
        seeds: the number of seeds.
        provenance: whether gatebot made the predictions, or took the user's and scored them.
    """

    metric: str
    slice: str | None
    direction: Direction
    tier: Tier
    value: float
    low: float | None
    high: float | None
    trivial: float | None
    rows: int
    seeds: int
    provenance: Provenance


def values(comparison: Comparison) -> Iterator[Value]:
    """Yield the declared metrics that every run of head has a value of, in each tier that was trained."""
    views, trivial = Views(comparison), reference_table(comparison, Model.TRIVIAL)
    for declared in comparison.declared:
        for view in views.of(declared.slice):
            for tier in Tier:
                found = _value(view, declared, tier, trivial if view.name is None else None)
                if found is not None:
                    yield found


def _value(view: View, declared: Declared, tier: Tier, trivial: Table | None) -> Value | None:
    metric, tables = metric_of(declared), view.alone(tier, declared.own).head
    known = np.array([metric.value(table) for table in tables])
    if not len(known) or not np.isfinite(known).all():
        return None
    low, high = _interval(view, declared, tables, known)
    apart = None if trivial is None or declared.own is not None else metric.value(trivial)
    return Value(
        metric=metric.name,
        slice=view.name,
        direction=Direction.HIGHER if metric.higher_is_better else Direction.LOWER,
        tier=tier,
        value=float(known.mean()),
        low=low,
        high=high,
        trivial=apart if apart is not None and np.isfinite(apart) else None,
        rows=len(tables[0]),
        seeds=len(tables),
        provenance=provenance(view.comparison),
    )


def _interval(
    view: View, declared: Declared, tables: tuple[Table, ...], known: Floats
) -> tuple[float | None, float | None]:
    metric = metric_of(declared)
    influence = [found for table in tables if (found := metric.influence(table)) is not None]
    artifact = len(tables) == 1 or view.comparison.head.about.estimand == Estimand.ARTIFACT
    if len(influence) < len(tables):
        return None, None
    try:
        low, high = single(
            known,
            np.stack(influence),
            clusters=view.clusters,
            estimand=Estimand.ARTIFACT if artifact else Estimand.RECIPE,
            step=metric.step(tables[0]),
        ).interval(LEVEL)
    except StatError:
        return None, None
    return (max(low, 0.0), min(high, 1.0)) if metric.is_share else (low, high)
