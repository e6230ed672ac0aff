"""Models without training: predictions of two commits drawn with known quality, seed noise and disagreement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gatebot.case import Case, Changes, Facts
from gatebot.config.model import Rules
from gatebot.needs import Effort, Fit, Need, Predict, Profile, Side, Tier
from gatebot.report import Base, Relation
from gatebot.snapshot.column import Column, Names, Numbers
from gatebot.snapshot.evidence import (
    ColumnProfile,
    DataProfile,
    Effects,
    Ending,
    Evidence,
    Predictions,
    RowTable,
    Training,
    Truth,
)
from gatebot.snapshot.snapshot import About, Snapshot

Array = NDArray[np.float64]
Codes = NDArray[np.int32]

CLASSES = ("a", "b", "c")
PRIOR = (0.5, 0.35, 0.15)
SLICES = ("web", "mail", "phone")
SLICE_SHARES = (0.6, 0.3, 0.1)
SHARPNESS = 6.0
SMOKE_SEEDS, AA_SEEDS, CONFIRM_SEEDS = 2, 5, 5
NOW = datetime(2026, 11, 20, tzinfo=UTC)
MARGINS = {"accuracy": "0.02", "log_loss": "5%"}
RAN = Effects(Ending.OK, 0, seconds=1.0, cpu_seconds=1.0, peak_rss_bytes=100_000_000)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How good a model is that a training recipe yields.

    Attributes:
        blur: standard deviation of what the recipe misjudges for good, in logits by row and class.
        luck: of what a single seed misjudges.
        drift: by how much a seed's luck varies, as a standard deviation of its logarithm: pure seed noise.
        kinship: correlation of what this recipe misjudges with what base's does; 1 for the same recipe.
        heat: factor on all logits; above 1 scores are too sure.
        spoilt: share of the last slice's rows whose features are lost.
        swapped: logits by which the rarest class is held back.
    """

    blur: float = 1.2
    luck: float = 0.6
    drift: float = 0.2
    kinship: float = 1.0
    heat: float = 0.66
    spoilt: float = 0.0
    swapped: float = 0.0


BASE = Recipe()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The eval rows of one draw.

    Attributes:
        logits: [n, 3], what a perfect model would say.
        truth: [n], drawn from it.
        channel: [n], the slice.
        blur: [n, 3], standard normal: what base's recipe misjudges.
        other: [n, 3], what another recipe misjudges.
        lost: [n], uniform: which rows lose their features first.
    """

    logits: Array
    truth: Codes
    channel: Codes
    blur: Array
    other: Array
    lost: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, n: int) -> "Rows":
        """So many rows."""
        logits = SHARPNESS * rng.normal(size=(n, 3)) + np.log(PRIOR)
        gumbel = rng.gumbel(size=(n, 3))
        truth = (logits + gumbel).argmax(axis=1).astype(np.int32)
        channel = rng.choice(3, n, p=SLICE_SHARES).astype(np.int32)
        return cls(logits, truth, channel, rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.random(n))

    def __len__(self) -> int:
        return len(self.truth)

    def scores(self, recipe: Recipe, rng: np.random.Generator) -> Array:
        """Class probabilities of one seed's model, [n, 3]."""
        luck = recipe.luck * np.exp(recipe.drift * rng.normal())
        return self.judged(recipe, luck * rng.normal(size=self.logits.shape))

    def judged(self, recipe: Recipe, luck: Array) -> Array:
        """The same with a given misjudgement by the seed, [n, 3]."""
        shared = recipe.kinship * self.blur + np.sqrt(1.0 - recipe.kinship**2) * self.other
        logits = self.logits + recipe.blur * shared + luck
        if recipe.spoilt:
            gone = (self.channel == len(SLICES) - 1) & (self.lost < recipe.spoilt)
            logits[gone] = np.log(PRIOR) + luck[gone]
        logits[:, -1] -= recipe.swapped
        logits *= recipe.heat
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@cache
def _reference() -> tuple[Rows, Array]:
    """Rows, and what a seed misjudges: the same for every recipe, so that recipes can be told apart finely."""
    rng = np.random.default_rng(7)
    return Rows.draw(rng, 80_000), rng.normal(size=(80_000, 3))


@cache
def accuracy(recipe: Recipe) -> float:
    """A recipe's true accuracy, by 80,000 rows."""
    rows, luck = _reference()
    return float((rows.judged(recipe, recipe.luck * luck).argmax(axis=1) == rows.truth).mean())


@cache
def log_loss(recipe: Recipe) -> float:
    """A recipe's true log loss, likewise."""
    rows, luck = _reference()
    right = rows.judged(recipe, recipe.luck * luck)[np.arange(len(rows)), rows.truth]
    return float(-np.log(right.clip(1e-15)).mean())


