"""The answers of both sides to the eval rows and to other spellings of them, and what is left of a gain on these."""

from dataclasses import dataclass, replace

import numpy as np

from gatebot.checks.difference import usable
from gatebot.checks.gain.asked_rows import columns, fits
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact
from gatebot.evidence.column import Floats, Hashes
from gatebot.evidence.leakage import Leakage, LeakageTraces
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import ExchangedRows, Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Estimand, single
from gatebot.tasks.table import Mask, Table, among, rows_of
from gatebot.tasks.task import Metric

LEVEL = 0.01
"""One-sided, of every bound here: the chance that a gain is looked at, or a cause is told, that is not there."""
KEPT = 0.5
"""A gain of which surely less than this share is left is gone."""
FEWEST_ROWS = 50
WENT = "; {metric} went from {base} to {head}"
A_LEAK = "Rows of the future will not have it: the gain is none of the model"

Facts = dict[str, Fact]


@dataclass(frozen=True, eq=False)
class Answers:
    """What the first models of both sides answer.

    Attributes:
        comparison: both sides.
        metric: the metric that got better, or None if its values by row are unknown.
    """

    comparison: Comparison
    metric: Metric | None

    def traces(self, side: Side) -> LeakageTraces | None:
        """Return what the search of a side's data found."""
        snapshot = self.comparison.side(side)
        need = Leakage(side, columns(self.comparison)) if side is Side.HEAD else Leakage(side)
        return None if snapshot is None else snapshot.get(need, LeakageTraces)

    def plain(self, side: Side) -> Table | None:
        """Return the answers to the eval rows."""
        predictions = self.comparison.predictions(side, Tier.SMOKE, 0)
        return None if predictions is None else self.comparison.joined_table([predictions])

    def parts(self, side: Side, rows: AnyRows) -> list[Predictions] | None:
        """Return what came of a probe, fold by fold; None if it was not carried out."""
        snapshot = self.comparison.side(side)
        found = [
            snapshot.get(Predict(fit, rows), Predictions) for fit in fits(self.comparison, side) if snapshot is not None
        ]
        known = [part for part in found if part is not None]
        return known if known and len(known) == self.comparison.effort.folds else None

    def table(self, side: Side, rows: AnyRows, *, by_id: bool = False) -> Table | None:
        """Return the answers to other rows, each beside the row whose features it got; None if any part failed."""
        parts = self.parts(side, rows)
        if parts is None or not all(usable(part) for part in parts):
            return None
        if isinstance(rows, ExchangedRows) and not by_id:
            moved = [self._by_features(side, rows, fold, part) for fold, part in enumerate(parts)]
            parts = [part for part in moved if part is not None]
            if len(parts) < len(moved):
                return None
        return self.comparison.joined_table(parts)

    def _by_features(self, side: Side, rows: ExchangedRows, fold: int, part: Predictions) -> Predictions | None:
        profile = self.comparison.profile(side)
        if profile is None:
            return None
        asked = profile.eval_rows
        ids = asked.ids[asked.folds == fold] if self.comparison.effort.folds > 1 else asked.ids
        if len(np.unique(part.ids)) != len(ids) or not among(part.ids, ids).all():
            return None
        return replace(part, ids=ids[rows.sources(len(ids))][rows_of(ids, part.ids)])

    # --- the gain, and what is left of it ---

    @property
    def gain(self) -> Contrast | None:
        """Head minus base on the eval rows."""
        return self.sum([(1.0, self.plain(Side.HEAD)), (-1.0, self.plain(Side.BASE))])

    def is_gone(self, rows: AnyRows) -> bool:
        """Whether surely less than a share of the gain is left on other rows."""
        kept = self._kept(rows, KEPT)
        return kept is not None and kept.upper(LEVEL) < 0

    def kept_share(self, rows: AnyRows) -> float | None:
        """Return the share of the gain that is left on other rows."""
        left, gain = self._kept(rows, 0.0), self.gain
        return None if left is None or gain is None or gain.delta <= 0 else left.delta / gain.delta

    def base_moves(self, rows: AnyRows) -> bool:
        """Whether base gets surely worse on other rows by a good part of the gain, so that they are another task."""
        plain, other = self.plain(Side.BASE), self.table(Side.BASE, rows)
        if plain is None or other is None:
            return False
        lost = self.sum([(1.0, other), (-1.0, plain), (KEPT / 2, self.plain(Side.HEAD)), (-KEPT / 2, plain)])
        return lost is None or lost.delta < 0

    def _kept(self, rows: AnyRows, share: float) -> Contrast | None:
        """Return the gain on other rows minus a share of the gain; None if head, or base, has no value on them."""
        head, base = self.plain(Side.HEAD), self.plain(Side.BASE)
        other, beside = self.table(Side.HEAD, rows), self.table(Side.BASE, rows) or base
        return self.sum([(1.0, other), (-1.0, beside), (-share, head), (share, base)])

    def sum(self, terms: list[tuple[float, Table | None]], rows: Mask | None = None) -> Contrast | None:
        """Return a weighted sum of the metric on several tables of the same rows, or of some; positive if better."""
        known = [(weight, table) for weight, table in terms if table is not None]
        metric, tables = self.metric, known if rows is None else [(w, table.where(rows)) for w, table in known]
        if metric is None or len(tables) < len(terms):
            return None
        sign = 1.0 if metric.higher_is_better else -1.0
        values = [metric.value(table) for _, table in tables]
        influences = [metric.influence(table) for _, table in tables]
        finite = [each for each in influences if each is not None and np.isfinite(each).all()]
        if not np.isfinite(values).all() or len(finite) < len(tables):
            return None
        value = sign * sum(weight * each for (weight, _), each in zip(tables, values, strict=True))
        influence: Floats = sign * np.sum([w * each for (w, _), each in zip(tables, finite, strict=True)], axis=0)
        groups = self.comparison.groups
        clusters = groups if groups is None or rows is None else groups[rows]
        return _contrast(value, influence, clusters, metric.step(tables[0][1]))


def _contrast(value: float, influence: Floats, clusters: Hashes | None, step: float) -> Contrast | None:
    try:
        return single([value], [influence], clusters=clusters, estimand=Estimand.ARTIFACT, step=step)
    except StatError:
        return None
