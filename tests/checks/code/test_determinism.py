from collections.abc import Callable

import pytest

from gatebot.checks.code.determinism import NOTE, REPEATED
from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.core.report import VerdictName
from gatebot.decide.judge import judge
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import EVAL, Predict, Predictions
from gatebot.evidence.training import Fit
from tests.checks.code.test_row_order import moved, relabelled
from tests.checks.worlds import HARMLESS, World, asked_again, ended, examined, facts, said, silent, weighed, world

CHECK = "code.determinism"
HEAD, BASE = (Side.HEAD,), (Side.BASE,)
Edit = Callable[[Predictions], Predictions]


def repeated(what: World) -> World:
    """Everything gives the same answers twice."""
    return asked_again(asked_again(what, REPEATED), EVAL, repeat=1)


def retrained(what: World, edit: Edit, sides: tuple[Side, ...] = HEAD) -> World:
    return asked_again(what, EVAL, edit, repeat=1, sides=sides)


def asked_twice(what: World, edit: Edit, sides: tuple[Side, ...] = HEAD) -> World:
    return asked_again(what, REPEATED, edit, sides=sides)


FAULT = asked_twice(retrained(repeated(world()), relabelled(0.4)), relabelled(0.1, 2))


@pytest.mark.parametrize(("edit", "share"), [(relabelled(0.1), 0.1), (moved(0.05), 1.0), (moved(0.002), 1.0)])
@pytest.mark.parametrize(("plant", "subject"), [(retrained, "training"), (asked_twice, "predicting")])
def test_what_differs_the_second_time_is_found(
    plant: Callable[[World, Edit], World], subject: str, edit: Edit, share: float
) -> None:
    planted = plant(repeated(world()), edit)
    assert said(CHECK, planted) == {subject: Status.NEW}
    found = weighed(CHECK, planted)[subject]
    assert (found.priority, found.note) == (Priority.P2, NOTE)
    assert facts(CHECK, planted, subject)["share"] == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("edit", [relabelled(0.005), moved(1e-4)], ids=["a few rows", "rounding"])
def test_few_rows_may_differ(edit: Edit) -> None:
    assert not said(CHECK, asked_twice(retrained(repeated(world()), edit), edit))


def test_training_is_not_blamed_for_predicting_at_random() -> None:
    random = asked_twice(retrained(repeated(world()), relabelled(0.1, 1)), relabelled(0.1, 2))
    assert set(said(CHECK, random)) == {"predicting"}
    assert set(said(CHECK, FAULT)) == {"predicting", "training"}


@pytest.mark.parametrize("ending", [Ending.CRASHED, Ending.NO_OUTPUT])
@pytest.mark.parametrize(("plant", "subject"), [(retrained, "training"), (asked_twice, "predicting")])
def test_failing_the_second_time_is_found(plant: Callable[[World, Edit], World], subject: str, ending: Ending) -> None:
    assert said(CHECK, plant(repeated(world()), ended(ending, exit_code=1))) == {subject: Status.NEW}


def test_a_declared_difference_is_a_note() -> None:
    planted = retrained(repeated(world()), relabelled(0.1)).ruled(checks={CHECK: {"declared": True}})
    assert weighed(CHECK, planted)["training"].action is Action.NOTE
    assert silent(CHECK, planted)


@pytest.mark.parametrize("option", [{"share": 0.2}, {"tolerance": 0.1, "share": 0.15}])
def test_options_allow_more(option: dict[str, float]) -> None:
    planted = retrained(repeated(world()), relabelled(0.1))
    assert not said(CHECK, planted.ruled(checks={CHECK: option}))


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [(0.2, 0.2, Status.INHERITED), (0.1, 0.3, Status.WORSE), (0.2, 0.0, Status.FIXED)],
)
def test_what_base_has_too_is_inherited(base: float, head: float, status: Status) -> None:
    planted = retrained(retrained(repeated(world()), relabelled(base), BASE), relabelled(head))
    assert said(CHECK, planted) == {"training": status}


def test_without_bases_evidence_head_is_judged_alone() -> None:
    planted = retrained(repeated(world()), relabelled(0.2))
    lacking = planted.minus(Side.BASE, Predict(Fit(Side.BASE, repeat=1)))
    assert said(CHECK, lacking) == {"training": Status.NEW}
    assert said(CHECK, planted.without_base()) == {"training": Status.NEW}


@pytest.mark.parametrize("need", [Predict(Fit(Side.HEAD, repeat=1)), Predict(Fit(Side.HEAD), REPEATED)])
def test_a_small_budget_leaves_it_out(need: Predict) -> None:
    lacking = repeated(world()).minus(Side.HEAD, need, why="budget: 9 s needed, 1 s left")
    assert examined(CHECK, lacking).outcome == Skipped("budget: 9 s needed, 1 s left")
    assert judge(lacking.case()).verdict is VerdictName.PASS


def test_brought_predictions_are_excused() -> None:
    assert isinstance(outcome := examined(CHECK, world(trains=False)).outcome, Skipped)
    assert outcome.excused


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, repeated(HARMLESS[name]))