@cache
def worse_by(loss: float) -> Recipe:
    """Base's recipe blurred so much more that its true accuracy is lower by `loss`, and as sure as it may be."""
    aim = accuracy(BASE) - loss
    blur = _crossing(lambda blur: accuracy(replace(BASE, blur=blur)) < aim, BASE.blur, 40.0)
    blurred = replace(BASE, blur=blur)
    return replace(blurred, heat=_crossing(lambda heat: _slope(blurred, heat) > 0, 0.05, BASE.heat))


def _slope(recipe: Recipe, heat: float) -> float:
    """Whether log loss rises with the heat here."""
    return log_loss(replace(recipe, heat=1.01 * heat)) - log_loss(replace(recipe, heat=heat))


def _crossing(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition begins to hold, to a fraction of a percent."""
    while high - low > 0.003 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One pull request: the rows, and both sides' scores by tier and seed."""

    rows: Rows
    base: Mapping[Tier, tuple[Array, ...]]
    head: Mapping[Tier, tuple[Array, ...]]

    @classmethod
    def of(cls, rng: np.random.Generator, n: int, change: Recipe | None, main: Recipe = BASE) -> "Draw":
        """Main as it is, and main with this change; None for a change that changes no prediction at all."""
        rows = Rows.draw(rng, n)
        base = {
            Tier.SMOKE: tuple(rows.scores(main, rng) for _ in range(AA_SEEDS)),
            Tier.CONFIRM: tuple(rows.scores(_trained_longer(main), rng) for _ in range(CONFIRM_SEEDS)),
        }
        if change is None:
            return cls(rows, base, {Tier.SMOKE: base[Tier.SMOKE][:SMOKE_SEEDS], Tier.CONFIRM: base[Tier.CONFIRM]})
        head = {
            Tier.SMOKE: tuple(rows.scores(change, rng) for _ in range(SMOKE_SEEDS)),
            Tier.CONFIRM: tuple(rows.scores(_trained_longer(change), rng) for _ in range(CONFIRM_SEEDS)),
        }
        return cls(rows, base, head)

    def case(self, *tiers: Tier, metrics: tuple[str, ...] = tuple(MARGINS)) -> Case:
        """The Case with head's evidence of these tiers."""
        ids = np.arange(len(self.rows), dtype=np.uint64)
        effort = Effort(smoke_seeds=SMOKE_SEEDS, confirm_seeds=CONFIRM_SEEDS)
        facts = Facts(
            project="world",
            now=NOW,
            rules=_rules(metrics),
            effort=effort,
            chosen=Base(sha="0" * 40, relation=Relation.FIRST_PARENT, source="drawn"),
            changes=Changes(paths=("src/model.py",)),
        )
        truth = Truth(ids, Names(self.rows.truth, CLASSES))
        base = {need: found for tier in Tier for need, found in _runs(Side.BASE, tier, ids, self.base[tier])}
        head = {need: found for tier in tiers for need, found in _runs(Side.HEAD, tier, ids, self.head[tier])}
        profile = _profile(ids, self.rows)
        return Case(
            facts,
            head=_snapshot({Profile(Side.HEAD): profile, **head}, truth),
            base=_snapshot({Profile(Side.BASE): profile, **base}, truth),
        )


@cache
def _rules(metrics: tuple[str, ...]) -> Rules:
    declared = [{"metric": name, "margin": MARGINS[name]} for name in metrics]
    return Rules.model_validate({"project": "world", "data": {"slices": ["channel"]}, "metrics": declared})


def _trained_longer(recipe: Recipe) -> Recipe:
    """The confirm tier has more rows to train on, so that seeds matter a little less."""
    return replace(recipe, luck=0.8 * recipe.luck)


def _runs(side: Side, tier: Tier, ids: NDArray[np.uint64], runs: tuple[Array, ...]) -> list[tuple[Need, Evidence]]:
    found: list[tuple[Need, Evidence]] = []
    for seed, scores in enumerate(runs):
        fit = Fit(side, tier, seed)
        columns = {f"score_{name}": Numbers(np.ascontiguousarray(scores[:, at])) for at, name in enumerate(CLASSES)}
        answered: dict[str, Column] = {"prediction": Names(scores.argmax(axis=1).astype(np.int32), CLASSES), **columns}
        found.append((fit, Training(RAN, 2000, f"{tier}-{seed}", 1_000_000)))
        found.append((Predict(fit), Predictions(RAN, ids, answered)))
    return found


def _profile(ids: NDArray[np.uint64], rows: Rows) -> DataProfile:
    eval_rows = RowTable(ids, ids, None, np.zeros(len(ids), np.uint64), {"channel": Names(rows.channel, SLICES)})
    columns = (ColumnProfile("text", "text", 50_000, 0, 50_000), ColumnProfile("channel", "category", 50_000, 0, 3))
    return DataProfile(50_000, 45_000, columns, ("text", "channel"), eval_rows)


def _snapshot(evidence: Mapping[Need, Evidence], truth: Truth) -> Snapshot:
    return Snapshot(about(), {need.key: found for need, found in evidence.items()}, truth=truth)


def about() -> About:
    """What a drawn Snapshot says of itself."""
    return About(
        gatebot="0",
        project="world",
        task="classification",
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
