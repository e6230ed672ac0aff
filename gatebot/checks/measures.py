"""From aligned runs to a Measure: values, contrasts by tier, and why some decide nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gatebot.checks.row_views import Tables, View, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Bound, Direction, Measure, Provenance, Reading
from gatebot.evidence.column import Hashes
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.snapshot import SeedNoise
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Estimand, Ledger, Pairing, Spread, row_variance, single, spread
from gatebot.tasks.table import Table
from gatebot.tasks.task import Declared, Margin, Metric

FEWEST_ROWS = 50
FEWEST_COUNTED = 10
"""Rows that a rate of a class must rest on: its positives for recall, what is predicted as it for precision."""

NO_BASE = "base has no value"

Values = NDArray[np.float64]
T = TypeVar("T")


def change(view: View, metric: Metric, margin: Margin, *, fewest: int = FEWEST_ROWS) -> Measure | None:
    """How head differs from base in one of the task's metrics; None where head has no value."""
    return _change(view, _Source(metric), margin, fewest)


def change_of(view: View, declared: Declared, margin: Margin, *, fewest: int = FEWEST_ROWS) -> Measure | None:
    """How head differs from base in a declared metric, which may be the user's own; None where head has no value."""
    return _change(view, _Source(metric_of(declared), declared.own), margin, fewest)


def bound(view: View, declared: Declared, limit: float, *, ceiling: bool = False) -> Measure | None:
    """How head stands to a floor, or a ceiling; None where head has no value."""
    source, direction = _Source(metric_of(declared), declared.own), Direction.LOWER if ceiling else Direction.HIGHER
    seen = _seen(view, source, view.alone)
    if not seen:
        return None
    latest = _latest(seen)
    contrasts, problem = _each(seen, lambda tier: tier.above(limit, direction))
    smoke, confirm = _tiers(contrasts, latest.estimand)
    return Measure(
        metric=source.metric.name,
        slice=view.name,
        direction=direction,
        base=latest.of_main,
        head=float(latest.head.mean()),
        margin=float("nan"),
        units=latest.units,
        seeds=len(latest.head),
        at_smoke=_at_smoke(seen, lambda tier: Reading(tier.of_main, float(tier.head.mean()), len(tier.head))),
        smoke=smoke,
        confirm=confirm,
        declared=True,
        bound=Bound.FLOOR,
        limit=limit,
        is_share=source.metric.is_share,
        provenance=provenance(view.comparison),
        not_enforced=latest.too_few(FEWEST_ROWS) or problem,
    )


def rests_on(metric: Metric, table: Table) -> float:
    """How many rows a rate rests on: the positives of a recall, all rows of an accuracy; infinite where none flips."""
    step = metric.step(table)
    return len(table) / step if step > 0 else float("inf")


def provenance(comparison: Comparison) -> Provenance:
    """Whether gatebot made the predictions itself, or took the user's and scored them."""
    found = comparison.predictions(Side.HEAD, Tier.SMOKE, 0)
    return Provenance.RESCORED if found is not None and found.rescored else Provenance.COMPUTED


