from collections.abc import Mapping
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Status
from gatebot.decide.judge import judge
from gatebot.decide.plan import plan_baseline, plan_first
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from tests.checks.code.test_row_order import relabelled
from tests.checks.worlds import World, ended, said, weighed, world

CHECK = "code.seed_ignored"


def other_seed(side: Side) -> Fit:
    return Fit(side, seed=1, rows_of=0)


def seeded(what: World, *sides: Side, share: float) -> World:
    """A second seed on the rows of the first gives another answer to so many rows."""
    for side in sides:
        snapshot = what.head if side is Side.HEAD else what.base
        assert snapshot is not None
        one = snapshot.get(Predict(Fit(side)), Predictions)
        trained = snapshot.get(Fit(side), Training)
        assert one is not None
        assert trained is not None
        other = relabelled(share)(one) if share else one
        evidence: Mapping[Need, Evidence] = {other_seed(side): trained, Predict(other_seed(side)): other}
        what = what.plus(side, evidence)
    return what


FAULT = seeded(world(), Side.HEAD, share=0.0)


@pytest.mark.parametrize(
    ("sides", "status"), [((Side.BASE,), Status.INHERITED), ((Side.HEAD,), Status.NEW), (tuple(Side), Status.INHERITED)]
)
def test_equal_predictions_of_two_seeds_are_noted_once(sides: tuple[Side, ...], status: Status) -> None:
    planted = seeded(world(), *sides, share=0.0)
    assert said(CHECK, planted) == {"seed": status}
    assert weighed(CHECK, planted)["seed"].action is Action.NOTE
    assert judge(planted.case()).verdict == "pass"


def test_a_seed_that_changes_a_single_row_is_not_ignored() -> None:
    assert not said(CHECK, seeded(world(), Side.BASE, share=0.001))


def test_a_crash_shows_nothing() -> None:
    crashed = FAULT.head_with(predictions=ended(Ending.CRASHED))
    assert not said(CHECK, crashed)


def test_without_such_a_training_it_is_skipped() -> None:
    skipped = {each.check: each for each in judge(world().case()).skipped}
    assert skipped[CHECK].excused


def test_only_base_pays_for_it() -> None:
    case = replace(world().case(), head=None, base=None)
    assert other_seed(Side.BASE) in plan_first(case, Side, 1e9).needs
    assert other_seed(Side.HEAD) not in plan_first(case, Side, 1e9).needs
    assert other_seed(Side.BASE) not in plan_first(replace(case, base=world().base), [Side.HEAD], 1e9).needs
    assert other_seed(Side.HEAD) in plan_baseline(case, 1e9).needs
    assert Effort().smoke_seeds < AA_SEEDS
