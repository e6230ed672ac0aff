"""Probes of a gain: what head answers to other spellings of the eval rows, and what its data gives away."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatebot.checks.difference import usable
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding
from gatebot.evidence.column import Floats, Hashes, Names, Numbers
from gatebot.evidence.leakage import MAX_COLUMNS, ColumnModel, Leakage, LeakageTraces
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import ExchangedRows, NearCopies, PerturbedRows, Predict, Predictions, ShuffledRows
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import ColumnProfile
from gatebot.evidence.training import Fit
from gatebot.stats.arrays import StatError
from gatebot.stats.binomial import clopper_pearson_lower, clopper_pearson_upper
from gatebot.stats.contrast import Contrast, Estimand, single
from gatebot.tasks.table import Mask, Table, among, rows_of
from gatebot.tasks.task import Metric, Task

LEVEL = 0.01
"""One-sided, of every bound here: the chance that a gain is looked at, or a cause is told, that is not there."""
BOUND = 3.0
"""What tells the target in nearly all rows misses surely no more than so many times the share that it may miss."""
FAR = 0.25
"""It misses surely fewer rows than this share of those that base misses, and of those that a constant misses."""
KEPT = 0.5
"""A gain of which surely less than this share is left is gone."""
FOLLOWS = 5.0
"""Head follows a column if surely no more than so many times the share that may be missed is answered otherwise."""
BY_ID = 5.0
"""An id tells the target if it misses no more than so many times the share that a column may miss: no feature is it."""
FEWEST_ROWS = 50
CLOSE = 0.02
"""A number is told if it is missed by no more than this share of the target's standard deviation."""
MOST_WITHOUT = 10
"""Columns without which head is asked to predict."""
KEY = 0.9
"""Share of different values from which a column of short texts or whole numbers is a key."""
KEY_LENGTH = 40

EXCHANGED, NEAR, SHUFFLED = ExchangedRows(), NearCopies(), ShuffledRows()
WENT = "; {metric} went from {base} to {head}"
A_LEAK = "Rows of the future will not have it: the gain is none of the model"


def probing(comparison: Comparison) -> tuple[Need, ...]:
    """Return the probes: other spellings of the eval rows for the first models, and a search of the data."""
    asked: list[Need] = [Leakage(Side.HEAD, columns(comparison)), Leakage(Side.BASE)]
    if comparison.effort.trains:
        both: tuple[AnyRows, ...] = (EXCHANGED, NEAR, SHUFFLED)
        for side, spellings in ((Side.HEAD, (*both, *_taken(comparison))), (Side.BASE, both)):
            asked += [Predict(fit, rows) for rows in spellings for fit in _fits(comparison, side)]
    return tuple(asked)


def _fits(comparison: Comparison, side: Side) -> tuple[Fit, ...]:
    return tuple(Fit(side, fold=fold) for fold in range(comparison.effort.folds))


def _taken(comparison: Comparison) -> tuple[AnyRows, ...]:
    return tuple(without(column) for column in suspects(comparison))


def without(column: str) -> PerturbedRows:
    """Return the eval rows with a column that tells nothing of them: the values of other rows."""
    return PerturbedRows("shuffled", column, 1.0)


def columns(comparison: Comparison) -> tuple[str, ...]:
    """Return head's columns, the new and changed ones first."""
    head = comparison.profile(Side.HEAD)
    if head is None:
        return ()
    new = _new(comparison)
    names = [*new, *(column.name for column in head.columns if column.name not in new)]
    return tuple(name for name in names if _is_plain(name))[:MAX_COLUMNS]


def _is_plain(name: str) -> bool:
    """Whether a need can name a column."""
    return 0 < len(name) <= 200 and name.isprintable()


def _new(comparison: Comparison) -> list[str]:
    """Return the columns of head that base does not have, followed by those whose values are others."""
    base, head = comparison.profile(Side.BASE), comparison.profile(Side.HEAD)
    if base is None or head is None:
        return []
    old = {column.name: column for column in base.columns}
    names = [column.name for column in head.columns if column.name not in old]
    if base.rows == head.rows:  # with other rows, all columns have other values
        names += [column.name for column in head.columns if column.name in old and old[column.name] != column]
    return names


