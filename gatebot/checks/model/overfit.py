"""The model does not learn the training rows by heart more than base's does.

Why: A model that gains on the rows that it has seen and not on others has learnt them by heart, and ages badly.
Fix: Look at capacity, regularisation, the number of rounds, and at features that name single rows. If what is new
helps on new rows, the eval rows show it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.difference import failure
from gatebot.checks.train_tables import eval_table, needs, train_table, wishes
from gatebot.comparison.comparison import MAX_SEEDS, Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.column import Floats, Hashes
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Ledger, spread
from gatebot.tasks.table import Table, among, rows_of
from gatebot.tasks.task import Metric

LEVEL = 0.01
"""One-sided: the chance that a gap which grew by just the margin is told."""
BETTER = 0.05
"""One-sided, for eval rows that are predicted better than on base: then it is no overfitting, whatever the gap."""
FEWEST_ROWS = 50


class OverfitOptions(Options):
    """Settings of this check."""

    metric: str = Field(default="", description="the declared metric that is looked at; by default the first")
    margin: float = Field(
        default=0.05, gt=0, description="how much the gap may grow: points of a share, else relative to base's value"
    )


def excuse(comparison: Comparison) -> str:
    """There is no gap, or none to compare with."""
    if not comparison.effort.trains:
        return "predictions are brought: there are none of training rows"
    if not _gaps(comparison, Side.BASE, None):
        return "base has no predictions of its training rows yet"
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class _Gap:
    """What one training shows of a metric on its training rows and on the eval rows."""

    seed: int
    train: Table
    eval: Table

    def value(self, metric: Metric) -> float:
        """How much better the metric is on training rows."""
        sign = 1.0 if metric.higher_is_better else -1.0
        return sign * (metric.value(self.train) - metric.value(self.eval))

    def influence(self, metric: Metric, units: Hashes) -> Floats:
        """Return what each unit contributes to the gap, shape [units]; its mean is about 0.

        Training rows and eval rows are independent unless they are the same rows, which are then counted once. So a row
        that both sides have is paired, and one that only one side has is not.
        """
        total = np.zeros(len(units))
        sign = 1.0 if metric.higher_is_better else -1.0
        for table, weight in ((self.train, sign), (self.eval, -sign)):
            total[rows_of(units, table.ids)] += weight * _known(metric, table) * len(units) / len(table)
        return total


def run(comparison: Comparison, options: OverfitOptions) -> Iterator[Finding]:
    """A finding when the gap surely grew by more than the margin, and the eval rows are not surely predicted better."""
    metric = _metric(comparison, options.metric)
    if metric is None:
        return
    yield from _failed(comparison)
    head, main = _gaps(comparison, Side.HEAD, metric), _gaps(comparison, Side.BASE, metric)
    seeds = {each.seed for each in head}
    base = [each for each in main if each.seed in seeds] or main
    if (
        not head
        or not base
        or min(len(rows) for each in (*head, *base) for rows in (each.train, each.eval)) < FEWEST_ROWS
    ):
        return
    try:
        grown = _grown(comparison, metric, head, base, main)
        better = _better(comparison, metric, head, base, main)
    except StatError:
        return
    margin = options.margin if metric.is_share else options.margin * abs(_mean(metric, [each.eval for each in base]))
    if grown.lower(LEVEL) <= margin or better.lower(BETTER) > 0:
        return
    facts: dict[str, Fact] = {
        "metric": metric.name,
        "base_train": _mean(metric, [each.train for each in base]),
        "head_train": _mean(metric, [each.train for each in head]),
        "base_eval": _mean(metric, [each.eval for each in base]),
        "head_eval": _mean(metric, [each.eval for each in head]),
        "grown": grown.delta,
        "at_least": grown.lower(LEVEL),
    }
    says = (
        "{metric} of training rows went from {base_train} to {head_train}, of eval rows from {base_eval} to {head_eval}"
    )
    note = "The gap between both grew by {grown}, surely by more than {at_least}"
    yield Finding(metric.name, says, facts, note=note, size=grown.delta)


def _failed(comparison: Comparison) -> Iterator[Finding]:
    """A finding when the first training whose training rows cannot be predicted predicts its eval rows."""
    for seed in range(comparison.effort.smoke_seeds):
        asked = comparison.head.get(Predict(Fit(Side.HEAD, seed=seed), TRAIN), Predictions)
        if asked is not None and comparison.predictions(Side.HEAD, Tier.SMOKE, seed) is not None:
            failed = failure("training rows", "training rows", "eval rows", asked)
            if failed is not None:
                yield failed
                return


def _metric(comparison: Comparison, name: str) -> Metric | None:
    """Return the metric to look at: what the user's own code computes has no value on training rows."""
    known = [each for each in comparison.declared if each.metric is not None and each.slice is None]
    return next((each.metric for each in known if name in ("", each.name)), None)


