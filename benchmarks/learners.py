"""Three generators of data and real, cheap learners on them: pull requests that change nothing that matters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.pull import AA_SEEDS, CONFIRM_SEEDS, SMOKE_SEEDS, Array, Pull
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.need import Side, Tier

TRAIN_ROWS = {Tier.SMOKE: 800, Tier.CONFIRM: 2000}
SLICES = ("web", "mail", "phone")
SLICE_SHARES = (0.6, 0.3, 0.1)


class Harmless(StrEnum):
    """What the pull request does."""

    REFACTORING = "refactoring"
    SEED = "other seed"
    ORDER = "row order"
    TUNED = "equal hyper-parameters"


class Model(Protocol):
    """What scikit-learn calls an estimator."""

    def fit(self, x: Array, y: Array) -> Any: ...
    def predict(self, x: Array) -> Array: ...


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with features [n, F] and what is to be learned of them [n]: codes of classes, or numbers."""

    x: Array
    y: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Generator:
    """A kind of data, and what learns from it.

    Attributes:
        name: of both.
        classes: empty for a regression.
        rows: draws a table from one world, which the first generator of random numbers fixes.
        model: a learner by seed; `tuned` has other hyper-parameters that are as good.
    """

    name: str
    classes: tuple[str, ...]
    rows: Callable[[np.random.Generator, int], Table]
    model: Callable[[int, bool], Model]

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"

    def truth(self, y: NDArray[Any]) -> Column:
        """Targets as evidence."""
        return Names(y.astype(np.int32), self.classes) if self.classes else Numbers(y.astype(np.float64))

    def output(self, model: Any, x: Array) -> Array:
        """Class probabilities, [n, classes], or values, [n]."""
        if not self.classes:
            return np.asarray(model.predict(x), dtype=np.float64)
        scores = np.zeros((len(x), len(self.classes)))
        scores[:, model.classes_] = model.predict_proba(x)
        return scores


def pull(rng: np.random.Generator, generator: Generator, change: Harmless, n: int, folds: int = 1) -> Pull:
    """Main and the pull request, trained on the same rows with the same seeds, and predicting the same `n` rows.

    With folds there are no other rows: each is predicted by a model that was trained on the other folds.
    """
    rows = generator.rows(rng, n)
    train = generator.rows(rng, TRAIN_ROWS[Tier.CONFIRM]) if folds == 1 else rows
    seeds = rng.integers(0, 2**31 - 1, size=max(AA_SEEDS, CONFIRM_SEEDS))
    trained = _Trainings(generator, change, train, rows, seeds.tolist(), int(rng.integers(2**31)), folds)
    channel = rng.choice(len(SLICES), n, p=SLICE_SHARES).astype(np.int32)
    return Pull(
        generator.task,
        generator.truth(rows.y),
        Names(channel, SLICES),
        base=_Tiers(lambda tier: trained.outputs(Side.BASE, tier, AA_SEEDS if tier is Tier.SMOKE else CONFIRM_SEEDS)),
        head=_Tiers(
            lambda tier: trained.outputs(Side.HEAD, tier, SMOKE_SEEDS if tier is Tier.SMOKE else CONFIRM_SEEDS)
        ),
    )


class _Tiers(dict[Tier, tuple[Array, ...]]):
    """Trainings of a tier when they are asked for: most pull requests never need the second."""

    def __init__(self, train: Callable[[Tier], tuple[Array, ...]]) -> None:
        super().__init__()
        self._train = train

    def __missing__(self, tier: Tier) -> tuple[Array, ...]:
        self[tier] = self._train(tier)
        return self[tier]


