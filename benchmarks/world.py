"""Models without training: predictions of two commits drawn with known quality, seed noise and disagreement."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.pull import AA_SEEDS, CONFIRM_SEEDS, SMOKE_SEEDS, Array, Pull
from gatebot.evidence.column import Names
from gatebot.evidence.need import Tier

Codes = NDArray[np.int32]

CLASSES = ("a", "b", "c")
PRIOR = (0.5, 0.35, 0.15)
SLICES = ("web", "mail", "phone")
SLICE_SHARES = (0.6, 0.3, 0.1)
SHARPNESS = 6.0


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


def draw(rng: np.random.Generator, n: int, change: Recipe | None, main: Recipe = BASE) -> Pull:
    """Main as it is, and main with this change; None for a change that changes no prediction at all."""
    rows = Rows.draw(rng, n)
    base = {
        Tier.SMOKE: tuple(rows.scores(main, rng) for _ in range(AA_SEEDS)),
        Tier.CONFIRM: tuple(rows.scores(_trained_longer(main), rng) for _ in range(CONFIRM_SEEDS)),
    }
    if change is None:
        same = {Tier.SMOKE: base[Tier.SMOKE][:SMOKE_SEEDS], Tier.CONFIRM: base[Tier.CONFIRM]}
        return Pull("classification", Names(rows.truth, CLASSES), Names(rows.channel, SLICES), base, same)

    def luck(rng: np.random.Generator) -> dict[Tier, tuple[Array, ...]]:
        return {
            Tier.SMOKE: tuple(rows.scores(change, rng) for _ in range(SMOKE_SEEDS)),
            Tier.CONFIRM: tuple(rows.scores(_trained_longer(change), rng) for _ in range(CONFIRM_SEEDS)),
        }

    return Pull("classification", Names(rows.truth, CLASSES), Names(rows.channel, SLICES), base, luck(rng), luck)


def _trained_longer(recipe: Recipe) -> Recipe:
    """The confirm tier has more rows to train on, so that seeds matter a little less."""
    return replace(recipe, luck=0.8 * recipe.luck)
