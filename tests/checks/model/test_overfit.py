from typing import Any

import pytest

from gatebot.core.finding import Clean, Priority, Skipped, Status
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.training import Fit
from tests.checks.worlds import HARMLESS, World, ended, examined, facts, said, silent, trained_on, weighed, world

CHECK = "model.overfit"
OFFSET = 1000
"""Between the draws of a world's eval rows and those of its training rows."""


def fitted(gain: float = 0.0, *, skill: float = 0.85, noise: int = 0, wobble: float = 0.0, **knobs: Any) -> World:
    """Two commits of which head is right on more of its training rows, by the gain; all else is equal.

    Args:
        gain: head's on training rows.
        skill: base's on training rows.
        noise: seed of all that is drawn.
        wobble: standard deviation of the skill of single trainings on both kinds of rows.
        knobs: of the eval rows.
    """
    same = {key: value for key, value in knobs.items() if key in ("task", "rows", "seeds", "classes", "churn")}
    held = world(noise=noise, wobble=wobble, **knobs)
    return trained_on(held, world(noise=noise + OFFSET, wobble=wobble, skill=skill, loss=-gain, **same))


FAULT = fitted(0.15)


def test_rows_learnt_by_heart_are_found() -> None:
    assert said(CHECK, FAULT) == {"accuracy": Status.NEW}
    assert weighed(CHECK, FAULT)["accuracy"].priority is Priority.P2
    found = facts(CHECK, FAULT, "accuracy")
    assert found["grown"] == pytest.approx(0.15, abs=0.03)
    assert found["head_train"] - found["base_train"] == pytest.approx(0.15, abs=0.02)
    assert found["head_eval"] - found["base_eval"] == pytest.approx(0.0, abs=0.02)
    assert 0.05 < found["at_least"] < found["grown"]


@pytest.mark.parametrize("noise", range(1, 6))
@pytest.mark.parametrize("wobble", [0.0, 0.005])
def test_a_planted_gap_is_found_in_other_draws(noise: int, wobble: float) -> None:
    assert said(CHECK, fitted(0.15, noise=noise, wobble=wobble)) == {"accuracy": Status.NEW}


@pytest.mark.parametrize(
    "knobs",
    [
        {"task": "regression", "skill": 0.8},
        {"classes": ("a", "b", "c", "d")},
        {"folds": 5, "seeds": 3},
        {"seeds": 3, "churn": 0.1},
        {"groups": 200},
    ],
)
def test_every_kind_of_evidence_shows_it(knobs: dict[str, Any]) -> None:
    assert len(said(CHECK, fitted(0.15, **knobs))) == 1
    assert not said(CHECK, fitted(0.0, **knobs))


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        (fitted(0.03), "less than the margin"),
        (fitted(-0.15), "a smaller gap"),
        (fitted(0.15, loss=-0.1), "eval rows are predicted better, too"),
        (fitted(0.15, rows=40), "few rows"),
        (fitted(0.0, loss=0.02), "a loss is another check's"),
        (fitted(0.0, skill=0.99), "base has as large a gap"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_overfitting_is_not_told(planted: World, why: str) -> None:
    assert not said(CHECK, planted), why


@pytest.mark.parametrize(("gain", "subjects"), [(0.0, set()), (0.15, {"accuracy"})])
def test_other_training_rows_are_independent(gain: float, subjects: set[str]) -> None:
    planted = trained_on(fitted(gain), world(noise=7), (Side.BASE,), first_id=10**8)
    assert set(said(CHECK, planted)) == subjects


def test_options_choose_metric_and_margin() -> None:
    planted = fitted(0.15, metrics=({"metric": "log_loss"}, {"metric": "accuracy"}))
    assert set(said(CHECK, planted)) == {"log_loss"}
    assert set(said(CHECK, planted.ruled(checks={CHECK: {"metric": "accuracy"}}))) == {"accuracy"}
    assert not said(CHECK, planted.ruled(checks={CHECK: {"metric": "accuracy", "margin": 0.3}}))
    assert not said(CHECK, planted.ruled(checks={CHECK: {"metric": "nobody's"}}))


def test_without_bases_training_rows_it_is_excused() -> None:
    planted = fitted(0.15)
    lacking = planted.minus(Side.BASE, *(Predict(Fit(Side.BASE, seed=seed), TRAIN) for seed in range(5)))
    for each in (lacking, planted.without_base(), world(trains=False)):
        assert isinstance(outcome := examined(CHECK, each).outcome, Skipped)
        assert outcome.excused


def test_without_heads_training_rows_it_is_skipped() -> None:
    lacking = fitted(0.15).minus(Side.HEAD, Predict(Fit(Side.HEAD), TRAIN), why="budget: 9 s needed, 1 s left")
    assert examined(CHECK, lacking).outcome == Skipped("budget: 9 s needed, 1 s left")


def test_training_rows_that_cannot_be_predicted_are_found() -> None:
    what = fitted()
    need = Predict(Fit(Side.HEAD, seed=1), TRAIN)
    answers = what.head.get(need, Predictions)
    assert answers is not None
    broken = ended(Ending.CRASHED, exit_code=1)(answers)
    assert said(CHECK, what.plus(Side.HEAD, {need: broken})) == {"training rows": Status.NEW}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    harmless = HARMLESS[name]
    assert silent(CHECK, harmless)
    assert silent(CHECK, trained_on(harmless, harmless))


@pytest.mark.parametrize("noise", range(40))
def test_equally_good_models_pass(noise: int) -> None:
    what = fitted(noise=noise, rows=500, skill=0.9, churn=0.1, wobble=0.01)
    assert examined(CHECK, what).outcome == Clean()


@pytest.mark.simulation
@pytest.mark.parametrize(("gain", "most"), [(0.0, 0), (0.05, 12)])
def test_error_rates(gain: float, most: int) -> None:
    """Equal models are never told, and a gap that grew by just the margin in about 1 % of 400 worlds."""
    told = [
        bool(said(CHECK, fitted(gain, noise=noise, rows=600, skill=0.9, churn=0.05, wobble=0.01)))
        for noise in range(400)
    ]
    assert sum(told) <= most
