"""Which rows train and which are predicted: the same on base and head, whatever happens to other rows.

A row's side comes from a keyed hash of its unit (its group; else its declared id; else its content, so that copies stay
together). Within each class or bin of the target, the units with the lowest hashes are eval rows. One row more
moves at most one other row of its own stratum, and, where `eval_rows` is the limit, at most one of another. With
base's rows
given, nothing moves: their side is binding, and what lay beyond base's boundary keeps training.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import assert_never

import numpy as np

from gatebot.data.folds import folds_of, known_folds
from gatebot.data.identity import Identity, identify, mixed, spelled
from gatebot.data.rows import Index, Mask, Rows
from gatebot.data.strata import Strata, Units, before_the_last, first_rows, strata_of, units_of
from gatebot.data.target import present, spelled_names, target_of
from gatebot.data.times import latest_first
from gatebot.errors import UsageError
from gatebot.needs import Tier
from gatebot.snapshot.column import Column, Hashes, label
from gatebot.snapshot.evidence import RowTable

EVAL_VALUES = ("eval", "test", "val", "valid", "validation")
TINY = 1000  # below this many rows every row is predicted out of fold
TINY_FOLDS = 5
EVAL_SHARE = 0.4  # of all rows, at most, where `eval_rows` is a count
CONFIRM = 2.5  # times the smoke rows
IDENTIFYING = 0.5  # share of distinct contents from which on equal contents mean the same thing
FEW_LEFT = 0.1  # share of the earlier rows that must be left to train on when `group` and `time` are both set

Amount = int | float  # rows: a count, or a share of all in (0, 1] as float


@dataclass(frozen=True, slots=True)
class SplitRules:
    """How rows are split.

    Attributes:
        project: keys all hashes.
        task: classification, regression or scores.
        folds: out-of-fold predictions of every row, by so many models; None: only on tiny data.
        eval_values: values of `Columns.split` that mean eval, compared without case.
        train_rows: of the smoke tier, of the rows that may train.
        eval_rows: at most, of all rows.
        confirm_rows: of the confirm tier; None: 2.5 times the smoke rows. Never fewer than the smoke rows.
        identity: columns that make a row's content: base's, None where there is no base.
    """

    project: str
    task: str = "classification"
    folds: int | None = None
    eval_values: tuple[str, ...] = EVAL_VALUES
    train_rows: Amount = 2000
    eval_rows: Amount = 5000
    confirm_rows: Amount | None = None
    identity: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Split:
    """Sides of all rows; every index is into the rows that were read.

    Attributes:
        rules: how it was split.
        identity: hashes of every row.
        target: of every row, None without one.
        eval: rows that are predicted, in the order in which they are (that of their hashes).
        train: rows that training may draw from, in source order. With folds: all of them; `training` leaves out the
            fold's.
        folds: the fold of every row that was read, shape [n]; None where one model predicts all.
        fold_count: 1 without folds.
        identifying: equal contents mean the same thing here, so what equals an eval row does not train.
        claimed: the user's own split calls these rows train; None where gatebot split.
        excluded: rows that do not train because their content is an eval row's.
        unlabelled: rows without a label that would else be eval rows.
        left_out: other rows on neither side: beyond `eval_rows`, copies of an id, too late to train.
    """

    rules: SplitRules
    identity: Identity
    target: Column | None
    eval: Index
    train: Index
    folds: Hashes | None
    fold_count: int
    identifying: bool
    claimed: Index | None
    excluded: int
    unlabelled: int
    left_out: int

    def training(self, tier: Tier = Tier.SMOKE, fold: int = 0) -> Index:
        """Rows of one training, in source order. Those of the smoke tier are among those of the confirm tier."""
        pool = self.outside(fold)
        return pool[np.flatnonzero(self._first(pool, self._amount(tier, len(pool))))]

    def outside(self, fold: int) -> Index:
        """Rows that may train the model of one fold, in source order."""
        if self.folds is None:
            return self.train
        pool: Index = self.train[self.folds[self.train] != fold]
        if not self.identifying:
            return pool
        contents = self.identity.contents
        held_out = self.eval[self.folds[self.eval] == fold]
        kept: Index = pool[~np.isin(contents[pool], contents[held_out])]
        return kept

    def _amount(self, tier: Tier, pool: int) -> int:
        smoke = count_of(self.rules.train_rows, pool)
        match tier:
            case Tier.SMOKE:
                return smoke
            case Tier.CONFIRM if self.rules.confirm_rows is not None:
                return max(smoke, count_of(self.rules.confirm_rows, pool))
            case Tier.CONFIRM:
                return min(pool, int(np.ceil(CONFIRM * smoke)))
            case _:
                assert_never(tier)

    def _first(self, pool: Index, amount: int) -> Mask:
        if amount >= len(pool):
            return np.ones(len(pool), dtype=bool)
        order, ones = self._train_order[pool], np.ones(len(pool), dtype=np.int64)
        units = Units(np.arange(len(pool)), order, self._strata.of[pool], ones, self._strata.offsets)
        return first_rows(units, units.hashes, 1.0, amount, keep_one=False)

    @cached_property
    def _train_order(self) -> Hashes:
        return mixed(self.identity.ids, "train", self.identity.nth)

    @cached_property
    def _strata(self) -> Strata:
        labelled = np.ones(len(self.identity.ids), dtype=bool) if self.target is None else present(self.target)
        return strata_of(self.target, labelled)


def count_of(amount: Amount, of: int) -> int:
    """A count of rows from a count or a share, between 1 and `of`."""
    count = int(amount * of) if isinstance(amount, float) else amount
    return max(1, min(count, of))


def split(rows: Rows, rules: SplitRules, known: RowTable | None = None) -> Split:
    """Put every row on its side.

    Args:
        rows: what was read.
        rules: how. `Columns.split`, `Columns.time` and fixed eval files decide where they are given.
        known: base's eval rows: they stay eval rows (with their folds), and neither they nor what equals them trains.

    Raises:
        UsageError: a side would be empty, or the target cannot be read.
    """
    if known is not None and not len(known):
        known = None
    identity = identify(rows, rules.project, rules.identity)
    target = target_of(rows, rules.task)
    labelled = np.ones(len(rows), dtype=bool) if target is None else present(target)
    sides = _Sides(rows, rules, identity, target, labelled, labelled & identity.named & (identity.nth == 0), known)
    if not sides.eligible.any():
        what = f"no row has a label (`{rows.columns.target}`)" if not labelled.any() else "no row has an id"
        raise UsageError(f"Nothing can be predicted and scored: {what}.", "Check `data.target` and `data.id`.")
    count = _fold_count(sides)
    return _held_out(sides) if count == 1 else _folded(sides, count)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """What every way of splitting works on."""

    rows: Rows
    rules: SplitRules
    identity: Identity
    target: Column | None
    labelled: Mask
    eligible: Mask  # can be eval rows
    known: RowTable | None

    @property
    def bound(self) -> Mask:
        """Rows that base predicts, copies of their ids too."""
        if self.known is None:
            return np.zeros(len(self.rows), dtype=bool)
        return np.isin(self.identity.ids, self.known.ids)

    def units(self, *, single: bool = False) -> Units:
        """What stays together: rows alone, groups, or equal contents where only they tell rows apart."""
        identity = self.identity
        hashes = identity.ids
        if not single and identity.groups is not None:
            hashes = identity.groups
        elif not single and self.rows.columns.id is None and identifying(identity.contents):
            hashes = identity.contents
        return units_of(hashes, strata_of(self.target, self.eligible), self.eligible)


def identifying(contents: Hashes) -> bool:
    """Whether equal contents mean the same thing; not so where a few values make all rows."""
    return len(np.unique(contents)) >= IDENTIFYING * len(contents)


def _fold_count(sides: _Sides) -> int:
    """How many models predict the eval rows between them: base's count where there is one."""
    columns = sides.rows.columns
    given = columns.split is not None or columns.time is not None or sides.rows.fixed_eval is not None
    if sides.rules.folds is not None:
        return sides.rules.folds
    if given:
        return 1
    if sides.known is not None:
        return int(sides.known.folds.max()) + 1
    return TINY_FOLDS if sides.eligible.sum() < TINY else 1