def suspects(comparison: Comparison) -> tuple[str, ...]:
    """Return the columns without which head is asked: new ones, then those that look like keys of rows."""
    head = comparison.profile(Side.HEAD)
    keys = [] if head is None else [column.name for column in head.columns if _is_key(column)]
    names = dict.fromkeys((*_new(comparison), *keys))
    return tuple(name for name in names if _is_plain(name))[:MOST_WITHOUT]


def _is_key(column: ColumnProfile) -> bool:
    if column.distinct < KEY * column.rows:
        return False
    longest = column.maximum if isinstance(column.maximum, float) else 0.0
    return column.kind == "integer" or (column.kind == "text" and longest <= KEY_LENGTH)


@dataclass(frozen=True, eq=False)
class Probes:
    """What the probes show of a gain.

    Head's own code answers them, so that it may answer anything. What it says under a probe can only count against it:
    a gain that is gone under a probe rests on what the probe takes away, and a crash leaves the finding as it is.
    """

    comparison: Comparison
    metric: Metric | None
    alone: float

    @property
    def asked(self) -> bool:
        """Whether any probe was carried out."""
        return self._traces(Side.HEAD) is not None or any(
            self._parts(Side.HEAD, rows) is not None for rows in (EXCHANGED, NEAR)
        )

    @cached_property
    def causes(self) -> list[Finding]:
        """What is proven to give the answers away."""
        found = [*self._columns_alone(), *self._means(), *self._by_id(), *self._by_content(), *self._twins()]
        return list({each.subject: each for each in found}.values())

    @property
    def hints(self) -> dict[str, Fact]:
        """Facts of the probes that prove nothing."""
        found: dict[str, Fact] = {"probed": ", ".join(self._probed())}
        best = self._best_model
        if best is not None:
            found |= {"column": best[0], "told": best[1]}
        carrier = self._carrier
        if carrier is not None:
            found |= {"carrier": carrier[0], "kept": carrier[1]}
        for name, rows in (("kept_exchanged", EXCHANGED), ("kept_near", NEAR)):
            if (kept := self._kept_share(rows)) is not None:
                found[name] = kept
        if failed := self._failed():
            found["failed"] = ", ".join(failed)
        return found

    @property
    def notes(self) -> Iterator[str]:
        """Sentences about these facts."""
        facts = self.hints
        if "column" in facts:
            yield "The column `{column}` alone tells {told} of the rows"
        if "carrier" in facts:
            yield "Without `{carrier}`, {kept} of the gain is left"
        if self._is_gone(EXCHANGED):
            yield "With exchanged ids, {kept_exchanged} of the gain is left"
        if self._is_gone(NEAR):
            yield "On near-copies of the rows, {kept_near} of the gain is left"
        if "failed" in facts:
            yield "Head does not answer: {failed}"

    @property
    def _spellings(self) -> tuple[AnyRows, ...]:
        return (EXCHANGED, NEAR, *_taken(self.comparison))

    def _probed(self) -> Iterator[str]:
        traces = self._traces(Side.HEAD)
        if traces is not None:
            yield f"{traces.searched} columns alone"
            if traces.twins is not None:
                yield "near-copies across the split"
        yield from (rows.text for rows in self._spellings if self._table(Side.HEAD, rows) is not None)

    def _failed(self) -> list[str]:
        """Return the rows that head does not predict, though it predicts the eval rows."""
        asked = (rows for rows in self._spellings if self._parts(Side.HEAD, rows) is not None)
        return [rows.text for rows in asked if self._table(Side.HEAD, rows) is None]

    # --- columns that tell the target alone ---

    def _columns_alone(self) -> Iterator[Finding]:
        """Yield each column that alone tells the target in nearly all rows, where base is far from it.

        A column that base has too counts only if head answers what it tells, for base may have left it out for a reason
        that has nothing to do with the gain.
        """
        new = _new(self.comparison)
        for model in self._models:
            right = self._right_of(model)
            if right is None or not self._tells(right):
                continue
            if model.column in new or self._follows(model):
                facts: dict[str, Fact] = {"column": model.column, "told": int(right.sum()), "rows": len(right)}
                says = "the column `{column}` alone tells the target of {told} of {rows} rows"
                yield Finding(f"column {model.column}", says + WENT, facts, note=A_LEAK)

    @property
    def _models(self) -> tuple[ColumnModel, ...]:
        traces = self._traces(Side.HEAD)
        return () if traces is None else traces.models

    @cached_property
    def _best_model(self) -> tuple[str, float] | None:
        told = [
            (model.column, float(right.mean()))
            for model in self._models
            if (right := self._right_of(model)) is not None
        ]
        return max(told, key=lambda each: each[1], default=None)

    def _right_of(self, model: ColumnModel) -> Mask | None:
        table = self._model_table(model)
        return None if table is None else _right(self.comparison.task, table)

    def _model_table(self, model: ColumnModel) -> Table | None:
        traces = self._traces(Side.HEAD)
        plain = self._plain(Side.HEAD)
        if traces is None or plain is None or not among(self.comparison.units, traces.ids).all():
            return None
        column = model.prediction.take(rows_of(traces.ids, self.comparison.units))
        return replace(plain, payload={"prediction": column})

    def _tells(self, right: Mask, factor: float = 1.0) -> bool:
        """Whether these rows are surely nearly all, and base and a constant surely miss far more."""
        base, least = self._plain(Side.BASE), factor * (1 - self.alone)
        was = None if base is None else _right(self.comparison.task, base)
        if base is None or was is None or len(right) < FEWEST_ROWS or 1 - right.mean() > least:
            return False
        wrong, units = _counted(~right, self.comparison.groups)
        most = clopper_pearson_upper(wrong, units, LEVEL)
        return most <= BOUND * least and most <= FAR * min(1 - float(was.mean()), _by_chance(base))

    def _follows(self, model: ColumnModel) -> bool:
        """Whether head answers what a column tells, in surely more rows than could be chance."""
        head, alone = self._plain(Side.HEAD), self._model_table(model)
        if head is None or alone is None:
            return False
        answered = replace(alone, truth={"target": head.payload["prediction"]})
        same = _right(self.comparison.task, answered)
        if same is None:
            return False
        return clopper_pearson_lower(int(same.sum()), len(same), LEVEL) >= 1 - FOLLOWS * (1 - self.alone)

    def _means(self) -> Iterator[Finding]:
        """Yield each column that was computed with the labels of eval rows."""
        traces, new = self._traces(Side.HEAD), _new(self.comparison)
        for each in () if traces is None else traces.aggregates:
            if each.column in new:
                of = f"share of {each.label}" if each.label else "mean"
                facts: dict[str, Fact] = {
                    "column": each.column,
                    "key": each.key,
                    "of": of,
                    "equal": each.equal,
                    "rows": each.rows,
                }
                says = "the column `{column}` is the {of} of the target by `{key}`, with the labels of eval rows"
                yield Finding(f"column {each.column}", f"{says}: in {{equal}} of {{rows}}", facts, note=A_LEAK)

    # --- answers that are looked up ---

    def _by_id(self) -> Iterator[Finding]:
        """Yield a finding if predictions go with the id, or the place, of a row, whatever its features.

        They tell the target of the row whose id they got, in nearly all rows. Less could be features that are kept by
        id elsewhere, such as images: that is a hint only. Base must not do the same.
        """
        if self._base_moves(EXCHANGED) or not self._is_gone(EXCHANGED):
            return
        named = self._table(Side.HEAD, EXCHANGED, by_id=True)
        right = None if named is None else _right(self.comparison.task, named)
        if right is None or not self._tells(right, BY_ID):
            return
        facts: dict[str, Fact] = {"told": int(right.sum()), "rows": len(right)}
        still = "with the features of other rows, {told} of {rows} are still right"
        if self._is_gone(SHUFFLED):
            yield Finding("order", f"the answers go with the places of rows: {still}{WENT}", facts, note=A_LEAK)
        else:
            yield Finding("ids", f"the answers are looked up by id: {still}{WENT}", facts, note=A_LEAK)

    def _by_content(self) -> Iterator[Finding]:
        """Yield a finding if the gain is gone on near-copies of the rows, whose change base hardly notices."""
        if self._table(Side.BASE, NEAR) is None or self._base_moves(NEAR) or not self._is_gone(NEAR):
            return
        facts: dict[str, Fact] = {"kept": self._kept_share(NEAR) or 0.0}
        says = "the answers are looked up by content: {kept} of the gain is left when last digits or spaces change"
        yield Finding("content", says + WENT, facts, note=A_LEAK)

    def _is_gone(self, rows: AnyRows) -> bool:
        """Whether surely less than a share of the gain is left on other rows."""
        kept = self._kept(rows, KEPT)
        return kept is not None and kept.upper(LEVEL) < 0

    def _base_moves(self, rows: AnyRows) -> bool:
        """Whether base gets surely worse on other rows by a good part of the gain, so that they are another task."""
        plain, other = self._plain(Side.BASE), self._table(Side.BASE, rows)
        if plain is None or other is None:
            return False
        lost = self._sum([(1.0, other), (-1.0, plain), (KEPT / 2, self._plain(Side.HEAD)), (-KEPT / 2, plain)])
        return lost is None or lost.delta < 0

    def _kept(self, rows: AnyRows, share: float) -> Contrast | None:
        """Return the gain on other rows minus a share of the gain; None if head, or base, has no value on them."""
        head, base = self._plain(Side.HEAD), self._plain(Side.BASE)
        other, beside = self._table(Side.HEAD, rows), self._table(Side.BASE, rows) or base
        return self._sum([(1.0, other), (-1.0, beside), (-share, head), (share, base)])

    def _kept_share(self, rows: AnyRows) -> float | None:
        """Return the share of the gain that is left on other rows."""
        left, gain = self._kept(rows, 0.0), self._gain
        return None if left is None or gain is None or gain.delta <= 0 else left.delta / gain.delta

    @property
    def _gain(self) -> Contrast | None:
        return self._sum([(1.0, self._plain(Side.HEAD)), (-1.0, self._plain(Side.BASE))])

    @cached_property
    def _carrier(self) -> tuple[str, float] | None:
        """Return the column without which least of the gain is left, if it is gone without it."""
        kept = [
            (name, share)
            for name in suspects(self.comparison)
            if self._is_gone(without(name)) and (share := self._kept_share(without(name))) is not None
        ]
        return min(kept, key=lambda each: each[1], default=None)

    def _sum(self, terms: list[tuple[float, Table | None]], rows: Mask | None = None) -> Contrast | None:
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

    # --- rows of eval found in train ---

    def _twins(self) -> Iterator[Finding]:
        """Yield a finding if near-copies of eval rows came into the train rows, and the gain is on their rows."""
        head, base = self._traces(Side.HEAD), self._traces(Side.BASE)
        plain, old = self._plain(Side.HEAD), self._plain(Side.BASE)
        if head is None or head.twins is None or plain is None or old is None or self.metric is None:
            return
        units = self.comparison.units
        has = among(units, head.twins) if len(head.twins) else np.zeros(len(units), dtype=np.bool_)
        had = _had(base, units)
        count, before = int(has.sum()), int(had.sum())
        if count < FEWEST_ROWS or clopper_pearson_lower(count, len(units), LEVEL) <= 2 * clopper_pearson_upper(
            before, len(units), LEVEL
        ):
            return
        new, others = has & ~had, ~has
        if others.sum() >= FEWEST_ROWS and not self._gains_more(plain, old, new, others):
            return
        if others.sum() < FEWEST_ROWS and (base is None or base.twins is None):
            return
        facts: dict[str, Fact] = {"count": count, "before": before, "rows": len(units)}
        says = "near-copies of {count} of {rows} eval rows are among the train rows, of {before} on base"
        yield Finding("train rows", says + WENT, facts, note=A_LEAK)

    def _gains_more(self, head: Table, base: Table, here: Mask, there: Mask) -> bool:
        """Whether these rows gain surely more than the other rows."""
        one, other = (self._sum([(1.0, head), (-1.0, base)], rows) for rows in (here, there))
        if one is None or other is None:
            return False
        se = float(np.hypot(one.se, other.se))
        return Contrast(one.delta - other.delta, se, min(one.df, other.df)).lower(LEVEL) > 0

    # --- evidence ---

    def _traces(self, side: Side) -> LeakageTraces | None:
        snapshot = self.comparison.side(side)
        need = Leakage(side, columns(self.comparison)) if side is Side.HEAD else Leakage(side)
        return None if snapshot is None else snapshot.get(need, LeakageTraces)

    def _plain(self, side: Side) -> Table | None:
        """Return the answers of the first models to the eval rows."""
        predictions = self.comparison.predictions(side, Tier.SMOKE, 0)
        return None if predictions is None else self.comparison.joined_table([predictions])

    def _parts(self, side: Side, rows: AnyRows) -> list[Predictions] | None:
        """Return what came of a probe, fold by fold; None if it was not carried out."""
        snapshot = self.comparison.side(side)
        found = [
            snapshot.get(Predict(fit, rows), Predictions)
            for fit in _fits(self.comparison, side)
            if snapshot is not None
        ]
        known = [part for part in found if part is not None]
        return known if known and len(known) == self.comparison.effort.folds else None

    def _table(self, side: Side, rows: AnyRows, *, by_id: bool = False) -> Table | None:
        """Return the answers to other rows, each beside the row whose features it got; None if any part failed."""
        parts = self._parts(side, rows)
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


