"""One pull request as the judge gets it: predictions of two commits on the same rows, by tier and seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gatebot.comparison.case import Case, Changes, Facts
from gatebot.config.document import Rules
from gatebot.core.report import Base, Relation
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import ColumnProfile, DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth

Array = NDArray[np.float64]

SMOKE_SEEDS, AA_SEEDS, CONFIRM_SEEDS = 2, 5, 5
NOW = datetime(2026, 11, 20, tzinfo=UTC)
RAN = Effects(Ending.OK, 0, seconds=1.0, cpu_seconds=1.0, peak_rss_bytes=100_000_000)
MARGINS = {"accuracy": "0.02", "log_loss": "auto", "mae": "5%", "rmse": "auto"}
PROPOSED = {"classification": ("accuracy", "log_loss"), "regression": ("mae", "rmse")}
"""What `gatebot init` declares."""


@dataclass(frozen=True, slots=True, eq=False)
class Pull:
    """Both sides' outputs over the same rows.

    Attributes:
        task: classification or regression.
        truth: what is true of each row, [n].
        channel: the declared slice, [n].
        base, head: by tier, one array a seed: class probabilities, [n, classes], or values, [n].
        luck: head's outputs once more, where its code ignores its seed.
    """

    task: str
    truth: Column
    channel: Names
    base: Mapping[Tier, tuple[Array, ...]]
    head: Mapping[Tier, tuple[Array, ...]]
    luck: Callable[[np.random.Generator], Mapping[Tier, tuple[Array, ...]]] | None = None

    def again(self, rng: np.random.Generator) -> "Pull":
        """The same commit run once more, with other luck."""
        return self if self.luck is None else replace(self, head=self.luck(rng))

    def __len__(self) -> int:
        return len(self.channel)

    def goodness(self, output: Array) -> Array:
        """Of each row, higher is better."""
        return goodness(self.truth, output)

    def case(self, *tiers: Tier, metrics: tuple[str, ...] = ()) -> Case:
        """The Case with the evidence of these tiers; metrics are those that `gatebot init` declares unless given."""
        ids = np.arange(len(self), dtype=np.uint64)
        base = {need: found for tier in tiers for need, found in self._runs(Side.BASE, tier, ids)}
        head = {need: found for tier in tiers for need, found in self._runs(Side.HEAD, tier, ids)}
        truth, profile = Truth(ids, self.truth), self._profile(ids)
        return Case(
            facts_of(self.task, metrics),
            head=_snapshot({Profile(Side.HEAD): profile, **head}, truth, self.task),
            base=_snapshot({Profile(Side.BASE): profile, **base}, truth, self.task),
        )

    def _runs(self, side: Side, tier: Tier, ids: NDArray[np.uint64]) -> list[tuple[Need, Evidence]]:
        found: list[tuple[Need, Evidence]] = []
        for seed, output in enumerate((self.base if side is Side.BASE else self.head)[tier]):
            fit = Fit(side, tier, seed)
            found.append((fit, Training(RAN, 2000, f"{tier}-{seed}", 1_000_000)))
            found.append((Predict(fit), Predictions(RAN, ids, answered(self.truth, output))))
        return found

    def _profile(self, ids: NDArray[np.uint64]) -> DataProfile:
        eval_rows = RowTable(ids, ids, None, np.zeros(len(ids), np.uint64), {"channel": self.channel})
        columns = (
            ColumnProfile("text", "text", 50_000, 0, 50_000),
            ColumnProfile("channel", "category", 50_000, 0, len(self.channel.names)),
        )
        return DataProfile(50_000, 45_000, columns, ("text", "channel"), eval_rows)


def goodness(truth: Column, output: Array) -> Array:
    """Of each row, higher is better: 1 for right and 0 for wrong, or minus the absolute error; [n]."""
    match truth:
        case Names(codes=codes):
            return np.asarray(output.argmax(axis=1) == codes, dtype=np.float64)
        case Numbers(values=values):
            return np.asarray(-np.abs(output - values))


def answered(truth: Column, output: Array) -> dict[str, Column]:
    """Predictions as evidence."""
    if not isinstance(truth, Names):
        return {"prediction": Numbers(np.ascontiguousarray(output))}
    scores: dict[str, Column] = {
        f"score_{name}": Numbers(np.ascontiguousarray(output[:, at])) for at, name in enumerate(truth.names)
    }
    return {"prediction": Names(output.argmax(axis=1).astype(np.int32), truth.names), **scores}


def facts_of(task: str, metrics: tuple[str, ...] = ()) -> Facts:
    """What is known besides evidence; metrics are those that `gatebot init` declares unless given."""
    return Facts(
        project="world",
        now=NOW,
        rules=_rules(task, metrics or PROPOSED[task]),
        effort=Effort(smoke_seeds=SMOKE_SEEDS, confirm_seeds=CONFIRM_SEEDS),
        chosen=Base(sha="0" * 40, relation=Relation.FIRST_PARENT, source="drawn"),
        changes=Changes(paths=("src/model.py",)),
    )


@cache
def _rules(task: str, metrics: tuple[str, ...]) -> Rules:
    declared = [{"metric": name, "margin": MARGINS[name]} for name in metrics]
    return Rules.model_validate(
        {"project": "world", "task": task, "data": {"slices": ["channel"]}, "metrics": declared}
    )


def _snapshot(evidence: Mapping[Need, Evidence], truth: Truth, task: str) -> Snapshot:
    return Snapshot(about(task), evidence, truth=truth)


def about(task: str = "classification") -> SnapshotProvenance:
    """What a drawn Snapshot says of itself."""
    return SnapshotProvenance(
        gatebot="0",
        project="world",
        task=task,
        commit=None,
        tested=None,
        created_at=NOW,
        rules_digest="",
        recipe_digest="",
        eval_digest="",
        data_version="",
        environment_digest="",
        runner="",
        isolation="full",
    )