def _gaps(comparison: Comparison, side: Side, metric: Metric | None) -> list[_Gap]:
    """Return what each training of one side shows, of those on which the metric has a value."""
    found = []
    for seed in range(comparison.effort.smoke_seeds if side is Side.HEAD else MAX_SEEDS):
        train, held = train_table(comparison, side, seed), eval_table(comparison, side, seed)
        if train is None or held is None:
            continue
        gap = _Gap(seed, train, held)
        if metric is None or np.isfinite(gap.value(metric)):
            found.append(gap)
    return found


def _grown(comparison: Comparison, metric: Metric, head: list[_Gap], base: list[_Gap], main: list[_Gap]) -> Contrast:
    """By how much head's gap is larger than base's, seed by seed and row by row."""
    units = np.unique(np.concatenate([table.ids for each in (*head, *base) for table in (each.train, each.eval)]))
    flips = [metric.step(table) / len(table) for table in (head[0].train, head[0].eval)]
    return spread(
        [each.value(metric) for each in base],
        [each.value(metric) for each in head],
        np.stack([each.influence(metric, units) for each in base]),
        np.stack([each.influence(metric, units) for each in head]),
        clusters=_clusters(comparison, units),
        ledger=_ledger([each.value(metric) for each in main]),
        step=len(units) * math.hypot(*flips),
    ).contrast


def _better(comparison: Comparison, metric: Metric, head: list[_Gap], base: list[_Gap], main: list[_Gap]) -> Contrast:
    """By how much head is better on the eval rows."""
    sign = 1.0 if metric.higher_is_better else -1.0
    old, new, every = ([sign * metric.value(each.eval) for each in gaps] for gaps in (base, head, main))
    return spread(
        old,
        new,
        np.stack([sign * _known(metric, each.eval) for each in base]),
        np.stack([sign * _known(metric, each.eval) for each in head]),
        clusters=comparison.groups,
        ledger=_ledger(every),
        step=metric.step(head[0].eval),
    ).contrast


def _known(metric: Metric, table: Table) -> Floats:
    influence = metric.influence(table)
    if influence is None:
        raise StatError(f"{metric.name}: its uncertainty is unknown")
    return influence


def _clusters(comparison: Comparison, units: Hashes) -> Hashes | None:
    """Return the group of each unit; a training row, whose group is not stored, is one of its own."""
    groups = comparison.groups
    if groups is None:
        return None
    known = among(units, comparison.units)
    found = units.copy()
    found[known] = groups[rows_of(comparison.units, units[known])]
    return found


def _ledger(values: list[float]) -> Ledger | None:
    return Ledger.of(values, holds_base=True) if len(values) > 1 else None


def _mean(metric: Metric, tables: list[Table]) -> float:
    return float(np.mean([metric.value(table) for table in tables]))


CHECK = Check(
    "model.overfit",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=OverfitOptions,
    relative=True,
    excuse=excuse,
)