def _folded(sides: _Sides, count: int) -> Split:
    units = sides.units()
    known = None
    if sides.known is not None:
        row_folds = np.full(len(sides.rows), count, dtype=np.uint64)
        row_folds[sides.bound] = _folds_in(sides.known, sides.identity.ids[sides.bound])
        known = known_folds(units, np.minimum(row_folds, np.uint64(count)), count)
    of_units, count = folds_of(units, mixed(units.hashes, "fold"), count, known)
    ids = sides.identity.ids
    chosen = np.flatnonzero(sides.eligible)
    return Split(
        sides.rules,
        sides.identity,
        sides.target,
        eval=chosen[np.argsort(mixed(ids[chosen], "eval"))],
        train=np.arange(len(ids)),
        folds=of_units[units.of],
        fold_count=count,
        identifying=identifying(sides.identity.contents),
        claimed=None,
        excluded=0,
        unlabelled=int((~sides.labelled).sum()),
        left_out=int((sides.labelled & ~sides.eligible).sum()),
    )


def _folds_in(known: RowTable, ids: Hashes) -> Hashes:
    order = np.argsort(known.ids)
    return known.folds[order][np.searchsorted(known.ids[order], ids)]


def _held_out(sides: _Sides) -> Split:
    identity, rules = sides.identity, sides.rules
    claimed = _claimed_eval(sides)
    zone, chosen = _zone(sides, claimed)
    if not chosen.any():
        raise UsageError("No row is left to predict.", "Give more labelled rows, or smaller groups.")
    same = identifying(identity.contents[chosen] if sides.known is None else sides.known.contents)
    train = ~zone & ~np.isin(identity.ids, identity.ids[chosen])
    if claimed is None and identity.groups is not None:
        train &= ~np.isin(identity.groups, identity.groups[chosen])
        if sides.known is not None and sides.known.groups is not None:
            train &= ~np.isin(identity.groups, sides.known.groups)
    equal = np.zeros(len(train), dtype=bool)
    if same:
        equal = train & np.isin(identity.contents, identity.contents[chosen])
        if sides.known is not None:
            equal |= train & np.isin(identity.contents, sides.known.contents)
    train &= ~equal
    if identity.groups is not None and sides.rows.columns.time is not None and claimed is None:
        _complain_if_few(int(train.sum()), int((~zone).sum()))
    if not train.any():
        raise UsageError(
            "No row is left to train on.", "Give more rows, or check `data.split`, `data.group` and `data.time`."
        )
    held = np.flatnonzero(chosen)
    unlabelled = zone & ~sides.labelled
    return Split(
        rules,
        identity,
        sides.target,
        eval=held[np.argsort(mixed(identity.ids[held], "eval"))],
        train=np.flatnonzero(train),
        folds=None,
        fold_count=1,
        identifying=same,
        claimed=None if claimed is None else np.flatnonzero(~claimed),
        excluded=int(equal.sum()),
        unlabelled=int(unlabelled.sum()),
        left_out=int((~train & ~chosen & ~equal & ~unlabelled).sum()),
    )


