"""What differs between the eval rows of base and head: added, removed, relabelled and edited rows."""

from dataclasses import dataclass, field

import numpy as np

from gatebot.evidence.column import Hashes, Names, Numbers
from gatebot.evidence.need import Side
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.truth import Truth
from gatebot.tasks.table import Index, among, rows_of

NO_ROWS: Hashes = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class EvalChanges:
    """The changes that head makes to base's eval rows, as hashed ids."""

    added: Hashes = field(default_factory=NO_ROWS.copy)
    removed: Hashes = field(default_factory=NO_ROWS.copy)
    relabelled: Hashes = field(default_factory=NO_ROWS.copy)
    edited: Hashes = field(default_factory=NO_ROWS.copy)


def eval_changes(base: Snapshot, head: Snapshot) -> EvalChanges:
    """How the eval rows of head differ from those of base; empty where one of the profiles is missing."""
    was, now = base.get(Profile(Side.BASE), DataProfile), head.get(Profile(Side.HEAD), DataProfile)
    if was is None or now is None:
        return EvalChanges()
    old, new = was.eval_rows, now.eval_rows
    common = old.ids[among(old.ids, new.ids)]
    same = old.contents[rows_of(old.ids, common)] == new.contents[rows_of(new.ids, common)]
    return EvalChanges(
        added=new.ids[~among(new.ids, old.ids)],
        removed=old.ids[~among(old.ids, new.ids)],
        relabelled=_relabelled(_of(base.truth, old), _of(head.truth, new)),
        edited=common[~same],
    )


def _of(truth: Truth | None, rows: RowTable) -> Truth | None:
    """Labels of eval rows: a Snapshot has those of training rows too, which may be corrected."""
    return None if truth is None else truth.of(rows.ids)


def _relabelled(old: Truth | None, new: Truth | None) -> Hashes:
    """Ids whose labels differ between two truths; ids in only one of them are not relabelled.

    Where an id has several labels (a ranked query, one for each document) they are compared in their order.
    """
    if old is None or new is None:
        return NO_ROWS
    common, before = np.unique(old.ids[among(old.ids, new.ids)], return_counts=True)
    resized = np.bincount(np.searchsorted(common, new.ids[among(new.ids, common)]), minlength=len(common)) != before
    ids = common[~resized]
    was, now = (truth.target.take(_rows_by_id(truth.ids, ids)) for truth in (old, new))
    match was, now:
        case Numbers(), Numbers():
            same = np.equal(was.values, now.values) | (np.isnan(was.values) & np.isnan(now.values))
        case Names(), Names():
            same = (was.codes == now.recoded(was.names)) & ((was.codes < 0) == (now.codes < 0))
        case _:
            return common
    return np.union1d(common[resized], np.repeat(ids, before[~resized])[~same])


def _rows_by_id(ids: Hashes, chosen: Hashes) -> Index:
    """Rows of the chosen ids, id by id, each id's in their order."""
    rows = np.flatnonzero(among(ids, chosen))
    return rows[np.argsort(ids[rows], kind="stable")]
