from dataclasses import replace

import numpy as np
import pytest

from gatebot.checks.model.heuristic import needs
from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import ColumnProfile
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


def test_out_of_fold_the_linear_model_is_fitted_for_one_fold_alone() -> None:
    asked = needs(Effort(folds=5))
    folds = {
        model: [need.fit.fold for need in asked if isinstance(need, Predict) and need.fit.model is model]
        for model in (Model.TRIVIAL, Model.SIMPLE)
    }
    assert folds == {Model.TRIVIAL: [0, 1, 2, 3, 4], Model.SIMPLE: [0]}


def test_one_fold_is_compared_on_its_own_rows_and_the_finding_says_so() -> None:
    planted = world(skill=0.6, scores=False, folds=5).without_base()
    for fold in range(1, 5):
        planted = planted.minus(Side.HEAD, Predict(Fit(Side.HEAD, fold=fold, model=Model.SIMPLE)))
    assert said(CHECK, planted) == {"simple": Status.NEW}
    assert facts(CHECK, planted, "simple")["rows"] == 400
    assert "{rows} rows of one fold" in weighed(CHECK, planted)["simple"].says


def test_of_many_columns_the_finding_says_how_many_were_used() -> None:
    wide = tuple(ColumnProfile(f"c{at}", "number", 9, 0, 9) for at in range(500))
    planted = world(skill=0.6, scores=False).without_base()
    planted = planted.head_with(
        profile=lambda profile: replace(
            profile,
            columns=(*profile.columns, *wide, ColumnProfile("void", "empty", 9, 9, 0)),
            identity=tuple(column.name for column in (*wide, ColumnProfile("void", "empty", 9, 9, 0))),
        )
    )
    known = facts(CHECK, planted, "simple")
    assert (known["used"], known["columns"]) == (200, 500)
    assert "{used} of {columns} columns" in weighed(CHECK, planted)["simple"].says
    narrow = world(skill=0.6, scores=False).without_base()
    assert set(facts(CHECK, narrow, "simple")) == {"metric", "head", "reference"}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


@pytest.mark.parametrize("noise", range(12))
def test_the_luck_of_a_seed_beside_the_linear_model_is_not_new(noise: int) -> None:
    """Both sides are about as good as the linear model, so that chance decides which is surely worse than it."""
    near = world(skill=0.7, scores=False, noise=noise, churn=0.2)
    beside = world(skill=0.68, scores=False, noise=noise, churn=0.2)
    assert sum(said(CHECK, each).get("simple") is Status.NEW for each in (near, beside)) <= (noise in (2, 11))