@dataclass(frozen=True, slots=True)
class _Source:
    """A metric, and whether the user's own code gave its values."""

    metric: Metric
    own: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One tier's runs under one metric, with its value on each run in its own units.

    `earlier`: what commits of main before base have shown of its seed noise.
    """

    metric: Metric
    tables: Tables
    clusters: Hashes | None
    estimand: Estimand
    head: Values
    base: Values
    main: Values
    earlier: SeedNoise | None = None

    @property
    def direction(self) -> Direction:
        return Direction.HIGHER if self.metric.higher_is_better else Direction.LOWER

    @property
    def units(self) -> int:
        return len(self.tables.head[0])

    @property
    def of_main(self) -> float | None:
        """What main has, head or no head."""
        return float(self.main.mean()) if len(self.main) and np.isfinite(self.main).all() else None

    @property
    def by_seed(self) -> tuple[float, ...]:
        """Head minus base for each seed."""
        return tuple((self.head - self.base).tolist())

    def too_few(self, fewest: int) -> str:
        """Why so few rows decide nothing, or an empty string."""
        if self.units < fewest:
            return f"n={self.units} < {fewest}"
        both = (*self.tables.head[:1], *self.tables.base[:1])
        rows = max(rests_on(self.metric, table) for table in both)  # of either side: predicting none is no way out
        return f"positives={rows:.0f} < {FEWEST_COUNTED}" if rows < FEWEST_COUNTED - 0.5 else ""

    def against_base(self, margin: Margin) -> Spread:
        """Head against base, positive when head is better."""
        sign, step = self.direction.sign, self.metric.step(self.tables.head[0])
        ranked = self.metric.is_share and not step and sign > 0 and not margin.relative
        return spread(
            sign * self.base,
            sign * self.head,
            sign * self._influence(self.tables.base),
            sign * self._influence(self.tables.head),
            clusters=self.clusters,
            ledger=self._ledger(sign),
            estimand=self.estimand,
            relative=margin.relative,
            step=step,
            boundary=float(self.base.mean()) - margin.size if ranked else None,
        )

    def above(self, limit: float, direction: Direction) -> Contrast:
        """Head against a fixed value, positive when head keeps to it."""
        sign = direction.sign
        return single(
            sign * self.head,
            sign * self._influence(self.tables.head),
            sign * limit,
            clusters=self.clusters,
            ledger=self._ledger(sign),
            estimand=self.estimand,
            step=self.metric.step(self.tables.head[0]),
        )

    def absolute(self, margin: Margin) -> Margin:
        """A relative margin where base is too near zero to divide by: of the least that could be told from zero."""
        base = float(np.abs(self.base.mean()))
        told = 3.0 * float(np.sqrt(row_variance(self._influence(self.tables.base).mean(axis=0))[0]))
        return Margin(margin.size * (max(base, told) or float(np.abs(self.head.mean())) or 1.0))

    def _influence(self, tables: tuple[Table, ...]) -> NDArray[np.float64]:
        found = [self.metric.influence(table) for table in tables]
        known = [influence for influence in found if influence is not None]
        if not known or len(known) != len(found):
            raise StatError(f"{self.metric.name}: its uncertainty is unknown")
        return np.stack(known)

    def _ledger(self, sign: float) -> Ledger | None:
        if len(self.main) < 2 or not np.isfinite(self.main).all():
            return None
        own, known = Ledger.of(sign * self.main, holds_base=True), self.earlier
        if known is None or known.df <= 0:
            return own
        pairs = Pairing(known.cross, known.square, known.pairs)
        return own.joined(Ledger(known.variance, known.df, pairs))


def _change(view: View, source: _Source, margin: Margin, fewest: int) -> Measure | None:
    seen = _seen(view, source, view.pairs)
    if not seen or not all(len(each.base) and np.isfinite(each.base).all() for each in seen.values()):
        return _without_base(view, source, margin)
    latest = _latest(seen)
    spreads, problem = _each(seen, lambda tier: tier.against_base(margin))
    if problem and margin.relative:
        nearer, _ = _each({Tier.SMOKE: latest}, lambda tier: tier.absolute(margin))
        held = nearer.get(Tier.SMOKE, margin)
        absolute, still = _each(seen, lambda tier: tier.against_base(held)) if not held.relative else ({}, problem)
        if not still:
            spreads, problem, margin = absolute, "", held
    smoke, confirm = _tiers({tier: each.contrast for tier, each in spreads.items()}, latest.estimand)
    runs = [run for tier in seen for run in view.comparison.runs(tier)]
    return Measure(
        metric=source.metric.name,
        slice=view.name,
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
        is_share=source.metric.is_share,
        by_seed=latest.by_seed,
        at_smoke=_at_smoke(seen, lambda tier: _reading(tier, spreads.get(Tier.SMOKE))),
        identical=bool(runs) and all(run.identical for run in runs),
        provenance=provenance(view.comparison),
        not_enforced=latest.too_few(fewest) or problem,
    )


def _without_base(view: View, source: _Source, margin: Margin) -> Measure | None:
    """A metric that is new: shown, so that nobody thinks that it was held."""
    seen = _seen(view, source, view.alone)
    if not seen or view.comparison.base is None:
        return None
    latest = _latest(seen)
    return Measure(
        metric=source.metric.name,
        slice=view.name,
        direction=latest.direction,
        base=None,
        head=float(latest.head.mean()),
        margin=margin.size,
        relative=margin.relative,
        units=latest.units,
        seeds=len(latest.head),
        provenance=provenance(view.comparison),
        not_enforced=NO_BASE,
    )


def _seen(view: View, source: _Source, look: Callable[[Tier, str | None], Tables]) -> Mapping[Tier, _Seen]:
    """What each tier shows of a metric; a tier without runs, or on which head has no value, is left out."""
    estimand = Estimand(view.comparison.head.about.estimand)
    found = {}
    for tier in Tier:
        tables = look(tier, source.own)
        head, base, main = (_values(source.metric, each) for each in (tables.head, tables.base, tables.main))
        if len(head) and np.isfinite(head).all():
            earlier = view.comparison.earlier(tier, view.subject(source.metric.name))
            found[tier] = _Seen(source.metric, tables, view.clusters, estimand, head, base, main, earlier)
    return found


def _values(metric: Metric, tables: tuple[Table, ...]) -> Values:
    return np.array([metric.value(table) for table in tables])


def _latest(seen: Mapping[Tier, _Seen]) -> _Seen:
    return seen.get(Tier.CONFIRM) or seen[Tier.SMOKE]


def _reading(tier: _Seen, found: Spread | None) -> Reading:
    return Reading(float(tier.base.mean()), float(tier.head.mean()), len(tier.head), found, tier.by_seed)


def _at_smoke(seen: Mapping[Tier, _Seen], read: Callable[[_Seen], Reading]) -> Reading | None:
    """What the smoke tier shows, where it is not the latest."""
    return read(seen[Tier.SMOKE]) if len(seen) > 1 else None


def _each(seen: Mapping[Tier, _Seen], work: Callable[[_Seen], T]) -> tuple[dict[Tier, T], str]:
    """What comes of each tier, and the last reason why nothing did."""
    found, problem = {}, ""
    for tier, each in seen.items():
        try:
            found[tier] = work(each)
        except StatError as error:
            problem = str(error)
    return found, problem


def _tiers(found: Mapping[Tier, Contrast], estimand: Estimand) -> tuple[Contrast | None, Contrast | None]:
    """Smoke and confirm. An artifact has one tier only, which may spend all of the error: it counts as confirm."""
    smoke, confirm = found.get(Tier.SMOKE), found.get(Tier.CONFIRM)
    if estimand is Estimand.ARTIFACT and confirm is None:
        return None, smoke
    return smoke, confirm
