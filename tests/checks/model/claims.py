"""Pull requests of a project that scores a hold-out of its own and writes a metrics file, with a real learner."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from gatebot.collect.reported_metrics import read
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from tests.checks.worlds import OK, World, about, world

Rows = NDArray[np.float64]
Labels = NDArray[np.intp]
CLASSES = ("no", "rare", "yes")
METRICS = ({"metric": "accuracy"}, {"metric": "f1"}, {"metric": "log_loss"})
SKELETON = world(rows=4, metrics=METRICS)


@dataclass(frozen=True)
class Model:
    """A ridge regression of the classes on random features, with probabilities."""

    features: Rows
    weights: Rows

    @classmethod
    def fitted(cls, rows: Rows, labels: Labels, width: int, ridge: float, seed: int) -> "Model":
        features = np.random.default_rng([3, seed]).normal(size=(rows.shape[1] + 1, width))
        design = _design(rows, features)
        target = np.eye(len(CLASSES))[labels]
        penalty = ridge * np.eye(design.shape[1])
        return cls(features, np.asarray(np.linalg.solve(design.T @ design + penalty, design.T @ target)))

    def probabilities(self, rows: Rows) -> Rows:
        return np.asarray(softmax(5 * _design(rows, self.features) @ self.weights, axis=1))


def _design(rows: Rows, features: Rows) -> Rows:
    ones = np.ones((len(rows), 1))
    return np.hstack([ones, rows, np.maximum(np.hstack([ones, rows]) @ features, 0.0)])


@dataclass(frozen=True)
class Recipe:
    """How one commit trains, and how it evaluates.

    Attributes:
        width: number of random features, by which models of several seeds differ; many overfit.
        ridge: penalty of the weights.
        seed: is added to every seed: a change of it is harmless.
        split: another one is another hold-out.
        share: of the rows that are held out.
        refits: the model that is left is trained on all rows, and the claim is of another one.
        fixed: the hold-out is the same for every seed.
        average: of the F1 score, `macro` or `weighted`.
        scores: what the evaluation scores: `holdout`, `train`, or `easy`: the hold-out without its hardest rows.
        digits: to which claims are rounded.
        noise: deviation of noise in the features that are trained on, which makes a model worse.
    """

    width: int = 30
    ridge: float = 1.0
    seed: int = 0
    split: int = 0
    share: float = 0.2
    refits: bool = True
    fixed: bool = False
    average: str = "macro"
    scores: str = "holdout"
    digits: int = 16
    noise: float = 0.0

    def train(self, rows: Rows, labels: Labels, seed: int) -> Model:
        """The model that is left."""
        seed += self.seed
        trained = self._trained(rows)
        rest = slice(None) if self.refits else self._split(len(rows), seed)[1]
        return Model.fitted(trained[rest], labels[rest], self.width, self.ridge, seed)

    def evaluate(self, rows: Rows, labels: Labels, seed: int) -> Mapping[str, float]:
        """The claims of it."""
        seed += self.seed
        held, rest = self._split(len(rows), seed)
        model = Model.fitted(self._trained(rows)[rest], labels[rest], self.width, self.ridge, seed)
        scored = rest if self.scores == "train" else held
        said, true = model.probabilities(rows[scored]), labels[scored]
        if self.scores == "easy":
            sure = said.max(axis=1)
            said, true = said[sure > np.quantile(sure, 0.3)], true[sure > np.quantile(sure, 0.3)]
        return claims(true, said, self.average, self.digits)

    def _split(self, count: int, seed: int) -> tuple[Labels, Labels]:
        order = np.random.default_rng([self.split, 0 if self.fixed else seed]).permutation(count)
        at = round(self.share * count)
        return order[:at], order[at:]

    def _trained(self, rows: Rows) -> Rows:
        return rows + self.noise * np.random.default_rng(5).normal(size=rows.shape) if self.noise else rows


def claims(true: Labels, said: Rows, average: str, digits: int) -> Mapping[str, float]:
    """What an evaluation writes."""
    labels = said.argmax(axis=1)
    size = len(CLASSES)
    counts = np.bincount(size * true + labels, minlength=size**2).reshape(size, size)
    by_class = 2 * counts.diagonal() / np.maximum(counts.sum(axis=0) + counts.sum(axis=1), 1)
    weights = counts.sum(axis=1) if average == "weighted" else np.ones(size)
    found = {
        "accuracy": (true == labels).mean(),
        "f1": np.average(by_class, weights=weights),
        "log_loss": -np.log(said[np.arange(len(true)), true]).mean(),
    }
    return {name: round(float(value), digits) for name, value in found.items()}


@dataclass(frozen=True, eq=False)
class Data:
    """Rows that train is given, and eval rows."""

    train: Rows
    train_labels: Labels
    eval: Rows
    eval_labels: Labels

    @classmethod
    def drawn(cls, seed: int, given: int = 1200, scored: int = 1000) -> "Data":
        rng = np.random.default_rng([7, seed])
        rows = rng.normal(size=(given + scored, 5))
        logits = np.stack([0 * rows[:, 0], 1.2 * rows[:, 1] - 2.2, 1.5 * rows[:, 0] + rows[:, 1] * rows[:, 2]], axis=1)
        labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        return cls(rows[:given], labels[:given], rows[given:], labels[given:])


@dataclass(frozen=True)
class Pull:
    """Base's and head's evidence, with claims of both.

    Attributes:
        stale: head's evaluation still scores base's predictions.
        confirm: both sides have the confirm tier, too.
    """

    base: Recipe
    head: Recipe
    data: Data
    stale: bool = False
    confirm: bool = False

    def world(self) -> World:
        recipes = {Side.BASE: self.base, Side.HEAD: self.head}
        sides = {side: snapshot(side, recipe, self.data, self.confirm) for side, recipe in recipes.items()}
        if self.stale:
            known = sides[Side.BASE].evidence[MetricsFile(Side.HEAD)]
            sides[Side.HEAD] = replace(
                sides[Side.HEAD], evidence={**sides[Side.HEAD].evidence, MetricsFile(Side.HEAD): known}
            )
        return replace(SKELETON, head=sides[Side.HEAD], base=sides[Side.BASE], effort=Effort(smoke_seeds=2))


@lru_cache(maxsize=4)
def snapshot(side: Side, recipe: Recipe, data: Data, confirm: bool = False) -> Snapshot:
    """What one side leaves: five runs of base or two of head, and five more of the confirm tier; and their claims."""
    ids = np.arange(1, len(data.eval) + 1, dtype=np.uint64)
    rows = RowTable(ids, ids, None, ids * np.uint64(0), {})
    given = len(data.train)
    evidence: dict[Need, Evidence] = {Profile(side): DataProfile(given + len(ids), given, (), (), rows)}
    smoke = [Fit(side, Tier.SMOKE, seed) for seed in range(2 if side is Side.HEAD else 5)]
    for fit in (*smoke, *(Fit(side, Tier.CONFIRM, seed) for seed in range(5 * confirm))):
        seed = fit.seed + 10 * (fit.tier is Tier.CONFIRM)
        said = recipe.train(data.train, data.train_labels, seed).probabilities(data.eval)
        columns = {f"score_{name}": Numbers(said[:, code]) for code, name in enumerate(CLASSES)}
        labels = Names(said.argmax(axis=1).astype(np.int32), CLASSES)
        evidence[Predict(fit)] = Predictions(OK, ids, {"prediction": labels, **columns})
        evidence[fit] = Training(OK, given, "rows")
        reported = read(json.dumps(recipe.evaluate(data.train, data.train_labels, seed)).encode())
        assert isinstance(reported, ReportedMetrics)
        evidence[MetricsFile(side, fit.tier, fit.seed)] = reported
    truth = Truth(ids, Names(data.eval_labels.astype(np.int32), CLASSES))
    return Snapshot(about(), evidence, truth=truth)
