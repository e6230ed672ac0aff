"""Which rows are eval rows and which never train, when one model predicts all of them."""

from dataclasses import dataclass, replace

import numpy as np

from gatebot.data.identity import Identity, mixed, spelled
from gatebot.data.rows import Mask, Rows
from gatebot.data.rules import SplitRules, count_of
from gatebot.data.strata import Units, before_the_last, first_rows, large_last, strata_of, units_of
from gatebot.data.target import spelled_names
from gatebot.data.times import latest_first
from gatebot.errors import UsageError
from gatebot.evidence.column import Column, Hashes, label
from gatebot.evidence.profile import RowTable

EVAL_SHARE = 0.4  # of all rows, at most, where `eval_rows` is a count
IDENTIFYING = 0.5  # share of distinct contents from which on equal contents mean the same thing


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """What every way of splitting works on."""

    rows: Rows
    rules: SplitRules
    identity: Identity
    target: Column | None
    labelled: Mask
    eligible: Mask  # can be eval rows
    claimed: Mask | None  # rows that the user's own split calls eval
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


def claimed_eval(rows: Rows, rules: SplitRules) -> Mask | None:
    """Rows that the user's own split calls eval; None where gatebot splits."""
    name = rows.columns.split
    if rows.fixed_eval is not None:
        return rows.fixed_eval
    if name is None:
        return None
    values = spelled_names(spelled(rows.frame, name).str.to_lowercase())
    meant = {label(value.lower()) for value in rules.eval_values}
    claimed = np.isin(values.codes, [code for code, value in enumerate(values.names) if value in meant])
    if claimed.any() and not claimed.all():
        return claimed
    raise UsageError(
        f"`{name}` (data.split.column) says eval for {int(claimed.sum())} of {len(rows)} rows; "
        f"it holds {', '.join(repr(value) for value in values.names[:5])}.",
        "Name the values that mean eval: split: {column: …, eval: […]}.",
    )


def zone(sides: Sides) -> tuple[Mask, Mask]:
    """Rows that never train, and those of them to predict, each of shape [n].

    The first are more than the second: what lies among eval rows without being able to be one does not train either.
    """
    claimed, total = sides.claimed, int(sides.eligible.sum())
    cap = count_of(sides.rules.eval_rows, total)
    share = _share(sides.rules)
    units, priority = _ordered(sides, share)
    keep_one = claimed is None and sides.rules.trains
    picked = first_rows(units, priority, 1.0 if claimed is not None else share, cap, keep_one=keep_one)
    if sides.known is not None:
        picked = _as_base(sides, units, picked)
    near = before_the_last(units, priority, picked)[units.of] | sides.bound
    if claimed is None:
        return near, _at_most(sides, near & sides.eligible, cap)
    able = sides.eligible & (claimed | sides.bound)
    return claimed | sides.bound, able if able.sum() <= cap else _at_most(sides, near & able, cap)


def _share(rules: SplitRules) -> float:
    """The share of rows that may be eval rows."""
    if isinstance(rules.eval_rows, float):
        return rules.eval_rows
    return EVAL_SHARE if rules.trains else 1.0


def _ordered(sides: Sides, share: float) -> tuple[Units, Hashes]:
    """What is put on one side, and the order in which it becomes eval rows."""
    claimed, time = sides.claimed, sides.rows.columns.time
    units = sides.units(single=claimed is not None or time is not None)
    by_hash = mixed(units.hashes, "eval")
    if claimed is not None:
        size = np.bincount(units.of, weights=claimed & sides.eligible).astype(np.int64)
        return replace(units, size=size), by_hash
    if time is None:
        return units, large_last(units, by_hash, share)
    places = np.full(len(units.hashes), np.iinfo(np.uint64).max)
    np.minimum.at(places, units.of, latest_first(sides.rows, time, sides.identity.ids))
    return replace(units, stratum=np.zeros_like(units.stratum)), places


def _as_base(sides: Sides, units: Units, picked: Mask) -> Mask:
    """Units that base predicts, in every stratum that base knew; elsewhere those picked."""
    bound = np.zeros(len(units.hashes), dtype=bool)
    bound[units.of[sides.bound & sides.eligible]] = True
    familiar = np.zeros(len(units.offsets), dtype=bool)
    familiar[units.stratum[bound]] = True
    return np.where(familiar[units.stratum], bound, picked)


def _at_most(sides: Sides, wanted: Mask, cap: int) -> Mask:
    """Rows to predict: base's all, then the lowest hashes while there is room, shape [n]."""
    if wanted.sum() <= cap:
        return wanted
    bound = wanted & sides.bound
    others = np.flatnonzero(wanted & ~bound)
    others = others[np.argsort(mixed(sides.identity.ids[others], "eval"))]
    chosen = bound.copy()
    chosen[others[: max(0, cap - int(bound.sum()))]] = True
    return chosen
