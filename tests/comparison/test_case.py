"""The Case: what is known, what is missing, and facts that survive being stored."""

from dataclasses import replace

import numpy as np
import pytest

from gatebot.comparison.case import Approval, Changes, CheckRecord, Facts
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import Profile
from gatebot.evidence.training import Fit
from tests.checks.worlds import SHA, ended, trained_on, world

FIT = Fit(Side.HEAD)


def test_facts_survive_being_stored() -> None:
    known = world(metrics=({"metric": "accuracy", "margin": "5%"},)).knowing(
        effort=Effort(own=("metrics.py:cost",), folds=5),
        changes=Changes(paths=("a",), gate=("a",)),
        history={"data.schema": CheckRecord(runs=3, found=1)},
        approvals=(Approval(login="octocat", sha=SHA),),
    )
    facts = known.case().facts
    assert Facts.model_validate_json(facts.model_dump_json(by_alias=True)) == facts


@pytest.mark.parametrize(
    ("need", "has"), [(FIT, True), (Predict(FIT), True), (Fit(Side.HEAD, seed=9), False), (Profile(Side.BASE), True)]
)
def test_what_is_there(need: Need, has: bool) -> None:
    assert world().case().has(need) is has


def test_why_something_is_not_there() -> None:
    case = world().case()
    assert case.why_unmet(Fit(Side.HEAD, seed=9)) == "not collected"
    assert replace(case, base=None).why_unmet(Profile(Side.BASE)) == "no baseline"
    assert replace(case, head=None).why_unmet(FIT) == "nothing was collected"


@pytest.mark.parametrize("need", [FIT, Predict(FIT), Score(Predict(FIT), "metrics.py:cost")])
def test_what_user_code_failed_at(need: Need) -> None:
    assert not world().case().failed(need, Side.HEAD)
    crashed = world().head_with(trainings=ended(Ending.CRASHED)).case()
    assert crashed.failed(need, Side.HEAD)
    assert not crashed.failed(need, Side.BASE)
    assert not replace(crashed, head=None).failed(need, Side.HEAD)
    assert not crashed.failed(Profile(Side.HEAD), Side.HEAD)


def test_a_later_round_adds_labels_of_the_rows_that_it_predicted() -> None:
    first, later = world(), trained_on(world(), world(noise=1))
    assert first.head.truth is not None
    assert later.head.truth is not None
    case = first.case().with_evidence({Side.HEAD: later.head})
    assert case.head is not None
    assert case.head.truth is not None
    assert np.array_equal(case.head.truth.ids, later.head.truth.ids)
    again = case.with_evidence({Side.HEAD: first.head})
    assert again.head is not None
    assert again.head.truth is case.head.truth


def test_a_corrected_training_row_is_no_change_of_the_eval_rows() -> None:
    what = trained_on(trained_on(world(), world(noise=1), (Side.BASE,)), world(noise=2), (Side.HEAD,))
    comparison = what.comparison()
    assert not len(comparison.eval_changes.relabelled)
    assert comparison.truth is not None
    assert len(comparison.truth.ids) == len(comparison.units) == 2000