def _complain_if_few(train: int, early: int) -> None:
    """Groups that go on over time leave nothing to train on once the latest rows are held out."""
    if train < FEW_LEFT * early:
        raise UsageError(
            f"Of {early} rows before the eval rows only {train} belong to groups that the eval rows do not have.",
            "Set either `data.group` or `data.time`, or fewer `smoke.eval_rows`.",
        )


def _claimed_eval(sides: _Sides) -> Mask | None:
    """Rows that the user's own split calls eval; None where gatebot splits."""
    rows, name = sides.rows, sides.rows.columns.split
    if rows.fixed_eval is not None:
        return rows.fixed_eval
    if name is None:
        return None
    values = spelled_names(spelled(rows.frame, name).str.to_lowercase())
    meant = {label(value.lower()) for value in sides.rules.eval_values}
    claimed = np.isin(values.codes, [code for code, value in enumerate(values.names) if value in meant])
    if claimed.any() and not claimed.all():
        return claimed
    raise UsageError(
        f"`{name}` (data.split.column) says eval for {int(claimed.sum())} of {len(rows)} rows; "
        f"it holds {', '.join(repr(value) for value in values.names[:5])}.",
        "Name the values that mean eval: split: {column: …, eval: […]}.",
    )


def _zone(sides: _Sides, claimed: Mask | None) -> tuple[Mask, Mask]:
    """Rows that never train, and those of them to predict, each of shape [n].

    The first are more than the second: what lies among eval rows without being able to be one does not train either.
    """
    units, priority = _ordered(sides, claimed)
    total = int(sides.eligible.sum())
    cap = count_of(sides.rules.eval_rows, total)
    share = sides.rules.eval_rows if isinstance(sides.rules.eval_rows, float) else EVAL_SHARE
    picked = first_rows(units, priority, 1.0 if claimed is not None else share, cap, keep_one=claimed is None)
    if sides.known is not None:
        picked = _as_base(sides, units, picked)
    near = before_the_last(units, priority, picked)[units.of] | sides.bound
    if claimed is None:
        return near, _at_most(sides, near & sides.eligible, cap)
    able = sides.eligible & (claimed | sides.bound)
    return claimed | sides.bound, able if able.sum() <= cap else _at_most(sides, near & able, cap)


def _ordered(sides: _Sides, claimed: Mask | None) -> tuple[Units, Hashes]:
    """What is put on one side, and the order in which it becomes eval rows."""
    time = sides.rows.columns.time
    units = sides.units(single=claimed is not None or time is not None)
    if claimed is not None:
        return replace(units, size=np.bincount(units.of, weights=claimed & sides.eligible).astype(np.int64)), mixed(
            units.hashes, "eval"
        )
    if time is None:
        return units, mixed(units.hashes, "eval")
    places = np.full(len(units.hashes), np.iinfo(np.uint64).max)
    np.minimum.at(places, units.of, latest_first(sides.rows, time, sides.identity.ids))
    return replace(units, stratum=np.zeros_like(units.stratum)), places


def _as_base(sides: _Sides, units: Units, picked: Mask) -> Mask:
    """Units that base predicts, in every stratum that base knew; elsewhere those picked."""
    bound = np.zeros(len(units.hashes), dtype=bool)
    bound[units.of[sides.bound & sides.eligible]] = True
    familiar = np.zeros(len(units.offsets), dtype=bool)
    familiar[units.stratum[bound]] = True
    return np.where(familiar[units.stratum], bound, picked)


def _at_most(sides: _Sides, wanted: Mask, cap: int) -> Mask:
    """Rows to predict: base's all, then the lowest hashes while there is room, shape [n]."""
    if wanted.sum() <= cap:
        return wanted
    bound = wanted & sides.bound
    others = np.flatnonzero(wanted & ~bound)
    others = others[np.argsort(mixed(sides.identity.ids[others], "eval"))]
    chosen = bound.copy()
    chosen[others[: max(0, cap - int(bound.sum()))]] = True
    return chosen
