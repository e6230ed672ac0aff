import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.training import Fit, Model
from tests.checks.worlds import HARMLESS, World, column, examined, facts, said, silent, weighed, world

CHECK = "model.heuristic"
CONSTANT = column("prediction", lambda values: np.full_like(values, 10.0))
FAULT = world(loss=0.35)


@pytest.mark.parametrize(
    ("planted", "subjects"),
    [
        (world(skill=0.5, scores=False), {"trivial", "simple"}),
        (world(skill=0.6, scores=False), {"simple"}),
        (world(skill=0.2), {"trivial", "simple"}),
        (world(task="regression", skill=0.0), {"trivial", "simple"}),
        (world(task="regression").both_with(predictions=CONSTANT), {"trivial", "simple"}),
    ],
    ids=["coin", "little", "inverted", "noise", "constant"],
)
def test_models_that_learned_nothing_are_told(planted: World, subjects: set[str]) -> None:
    assert said(CHECK, planted) == dict.fromkeys(subjects, Status.INHERITED)
    assert said(CHECK, planted.without_base()) == dict.fromkeys(subjects, Status.NEW)


def test_a_model_that_forgot_everything_is_new() -> None:
    assert said(CHECK, FAULT) == {"trivial": Status.NEW, "simple": Status.NEW}
    found = weighed(CHECK, FAULT)["trivial"]
    assert (found.priority, found.action) == (Priority.P3, Action.WARN)
    known = facts(CHECK, FAULT, "simple")
    assert set(known) == {"metric", "head", "reference"}


def test_a_metric_that_a_constant_answer_fulfils_is_no_proof() -> None:
    recall = world(metrics=({"metric": "recall", "of": "no"}, {"metric": "accuracy"}))
    assert silent(CHECK, recall)


def test_without_references_it_does_not_run() -> None:
    missing = world(task="scores")
    assert isinstance(examined(CHECK, missing).outcome, Skipped)


def test_one_reference_that_was_not_trained_is_no_reference() -> None:
    missing = Predict(Fit(Side.HEAD, model=Model.SIMPLE))
    unready = world(skill=0.6, scores=False).minus(Side.HEAD, missing, why="budget: 42 s needed, 10 s left")
    assert examined(CHECK, unready).outcome == Skipped("budget: 42 s needed, 10 s left")


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
