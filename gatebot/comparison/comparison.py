"""The Comparison: base and head aligned by row id, and the only input of a check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from gatebot.comparison.alignment import NO_ROWS, EvalChanges, eval_changes
from gatebot.comparison.runs import Run, joined
from gatebot.comparison.slices import places_by_name
from gatebot.evidence.column import Hashes, Names, Numbers
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Levels, Profile, RowTable
from gatebot.evidence.snapshot import SeedNoise, Snapshot, noise_key
from gatebot.evidence.training import Fit
from gatebot.evidence.truth import Truth
from gatebot.stats.promise import Promise
from gatebot.tasks.own import own_table
from gatebot.tasks.table import Index, Table, among, rows_of
from gatebot.tasks.task import Declared, Task

MAX_SEEDS = 100  # per tier; the limit of `smoke.seeds`


@dataclass(frozen=True, eq=False)
class Comparison:
    """The aligned evidence of two commits. It is immutable and performs no I/O.

    Attributes:
        task: the task, which defines what predictions mean.
        head, base: the Snapshots; `base` is None if there is none.
        declared: the metrics that the Rules name, or the task's default ones.
        effort: number of seeds and folds of each tier.
        slices, protected: columns of the row table that the Rules name.
        anchor: the Snapshot of a release, if the Rules name one and it is stored.
        anchor_name, anchor_missing: the release's name in the Rules, and why it is missing; empty if it is not.
        changed_paths: paths that the pull request changes; None if they are unknown.
        rule_paths: those of them that belong to the gate: Rules, waivers, contract, behaviour files, workflows.
        promise: the guarantee that the Rules give, or None.
    """

    task: Task
    head: Snapshot
    base: Snapshot | None
    declared: tuple[Declared, ...] = ()
    effort: Effort = field(default_factory=Effort)
    slices: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    anchor: Snapshot | None = None
    anchor_name: str = ""
    anchor_missing: str = ""
    changed_paths: tuple[str, ...] | None = None
    rule_paths: tuple[str, ...] = ()
    promise: Promise | None = None

    def since_anchor(self) -> "Comparison | None":
        """Return the Comparison of head with the release instead of base, scored with the current labels."""
        if self.anchor is None:
            return None
        return replace(self, base=replace(self.anchor, truth=self.truth), anchor=None)

    def base_alone(self) -> "Comparison | None":
        """Return a Comparison with base in place of head; findings that a check has there too are inherited."""
        if self.base is None:
            return None
        return replace(self, head=self.base, base=None, anchor=None, changed_paths=(), rule_paths=())

    def side(self, side: Side) -> Snapshot | None:
        """Return the Snapshot of one side."""
        return self.head if side is Side.HEAD else self.base

    def profile(self, side: Side) -> DataProfile | None:
        """Return the data profile of one side."""
        snapshot = self.side(side)
        return None if snapshot is None else snapshot.get(Profile(side), DataProfile)

    @cached_property
    def truth(self) -> Truth | None:
        """The labels of the eval rows for scoring: base's if there is a base, otherwise head's.

        A task without labels needs none.
        """
        given = self.base.truth if self.base is not None and self.base.truth is not None else self.head.truth
        if given is None and not self.task.labelled and self.rows is not None:
            weight = None if self.rows.weights is None else Numbers(self.rows.weights)
            return Truth(self.rows.ids, Numbers(np.full(len(self.rows), np.nan)), weight)
        return given if given is None or self.rows is None else given.of(self.rows.ids)

    @cached_property
    def rows(self) -> RowTable | None:
        """The eval rows for scoring: base's if there is a base, otherwise head's."""
        profile = self.profile(Side.BASE) or self.profile(Side.HEAD)
        return None if profile is None else profile.eval_rows

    @cached_property
    def units(self) -> Hashes:
        """Ids of the compared rows: labelled, predicted by both sides, and with the same content on both sides."""
        if self.truth is None or self.rows is None:
            return NO_ROWS
        known = self.rows.ids[among(self.rows.ids, self.truth.ids)]
        head = self.profile(Side.HEAD)
        if self.base is not None and head is not None:
            known = known[among(known, head.eval_rows.ids) & ~among(known, self.eval_changes.edited)]
        for answered in self._answered:
            there = among(known, answered)
            if 2 * there.sum() >= len(known):  # a run that lost most rows is a finding and does not count
                known = known[there]
        return known

    @property
    def _answered(self) -> Iterator[Hashes]:
        """Yield the ids that each compared run has predicted."""
        for side in Side:
            for tier in Tier:
                for seed in range(self._seeds(tier)):
                    predictions = self.predictions(side, tier, seed)
                    if predictions is not None:
                        yield predictions.ids

    @cached_property
    def eval_changes(self) -> EvalChanges:
        """The differences between head's eval rows and base's."""
        return EvalChanges() if self.base is None else eval_changes(self.base, self.head)

    def predictions(self, side: Side, tier: Tier, seed: int) -> Predictions | None:
        """Return one seed's predictions of all folds; None if a fold is missing."""
        snapshot = self.side(side)
        if snapshot is None:
            return None
        needs = [Predict(Fit(side, tier, seed, fold)) for fold in range(self.effort.folds)]
        parts = [snapshot.get(need, Predictions) for need in needs]
        usable = [part for part in parts if part is not None and part.effects.ended is Ending.OK and not part.problem]
        return joined(usable) if len(usable) == len(parts) else None

    def runs(self, tier: Tier = Tier.SMOKE, own: str | None = None) -> tuple[Run, ...]:
        """Return the runs in which head, and base if there is one, can be compared on every unit.

        Args:
            tier: tier of the trainings.
            own: name of a metric of the user's own, whose values are returned instead of predictions.
        """
        if (tier, own) not in self._paired:
            pairs = (
                (seed, self._aligned(Side.HEAD, tier, seed, own), self._aligned(Side.BASE, tier, seed, own))
                for seed in range(self._seeds(tier))
            )
            self._paired[tier, own] = tuple(
                Run(seed, head, base)
                for seed, head, base in pairs
                if head is not None and (base is not None or self.base is None)
            )
        return self._paired[tier, own]

    @cached_property
    def _paired(self) -> dict[tuple[Tier, str | None], tuple[Run, ...]]:
        return {}

    def earlier(self, tier: Tier, subject: str) -> SeedNoise | None:
        """Return main's seed noise before base, of a measure such as `recall(urgent)@region=south`."""
        return None if self.base is None else self.base.about.noise.get(noise_key(tier, subject))

    def head_runs(self, tier: Tier = Tier.SMOKE, own: str | None = None) -> tuple[Table, ...]:
        """Return head's table for every seed that covers the units, whether base has the seed or not."""
        tables = (self._aligned(Side.HEAD, tier, seed, own) for seed in range(self._seeds(tier)))
        return tuple(table for table in tables if table is not None)

    def base_runs(self, tier: Tier = Tier.SMOKE, own: str | None = None) -> tuple[Table, ...]:
        """Return base's table for every seed that covers the units; they show main's own spread over seeds."""
        if (tier, own) not in self._main:
            tables = (self._aligned(Side.BASE, tier, seed, own) for seed in range(MAX_SEEDS))
            self._main[tier, own] = tuple(table for table in tables if table is not None)
        return self._main[tier, own]

    @cached_property
    def _main(self) -> dict[tuple[Tier, str | None], tuple[Table, ...]]:
        return {}

    def _seeds(self, tier: Tier) -> int:
        return self.effort.smoke_seeds if tier is Tier.SMOKE else self.effort.confirm_seeds

    def _aligned(self, side: Side, tier: Tier, seed: int, own: str | None) -> Table | None:
        """Return the cached table of a seed; sharing it lets metrics reuse intermediate results."""
        key = side, tier, seed, own
        if key not in self._tables:
            made = self._table(self.predictions(side, tier, seed)) if own is None else self._own(side, tier, seed, own)
            self._tables[key] = made
        return self._tables[key]

    @cached_property
    def _tables(self) -> dict[tuple[Side, Tier, int, str | None], Table | None]:
        return {}

    def _own(self, side: Side, tier: Tier, seed: int, name: str) -> Table | None:
        """Return the values of a metric of the user's own for one seed; None if it does not cover every unit."""
        snapshot, profile = self.side(side), self.profile(side)
        if snapshot is None or profile is None or self.truth is None or not len(self.units):
            return None
        rows, parts = profile.eval_rows, []
        for fold in range(self.effort.folds):
            own_score = snapshot.get(Score(Predict(Fit(side, tier, seed, fold)), name), OwnScore)
            if own_score is None:
                return None
            parts.append((own_score, rows.ids[rows.folds == fold] if self.effort.folds > 1 else rows.ids))
        weight = self.truth.weight
        at = None if weight is None else weight.values[rows_of(self.truth.ids, self.units)]
        return own_table(parts, self.units, at)

    def _table(self, predictions: Predictions | None, units: Hashes | None = None) -> Table | None:
        chosen = self.units if units is None else units
        if predictions is None or self.truth is None or not len(chosen):
            return None
        if not among(chosen, predictions.ids).all():
            return None
        return self.task.table(self.truth, predictions, chosen)

    def joined_table(self, parts: list[Predictions], *, folds: int | None = None) -> Table | None:
        """Return the table of the units with the predictions of all parts; None if a unit has no prediction.

        With `folds`, only the units of the first folds are in it.
        """
        if folds is None or folds >= self.effort.folds or self.rows is None:
            return self._table(joined(parts))
        own = self.rows.folds[rows_of(self.rows.ids, self.units)]
        return self._table(joined(parts), self.units[own < folds])

    def slice_units(self, column: str) -> Mapping[str, Index]:
        """Return the indices into `units` by value of a declared slice column. Missing values form no slice."""
        values = self.slice_column(column)
        if values is None:
            return {}
        return places_by_name(values)

    def slice_column(self, column: str) -> Names | None:
        """Return the values of a declared slice column, shape [units]."""
        if self.rows is None or column not in self.rows.slices:
            return None
        return self.rows.slices[column].take(rows_of(self.rows.ids, self.units))

    @cached_property
    def levels(self) -> tuple[Levels, ...]:
        """The columns as levels, shape [units] each; empty if the evidence is older than the storage of levels."""
        if self.rows is None or not self.rows.levels:
            return ()
        at = rows_of(self.rows.ids, self.units)
        return tuple(replace(each, values=each.values.take(at)) for each in self.rows.levels)

    @cached_property
    def groups(self) -> Hashes | None:
        """The group of each unit, shape [units]; None if the Rules name no group column."""
        if self.rows is None or self.rows.groups is None:
            return None
        return self.rows.groups[rows_of(self.rows.ids, self.units)]
