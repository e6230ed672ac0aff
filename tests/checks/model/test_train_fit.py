"""Training rows that head leaves out are told by their place; what changes the fit of all rows alike is not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.core.finding import Action, Skipped, Status
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from gatebot.stats.binomial import clopper_pearson_upper
from tests.checks.worlds import HARMLESS, OK, World, about, examined, facts, said, silent, weighed, world

CHECK = "model.train_fit"
CLASSES = ("a", "b", "c")
GIVEN, SCORED = 800, 600
Rows = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Recipe:
    """Nearest neighbours, which learn each row by heart, on the rows that are kept of those that are given.

    Attributes:
        neighbours: how many vote, the nearest with the most weight; more of them learn less by heart.
        metric: exponent of the distance, by which one learner differs from another.
        kept: which of so many rows are trained on, by the seed.
        seed: is added to every seed.
    """

    neighbours: int = 5
    metric: float = 2.0
    kept: Callable[[int, np.random.Generator], Places] = lambda count, rng: rng.permutation(count)[count // 5 :]
    seed: int = 0

    def probabilities(self, train: Rows, labels: Places, rows: Rows, seed: int) -> Rows:
        """What a model of these rows says of others."""
        at = self.kept(len(train), np.random.default_rng(seed + self.seed))
        apart = (np.abs(rows[:, None, :] - train[at][None, :, :]) ** self.metric).sum(axis=2)
        near = np.argpartition(apart, self.neighbours, axis=1)[:, : self.neighbours]
        weight = 1.0 / (0.3 + np.take_along_axis(apart, near, axis=1))
        votes = np.stack([(weight * (labels[at][near] == code)).sum(axis=1) for code in range(len(CLASSES))], axis=1)
        return np.asarray((votes + 0.05) / (votes + 0.05).sum(axis=1, keepdims=True))


def pull(base: Recipe, head: Recipe, noise: int = 0, *, by_class: bool = False) -> World:
    """Both sides' evidence; the rows of the file may be sorted by class, of which some are harder."""
    rng = np.random.default_rng([noise, 5])
    labels = rng.choice(3, GIVEN + SCORED, p=(0.4, 0.35, 0.25))
    rows = rng.normal(size=(GIVEN + SCORED, 4)) + np.array([2.5, 1.0, 0.0])[labels][:, None]
    if by_class:
        order = np.argsort(labels[:GIVEN], kind="stable")
        rows[:GIVEN], labels[:GIVEN] = rows[order], labels[order]
    sides = {}
    for side, recipe in ((Side.BASE, base), (Side.HEAD, head)):
        ids = np.arange(1, GIVEN + SCORED + 1, dtype=np.uint64)
        table = RowTable(ids[GIVEN:], ids[GIVEN:], None, ids[GIVEN:] * np.uint64(0), {})
        evidence: dict[Need, Evidence] = {Profile(side): DataProfile(GIVEN + SCORED, GIVEN, (), (), table)}
        for seed in range(2 if side is Side.HEAD else 5):
            given = np.flatnonzero(np.random.default_rng([noise, seed]).random(GIVEN) > 0.1)
            told = recipe.probabilities(rows[given], labels[given], np.vstack([rows[given], rows[GIVEN:]]), seed)
            fit = Fit(side, seed=seed)
            evidence[fit] = Training(OK, len(given), "rows")
            evidence[Predict(fit, TRAIN)] = answers(ids[given], told[: len(given)])
            evidence[Predict(fit)] = answers(ids[GIVEN:], told[len(given) :])
        sides[side] = Snapshot(about(), evidence, truth=Truth(ids, Names(labels.astype(np.int32), CLASSES)))
    return replace(SKELETON, head=sides[Side.HEAD], base=sides[Side.BASE])


SKELETON = replace(world(rows=4, classes=CLASSES), effort=Effort(smoke_seeds=2))


def answers(ids: NDArray[np.uint64], told: Rows) -> Predictions:
    scores = {f"score_{name}": Numbers(told[:, code].copy()) for code, name in enumerate(CLASSES)}
    return Predictions(OK, ids, {"prediction": Names(told.argmax(axis=1).astype(np.int32), CLASSES), **scores})


