"""From aligned runs to a Measure: values, contrasts by tier, and when there are too few rows to enforce anything."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatebot.comparison import Comparison
from gatebot.finding import Bound, Direction, Measure, Provenance
from gatebot.needs import Side, Tier
from gatebot.snapshot.column import Hashes
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Estimand, Ledger, Spread, single, spread
from gatebot.tasks.table import Mask, Table
from gatebot.tasks.task import Margin, Metric

FEWEST_ROWS = 50

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the units: all of them, or a slice. `mask` has shape [units]."""

    name: str | None = None
    mask: Mask | None = None

    def of(self, table: Table) -> Table:
        """The part of this table."""
        return table if self.mask is None else table.where(self.mask)


WHOLE = Part()


def parts_of(comparison: Comparison, column: str | None) -> tuple[Part, ...]:
    """All rows, or a part for each value of a slice column."""
    if column is None:
        return (WHOLE,)
    return tuple(Part(f"{column}={value}", mask) for value, mask in comparison.slice_masks(column).items())


def change(
    comparison: Comparison, metric: Metric, margin: Margin, part: Part = WHOLE, *, declared: bool = False
) -> Measure | None:
    """How head differs from base in one metric; None where either side has no runs or no value."""
    seen = _seen(comparison, metric, part)
    latest = seen.get(Tier.CONFIRM) or seen.get(Tier.SMOKE)
    if latest is None or latest.base is None or not np.isfinite(latest.base).all():
        return None
    spreads, problem = {}, ""
    for tier, found in seen.items():
        try:
            spreads[tier] = found.spread(margin)
        except StatError as error:
            problem = str(error)
    smoke, confirm = _tiers({tier: each.contrast for tier, each in spreads.items()}, latest.estimand)
    return Measure(
        metric=metric.name,
        slice=part.name,
        direction=latest.direction,
        base=float(latest.base.mean()),
        head=float(latest.head.mean()),
        margin=margin.size,
        relative=margin.relative,
        units=latest.units,
        seeds=len(latest.head),
        smoke=smoke,
        confirm=confirm,
        spread=spreads.get(Tier.CONFIRM) or spreads.get(Tier.SMOKE),
        by_seed=tuple((latest.head - latest.base).tolist()),
        identical=all(found.identical for found in seen.values()),
        declared=declared,
        provenance=provenance(comparison),
        not_enforced=too_few(latest.units) or problem,
    )


def bound(
    comparison: Comparison, metric: Metric, limit: float, part: Part = WHOLE, *, ceiling: bool = False
) -> Measure | None:
    """How head stands to a floor, or a ceiling; None where head has no runs or no value."""
    direction = Direction.LOWER if ceiling else Direction.HIGHER
    seen = _seen(comparison, metric, part)
    latest = seen.get(Tier.CONFIRM) or seen.get(Tier.SMOKE)
    if latest is None:
        return None
    contrasts, problem = {}, ""
    for tier, found in seen.items():
        try:
            contrasts[tier] = found.above(limit, direction)
        except StatError as error:
            problem = str(error)
    smoke, confirm = _tiers(contrasts, latest.estimand)
    return Measure(
        metric=metric.name,
        slice=part.name,
        direction=direction,
        base=None if latest.base is None else float(latest.base.mean()),
        head=float(latest.head.mean()),
        margin=float("nan"),
        units=latest.units,
        seeds=len(latest.head),
        smoke=smoke,
        confirm=confirm,
        declared=True,
        bound=Bound.FLOOR,
        limit=limit,
        provenance=provenance(comparison),
        not_enforced=too_few(latest.units) or problem,
    )


def too_few(units: int, fewest: int = FEWEST_ROWS) -> str:
    """Why so few units decide nothing, or an empty string."""
    return f"n={units} < {fewest}" if units < fewest else ""


def provenance(comparison: Comparison) -> Provenance:
    """Whether gatebot made the predictions itself, or took the user's and scored them."""
    found = comparison.predictions(Side.HEAD, Tier.SMOKE, 0)
    return Provenance.RESCORED if found is not None and found.rescored else Provenance.COMPUTED


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One tier's values by seed, in the metric's own units, with the tables that they come from."""

    metric: Metric
    head: Values
    base: Values | None
    head_tables: tuple[Table, ...]
    base_tables: tuple[Table, ...]
    clusters: Hashes | None
    main: Values  # of every seed that base has: its own spread over seeds
    estimand: Estimand
    identical: bool

    @property
    def direction(self) -> Direction:
        return Direction.HIGHER if self.metric.higher_is_better else Direction.LOWER

    @property
    def units(self) -> int:
        return len(self.head_tables[0])

    def spread(self, margin: Margin) -> Spread:
        """Head against base, positive when head is better."""
        sign = self.direction.sign
        return spread(
            sign * (self.head if self.base is None else self.base),
            sign * self.head,
            sign * self._influence(self.base_tables),
            sign * self._influence(self.head_tables),
            clusters=self.clusters,
            ledger=self._ledger(sign),
            estimand=self.estimand,
            relative=margin.relative,
            step=self.metric.step(self.head_tables[0]),
        )

    def above(self, limit: float, direction: Direction) -> Contrast:
        """Head against a fixed value, positive when head keeps to it."""
        sign = direction.sign
        return single(
            sign * self.head,
            sign * self._influence(self.head_tables),
            sign * limit,
            clusters=self.clusters,
            ledger=self._ledger(sign),
            estimand=self.estimand,
            step=self.metric.step(self.head_tables[0]),
        )

    def _influence(self, tables: tuple[Table, ...]) -> NDArray[np.float64]:
        found = [self.metric.influence(table) for table in tables]
        known = [influence for influence in found if influence is not None]
        if not known or len(known) != len(found):
            raise StatError(f"{self.metric.name}: its uncertainty is unknown on some run")
        return np.stack(known)

    def _ledger(self, sign: float) -> Ledger | None:
        if len(self.main) < 2 or not np.isfinite(self.main).all():
            return None
        return Ledger.of(sign * self.main, holds_base=True)


def _seen(comparison: Comparison, metric: Metric, part: Part) -> Mapping[Tier, _Seen]:
    """What each tier shows of a metric; a tier without runs, or on which head has no value, is left out."""
    found = {tier: _seen_in(comparison, metric, part, tier) for tier in Tier if comparison.runs(tier)}
    return {tier: seen for tier, seen in found.items() if seen.units and np.isfinite(seen.head).all()}


def _seen_in(comparison: Comparison, metric: Metric, part: Part, tier: Tier) -> _Seen:
    runs, groups = comparison.runs(tier), comparison.groups
    head = tuple(part.of(run.head) for run in runs)
    base = tuple(part.of(run.base) for run in runs if run.base is not None)
    return _Seen(
        metric=metric,
        head=np.array([metric.value(table) for table in head]),
        base=np.array([metric.value(table) for table in base]) if base else None,
        head_tables=head,
        base_tables=base,
        clusters=groups if groups is None or part.mask is None else groups[part.mask],
        main=np.array([metric.value(part.of(table)) for table in comparison.base_runs(tier)]),
        estimand=Estimand(comparison.head.about.estimand),
        identical=all(run.identical for run in runs),
    )


def _tiers(found: Mapping[Tier, Contrast], estimand: Estimand) -> tuple[Contrast | None, Contrast | None]:
    """Smoke and confirm. An artifact has one tier only, which may spend all of the error: it counts as confirm."""
    smoke, confirm = found.get(Tier.SMOKE), found.get(Tier.CONFIRM)
    if estimand is Estimand.ARTIFACT and confirm is None:
        return None, smoke
    return smoke, confirm