def _had(base: LeakageTraces | None, units: Hashes) -> Mask:
    """Return which units had a near-copy among base's train rows."""
    if base is None or base.twins is None or not len(base.twins):
        return np.zeros(len(units), dtype=np.bool_)
    return among(units, base.twins)


def _contrast(value: float, influence: Floats, clusters: Hashes | None, step: float) -> Contrast | None:
    try:
        return single([value], [influence], clusters=clusters, estimand=Estimand.ARTIFACT, step=step)
    except StatError:
        return None


def _counted(wrong: Mask, groups: Hashes | None) -> tuple[int, int]:
    """Return how many units are wrong, and how many there are; a group is one unit, wrong if any of its rows is."""
    if groups is None:
        return int(wrong.sum()), len(wrong)
    return len(np.unique(groups[wrong])), len(np.unique(groups))


def _right(task: Task, table: Table) -> Mask | None:
    """Return the rows whose target is told: the label, or a number that is close to it."""
    right = task.correct(table)
    if right is not None:
        return right
    truth, said = table.truth.get("target"), table.payload.get("prediction")
    if not isinstance(truth, Numbers) or not isinstance(said, Numbers):
        return None
    near: Mask = np.abs(said.values - truth.values) <= CLOSE * _scale(truth.values)
    return near


def _scale(values: Floats) -> float:
    """Return a standard deviation that far values hardly move, or the plain one if half of the values are equal."""
    low, high = np.nanquantile(values, [0.25, 0.75])
    return float((high - low) / 1.349) or float(np.nanstd(values))


def _by_chance(table: Table) -> float:
    """Return the share of rows that the best constant does not tell."""
    match table.truth.get("target"):
        case Names(codes=codes) if len(codes):
            return 1 - float(np.bincount(codes[codes >= 0]).max(initial=0) / len(codes))
        case Numbers(values=values) if len(values):
            close = np.abs(values - np.nanmedian(values)) <= CLOSE * _scale(values)
            return 1 - float(close.mean())
    return 0.0