def of(part: Callable[[int], Places]) -> Recipe:
    """Four fifths of a part of the rows."""
    return replace(MAIN, kept=lambda count, rng: rng.permutation(part(count))[len(part(count)) // 5 :])


MAIN = Recipe()
LEFT_OUT: Mapping[str, tuple[Recipe, str]] = {
    "first half": (of(lambda count: np.arange(count // 2)), "last 50 %"),
    "last quarter": (of(lambda count: np.arange(3 * count // 4, count)), "first 75 %"),
    "first three quarters": (of(lambda count: np.arange(3 * count // 4)), "last 25 %"),
}
SAME_FIT: Mapping[str, Recipe] = {
    "nothing": MAIN,
    "another seed": replace(MAIN, seed=100),
    "less by heart": replace(MAIN, neighbours=15),
    "far less by heart": replace(MAIN, neighbours=60),
    "more by heart": replace(MAIN, neighbours=2),
    "another learner": replace(MAIN, metric=1.0, neighbours=9),
    "other rows held out": replace(MAIN, kept=lambda count, _rng: np.arange(4 * count // 5)),
    "every second row": replace(MAIN, kept=lambda count, _rng: np.arange(0, count, 2)),
}
SORTED = [name for name in SAME_FIT if name != "other rows held out"]  # that would be a class that is not learnt
ALIKE = [*((name, False) for name in SAME_FIT), *((name, True) for name in SORTED)]
FAULT = pull(MAIN, LEFT_OUT["first half"][0])


@pytest.mark.parametrize("name", LEFT_OUT)
def test_rows_that_are_left_out_are_told_by_their_place(name: str) -> None:
    recipe, part = LEFT_OUT[name]
    found = weighed(CHECK, pull(MAIN, recipe, 3))
    assert {subject: each.status for subject, each in found.items()} == {"training rows": Status.NEW}
    assert found["training rows"].action is Action.WARN
    assert found["training rows"].facts["part"] == part


def test_what_the_finding_tells() -> None:
    known = facts(CHECK, FAULT, "training rows")
    assert (known["metric"], known["seeds"]) == ("brier", 2)
    assert known["head_part"] < 0.2 * known["head_rest"]
    assert known["base_part"] == pytest.approx(known["base_rest"], rel=0.3)


@pytest.mark.parametrize(("name", "by_class"), ALIKE)
def test_what_changes_the_fit_of_all_rows_alike_is_silent(name: str, by_class: bool) -> None:
    assert not said(CHECK, pull(MAIN, SAME_FIT[name], 4, by_class=by_class))


def test_an_option_says_how_much_of_a_part_is_kept() -> None:
    def thinned(count: int, rng: np.random.Generator) -> Places:
        at = MAIN.kept(count, rng)
        return at[(at < count // 2) | (at % 2 > 0)]

    what = pull(MAIN, replace(MAIN, kept=thinned), 2)
    assert not said(CHECK, what)
    assert said(CHECK, what.ruled(checks={CHECK: {"kept": 0.95}}))


def test_rows_that_base_leaves_out_too_are_no_news() -> None:
    half = LEFT_OUT["first half"][0]
    assert not said(CHECK, pull(half, replace(half, seed=100)))


def test_without_base_s_predictions_there_is_nothing_to_compare_with() -> None:
    without = FAULT.minus(Side.BASE, *(Predict(Fit(Side.HEAD, seed=seed), TRAIN) for seed in range(5)))
    assert examined(CHECK, without).outcome == Skipped("base has no predictions of its training rows yet", excused=True)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


@pytest.mark.simulation
def test_changes_of_the_fit_of_all_rows_are_told_in_less_than_one_percent() -> None:
    pulls = told = 0
    for noise in range(40):
        for name, by_class in ALIKE:
            pulls, told = pulls + 1, told + bool(said(CHECK, pull(MAIN, SAME_FIT[name], noise, by_class=by_class)))
    assert pulls == 600
    assert clopper_pearson_upper(told, pulls, 0.05) <= 0.01


@pytest.mark.simulation
@pytest.mark.parametrize("name", LEFT_OUT)
def test_rows_that_are_left_out_are_found(name: str) -> None:
    found = sum(bool(said(CHECK, pull(MAIN, LEFT_OUT[name][0], noise))) for noise in range(40))
    assert found >= 0.9 * 40