@dataclass(frozen=True, slots=True)
class _Trainings:
    """How each side trains on the same rows."""

    generator: Generator
    change: Harmless
    train: Table
    rows: Table
    seeds: list[int]
    shuffle: int
    folds: int = 1
    known: dict[tuple[Tier, int], Array] = field(default_factory=dict)

    def outputs(self, side: Side, tier: Tier, runs: int) -> tuple[Array, ...]:
        if side is Side.BASE or self.change is Harmless.REFACTORING:
            return tuple(self._base(tier, place) for place in range(runs))
        return tuple(self._head(tier, place) for place in range(runs))

    def _base(self, tier: Tier, place: int) -> Array:
        if (tier, place) not in self.known:
            self.known[tier, place] = self._fitted(self.seeds[place], self._order(tier, place), tuned=False)
        return self.known[tier, place]

    def _head(self, tier: Tier, place: int) -> Array:
        order = self._order(tier, place)
        if self.change is Harmless.ORDER:
            np.random.default_rng(self.shuffle).shuffle(order)
        moved = 1 if self.change is Harmless.SEED else 0
        return self._fitted(self.seeds[place] + moved, order, tuned=self.change is Harmless.TUNED)

    def _order(self, tier: Tier, place: int) -> NDArray[np.intp]:
        """Rows to train on, of which each seed leaves out a tenth; tiny data is trained on whole in both tiers."""
        rows = TRAIN_ROWS[tier] if self.folds == 1 else len(self.train.x)
        priority = np.random.default_rng([self.shuffle, place]).random(len(self.train.x))[:rows]
        return np.flatnonzero(np.argsort(np.argsort(priority)) >= rows // 10)

    def _fitted(self, seed: int, order: NDArray[np.intp], *, tuned: bool) -> Array:
        if self.folds == 1:
            return self._answers(seed, order, self.rows.x, tuned=tuned)
        answers = [
            (held, self._answers(seed, order[order % self.folds != fold], self.rows.x[held], tuned=tuned))
            for fold in range(self.folds)
            for held in [np.arange(fold, len(self.rows.x), self.folds)]
        ]
        whole = np.empty((len(self.rows.x), *answers[0][1].shape[1:]))
        for held, found in answers:
            whole[held] = found
        return whole

    def _answers(self, seed: int, order: NDArray[np.intp], x: Array, *, tuned: bool) -> Array:
        model = self.generator.model(seed, tuned)
        model.fit(self.train.x[order], self.train.y[order])
        return self.generator.output(model, x)


# --- data ---


def _blobs(rng: np.random.Generator, n: int) -> Table:
    """Three classes, each of two clouds in eight dimensions; one row in twenty-five is labelled at random."""
    centres = np.random.default_rng(1).normal(scale=1.7, size=(3, 2, 8))
    y = rng.choice(3, n, p=(0.5, 0.35, 0.15))
    x = centres[y, rng.integers(2, size=n)] + rng.normal(size=(n, 8))
    wrong = rng.random(n) < 0.04
    return Table(x, np.where(wrong, rng.integers(3, size=n), y))


def _words(rng: np.random.Generator, n: int) -> Table:
    """Counts of sixty words in short texts about two things, the rarer in one text of ten."""
    fixed = np.random.default_rng(2)
    common = fixed.dirichlet(np.ones(60))
    special = fixed.dirichlet(np.full(60, 0.3))
    y = (rng.random(n) < 0.1).astype(np.int64)
    share = np.where(y == 1, rng.uniform(0.3, 0.9, n), rng.uniform(0.0, 0.15, n))[:, None]
    counts = rng.poisson(25 * ((1 - share) * common + share * special))
    return Table(np.log1p(counts).astype(np.float64), y)


def _prices(rng: np.random.Generator, n: int) -> Table:
    """A curved surface in six dimensions with noise of heavy tails."""
    x = rng.uniform(-1, 1, size=(n, 6))
    surface = 6 * x[:, 0] + 8 * x[:, 1] ** 2 + 4 * np.sin(3 * x[:, 2]) + 2 * x[:, 3] * x[:, 4]
    return Table(x, 50 + surface + 2.0 * rng.standard_t(4, size=n))


# --- learners ---


def _trees(seed: int, tuned: bool) -> Model:
    from sklearn.ensemble import RandomForestClassifier

    model: Model = RandomForestClassifier(21 if tuned else 20, min_samples_leaf=2, random_state=seed)
    return model


def _linear(seed: int, tuned: bool) -> Model:
    from sklearn.linear_model import SGDClassifier

    model: Model = SGDClassifier(
        loss="log_loss", alpha=1.1e-3 if tuned else 1e-3, max_iter=20, tol=None, average=True, random_state=seed
    )
    return model


def _boosted(seed: int, tuned: bool) -> Model:
    from sklearn.ensemble import GradientBoostingRegressor

    model: Model = GradientBoostingRegressor(
        n_estimators=42 if tuned else 40, subsample=0.5, learning_rate=0.15, random_state=seed
    )
    return model


GENERATORS: Mapping[str, Generator] = {
    each.name: each
    for each in (
        Generator("clouds, forest", ("a", "b", "c"), _blobs, _trees),
        Generator("texts, linear", ("usual", "rare"), _words, _linear),
        Generator("prices, boosting", (), _prices, _boosted),
    )
}
