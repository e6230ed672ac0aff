"""Splits rows into train and eval rows, consistently between base and head.

A row's side depends on a keyed hash of its unit: its group; else its declared id; else its content, so that copies stay
together. Within each class or bin of the target, the units with the lowest hashes are eval rows. An additional row
moves at most one other row of its own stratum and, if `eval_rows` is the limit, at most one row of another stratum. If
base's eval rows are given, no row moves: they stay eval rows, and rows beyond base's boundary keep training.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

import numpy as np

from gatebot.data.folds import folds_of, known_folds
from gatebot.data.identity import Identity, copies, identify, mixed
from gatebot.data.rows import Index, Mask, Rows
from gatebot.data.rules import AUTO, CONFIRM, ONE_IN, SplitRules, count_of
from gatebot.data.sides import Sides, claimed_eval, identifying, predicted, zone
from gatebot.data.strata import Strata, Units, first_rows, strata_of
from gatebot.data.target import present, target_of
from gatebot.errors import UsageError
from gatebot.evidence.column import Column, Floats, Hashes
from gatebot.evidence.need import Tier
from gatebot.evidence.profile import RowTable

TINY = 1000  # with fewer rows, all are predicted out of fold
TINY_FOLDS = 3
FEW_LEFT = 0.1  # smallest share of the earlier rows that must remain to train on if both `group` and `time` are set


@dataclass(frozen=True, eq=False)
class Split:
    """The sides of all rows. Indices refer to the rows that were read.

    Attributes:
        rules: the settings of the split.
        identity: hashes of every row.
        target: target of every row; None without one.
        eval: rows that are predicted, in the order of their hashes.
        train: rows that may train, in source order. With folds these are all rows; `training` leaves out the fold's
            rows.
        folds: the fold of every row that was read, shape [n]; None if one model predicts all.
        fold_count: number of folds; 1 without folds.
        identifying: whether contents identify rows; rows with the content of an eval row then do not train.
        claimed: rows that the user's own split assigns to train; None if gatebot split.
        excluded: number of rows that do not train because an eval row has the same content.
        unlabelled: number of rows that would be eval rows if they had a label.
        left_out: number of other rows on neither side: beyond `eval_rows`, copies of an id, or too late to train.
        pool: number of rows that could be predicted, and of which `eval` was drawn.
        weights: the number of rows that each eval row stands for, shape [eval]; None if all stand for as many.
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
    pool: int
    weights: Floats | None = None

    def training(self, tier: Tier = Tier.SMOKE, fold: int = 0, seed: int = 0) -> Index:
        """Return the rows of one training, in source order. The confirm tier includes the rows of the smoke tier.

        Each seed leaves out another tenth of the rows that may train, so that the rows vary with the seed.
        """
        outside = self.outside(fold)
        pool = outside[np.flatnonzero(~self._left_out_by(seed, outside))]
        return pool[np.flatnonzero(self._first(pool, self._amount(tier, len(outside))))]

    @cached_property
    def one_tier(self) -> bool:
        """Whether both tiers train on the same rows, because the smoke tier already takes as many."""
        return self.rules.trains and all(self._same_in_both_tiers(fold) for fold in range(self.fold_count))

    def _same_in_both_tiers(self, fold: int) -> bool:
        outside = self.outside(fold)
        smoke, confirm = (self._amount(tier, len(outside)) for tier in (Tier.SMOKE, Tier.CONFIRM))
        left = len(outside) - int(self._left_out_by(0, outside).sum())  # as many for every seed
        return smoke >= min(confirm, left)

    def outside(self, fold: int) -> Index:
        """Return the rows that may train the model of one fold, in source order."""
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

    def _left_out_by(self, seed: int, pool: Index) -> Mask:
        """Return the rows that a seed leaves out, shape [pool]: the first of each stratum by a hash of row and seed.

        A stratum of fewer than ten rows loses none, and nothing is left out where predictions are brought.
        """
        if not self.rules.trains:
            return np.zeros(len(pool), dtype=bool)
        priority = mixed(self.identity.ids[pool], f"seed-{seed}", self.identity.nth[pool])
        strata = self._strata.of[pool]
        order = np.lexsort((priority, strata))
        starts = np.flatnonzero(np.diff(strata[order], prepend=-1))
        sizes = np.diff(starts, append=len(order))
        rank = np.arange(len(order)) - np.repeat(starts, sizes)
        left_out = np.zeros(len(pool), dtype=bool)
        left_out[order] = rank < np.repeat(sizes // ONE_IN, sizes)
        return left_out

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


def split(rows: Rows, rules: SplitRules, known: RowTable | None = None) -> Split:
    """Split rows into train and eval rows.

    Args:
        rows: the rows that were read. `Columns.split`, `Columns.time` and the user's own eval files determine the
            sides if they are given.
        rules: the settings of the split.
        known: base's eval rows. They stay eval rows, with their folds; neither they nor rows equal to them train.

    Raises:
        UsageError: a side would be empty, or the target cannot be read.
    """
    if known is not None and not len(known):
        known = None
    identity = identify(rows, rules.project, rules.identity)
    target = target_of(rows, rules.task)
    labelled = np.ones(len(rows), dtype=bool) if target is None else present(target)
    claimed = claimed_eval(rows, rules)
    eligible = labelled & identity.named & _first_of_its_id(identity.ids, claimed)
    sides = Sides(rows, rules, identity, target, labelled, eligible, claimed, known)
    if not sides.eligible.any():
        what = f"no row has a label (`{rows.columns.target}`)" if not labelled.any() else "no row has an id"
        raise UsageError(f"Nothing can be predicted and scored: {what}.", "Check `data.target` and `data.id`.")
    count = _fold_count(sides)
    return _held_out(sides) if count == 1 else _folded(sides, count)


def _first_of_its_id(ids: Hashes, claimed: Mask | None) -> Mask:
    """Return True for one row of each id: the first that the user assigns to eval, else the first; shape [n]."""
    order = np.arange(len(ids)) if claimed is None else np.argsort(~claimed, kind="stable")
    first = np.empty(len(ids), dtype=bool)
    first[order] = copies(ids[order]) == 0
    return first


def _fold_count(sides: Sides) -> int:
    """Return the number of models that predict the eval rows: base's number of folds, if it has folds."""
    if not sides.rules.trains:
        return 1
    if sides.known is not None and sides.known.folds.any():
        return int(sides.known.folds.max()) + 1
    if sides.rules.folds is not None:
        return sides.rules.folds
    if sides.claimed is not None or sides.rows.columns.time is not None:
        return 1
    tiny = sides.known is None and sides.eligible.sum() < TINY
    return TINY_FOLDS if tiny else 1


def _folded(sides: Sides, count: int) -> Split:
    units = sides.units()
    known = None
    if sides.known is not None and sides.known.folds.any():
        row_folds = np.full(len(sides.rows), count, dtype=np.uint64)
        row_folds[sides.bound] = _folds_in(sides.known, sides.identity.ids[sides.bound])
        known = known_folds(units, np.minimum(row_folds, np.uint64(count)), count)
    of_units, count = folds_of(units, mixed(units.hashes, "fold"), count, known)
    ids = sides.identity.ids
    chosen = np.flatnonzero(sides.eligible)
    contents = sides.identity.contents[chosen] if sides.known is None else sides.known.contents
    return Split(
        sides.rules,
        sides.identity,
        sides.target,
        eval=chosen[np.argsort(mixed(ids[chosen], "eval"))],
        train=np.arange(len(ids)),
        folds=of_units[units.of],
        fold_count=count,
        identifying=identifying(contents),
        claimed=None,
        excluded=0,
        unlabelled=int((~sides.labelled).sum()),
        left_out=int((sides.labelled & ~sides.eligible).sum()),
        pool=len(chosen),
    )


def _folds_in(known: RowTable, ids: Hashes) -> Hashes:
    order = np.argsort(known.ids)
    return known.folds[order][np.searchsorted(known.ids[order], ids)]


def _held_out(sides: Sides) -> Split:
    identity, rules = sides.identity, sides.rules
    claimed = sides.claimed
    near, able = zone(sides)
    chosen, weights = predicted(sides, able)
    if not chosen.any():
        raise UsageError("No row is left to predict.", "Give more labelled rows, or smaller groups.")
    same = identifying(identity.contents[chosen] if sides.known is None else sides.known.contents)
    train = ~near & ~np.isin(identity.ids, identity.ids[chosen])
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
    if rules.trains and identity.groups is not None and sides.rows.columns.time is not None and claimed is None:
        _complain_if_few(int(train.sum()), int((~near).sum()))
    if rules.trains and not train.any():
        raise UsageError(
            "No row is left to train on.", "Give more rows, or check `data.split`, `data.group` and `data.time`."
        )
    held = np.flatnonzero(chosen)
    order = np.argsort(mixed(identity.ids[held], "eval"))
    unlabelled = near & ~sides.labelled
    return Split(
        rules,
        identity,
        sides.target,
        eval=held[order],
        train=np.flatnonzero(train),
        folds=None,
        fold_count=1,
        identifying=same,
        claimed=None if claimed is None else np.flatnonzero(~claimed),
        excluded=int(equal.sum()),
        unlabelled=int(unlabelled.sum()),
        left_out=int((~train & ~chosen & ~equal & ~unlabelled).sum()),
        pool=max(int(able.sum()), len(held)) if rules.eval_rows == AUTO else len(held),
        weights=None if weights is None else weights[order],
    )


def _complain_if_few(train: int, early: int) -> None:
    """Refuse a split with few train rows, which happens if groups extend into the time of the eval rows.

    Raises:
        UsageError: fewer than 10 % of the earlier rows remain to train on.
    """
    if train < FEW_LEFT * early:
        raise UsageError(
            f"Of {early} rows before the eval rows only {train} belong to groups that the eval rows do not have.",
            "Set either `data.group` or `data.time`, or fewer `smoke.eval_rows`.",
        )
