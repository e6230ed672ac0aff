"""Chooses the eval rows and the rows that never train, if one model predicts all eval rows."""

from dataclasses import dataclass, replace

import numpy as np

from gatebot.data.identity import Identity, mixed, spelled
from gatebot.data.rows import Mask, Rows
from gatebot.data.rules import AUTO, MOST_AUTO_ROWS, SplitRules, count_of
from gatebot.data.sampling import sampled
from gatebot.data.slices import slices_of
from gatebot.data.strata import Units, before_the_last, first_rows, large_last, strata_of, units_of
from gatebot.data.target import spelled_names
from gatebot.data.times import latest_first
from gatebot.errors import UsageError
from gatebot.evidence.column import Column, Floats, Hashes, label
from gatebot.evidence.profile import RowTable

EVAL_SHARE = 0.4  # largest share of all rows, if `eval_rows` is a number, or `auto` and training needs the others
IDENTIFYING = 0.5  # smallest share of distinct contents at which contents identify rows


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The input of every way of splitting."""

    rows: Rows
    rules: SplitRules
    identity: Identity
    target: Column | None
    labelled: Mask
    eligible: Mask  # rows that can be eval rows
    claimed: Mask | None  # rows that the user's own split assigns to eval
    known: RowTable | None

    @property
    def bound(self) -> Mask:
        """True for rows whose id is among base's eval rows, including copies."""
        if self.known is None:
            return np.zeros(len(self.rows), dtype=bool)
        return np.isin(self.identity.ids, self.known.ids)

    def units(self, *, single: bool = False) -> Units:
        """Return the units that stay on one side.

        These are groups; else rows with equal contents, if there is no id and contents identify rows; else single rows.
        """
        identity = self.identity
        hashes = identity.ids
        if not single and identity.groups is not None:
            hashes = identity.groups
        elif not single and self.rows.columns.id is None and identifying(identity.contents):
            hashes = identity.contents
        return units_of(hashes, strata_of(self.target, self.eligible), self.eligible)


def identifying(contents: Hashes) -> bool:
    """Return whether contents identify rows: at least half as many distinct contents as rows."""
    return len(np.unique(contents)) >= IDENTIFYING * len(contents)


def claimed_eval(rows: Rows, rules: SplitRules) -> Mask | None:
    """Return True for the rows that the user's own split assigns to eval; None if gatebot splits.

    Raises:
        UsageError: the split column assigns no row to eval, or all rows.
    """
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
    """Return the rows that never train, and those of them that can be predicted, each of shape [n].

    Rows within the eval side that cannot be eval rows do not train either.
    """
    claimed = sides.claimed
    share, cap = _share(sides), _most_eval_rows(sides)
    units, priority = _ordered(sides, share)
    keep_one = claimed is None and sides.rules.trains
    picked = first_rows(units, priority, 1.0 if claimed is not None else share, cap, keep_one=keep_one)
    if sides.known is not None:
        picked = _as_base(sides, units, picked)
    near = before_the_last(units, priority, picked)[units.of] | sides.bound
    if claimed is None:
        return near, near & sides.eligible
    able = sides.eligible & (claimed | sides.bound)
    return claimed | sides.bound, able if able.sum() <= cap else near & able


def predicted(sides: Sides, able: Mask) -> tuple[Mask, Floats | None]:
    """Return which of the rows that can be predicted are, shape [n], and how many rows each of these stands for.

    Base's rows and their weights are binding. The weights are None if all stand for as many.
    """
    rules, known = sides.rules, sides.known
    if rules.eval_rows != AUTO:
        return _at_most(sides, able, _most_eval_rows(sides)), None
    if known is not None:
        drawn = known.pool > len(known)
        chosen = _at_most(sides, able, len(known) if drawn else max(len(known), rules.auto_rows))
        return chosen, None if known.weights is None else _known_weights(sides.identity.ids[chosen], known)
    rows = np.flatnonzero(able)
    attributes = [] if rules.even else [strata_of(sides.target, sides.eligible).of[rows]]
    if not rules.even:
        attributes += [names.codes[rows].astype(np.int64) for names in slices_of(sides.rows).values()]
    some, weights = sampled(attributes, mixed(sides.identity.ids[rows], "eval"), rules.auto_rows)
    chosen = np.zeros_like(able)
    chosen[rows[some]] = True
    return chosen, weights


def _known_weights(ids: Hashes, known: RowTable) -> Floats:
    """Return base's weights of these rows; 1 for rows that base does not have."""
    weights = np.ones(len(ids)) if known.weights is None else known.weights
    order = np.argsort(known.ids)
    place = np.minimum(np.searchsorted(known.ids[order], ids), len(order) - 1)
    return np.where(known.ids[order][place] == ids, weights[order][place], 1.0)


def _most_eval_rows(sides: Sides) -> int:
    """Return how many rows the eval side has at most."""
    rules, total = sides.rules, int(sides.eligible.sum())
    if rules.eval_rows != AUTO:
        return count_of(rules.eval_rows, total)
    recent = sides.claimed is None and sides.rows.columns.time is not None
    return min(MOST_AUTO_ROWS, total) if recent else total  # by time, training must not end long before


def _share(sides: Sides) -> float:
    """Return the share of rows that may be eval rows."""
    rules = sides.rules
    if isinstance(rules.eval_rows, float):
        return rules.eval_rows
    if not rules.trains:
        return 1.0
    if rules.eval_rows != AUTO or rules.most_trained is None or sides.rows.columns.time is not None:
        return EVAL_SHARE
    return max(EVAL_SHARE, 1.0 - rules.most_trained / max(int(sides.eligible.sum()), 1))


def _ordered(sides: Sides, share: float) -> tuple[Units, Hashes]:
    """Return the units that are put on one side, and the order in which they become eval rows."""
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
    """Return the units that base predicts, in strata that base has; the picked units in the others."""
    bound = np.zeros(len(units.hashes), dtype=bool)
    bound[units.of[sides.bound & sides.eligible]] = True
    familiar = np.zeros(len(units.offsets), dtype=bool)
    familiar[units.stratum[bound]] = True
    return np.where(familiar[units.stratum], bound, picked)


def _at_most(sides: Sides, wanted: Mask, cap: int) -> Mask:
    """Return the rows to predict: all of base's, then those with the lowest hashes up to `cap`, shape [n]."""
    if wanted.sum() <= cap:
        return wanted
    bound = wanted & sides.bound
    others = np.flatnonzero(wanted & ~bound)
    others = others[np.argsort(mixed(sides.identity.ids[others], "eval"))]
    chosen = bound.copy()
    chosen[others[: max(0, cap - int(bound.sum()))]] = True
    return chosen
