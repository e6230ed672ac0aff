from typing import Any

import numpy as np
import pytest

from gatebot.core.finding import Action, Bound, Direction, Priority, Status
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.own_score import OwnScore
from tests.checks.worlds import HARMLESS, SLICES, World, ended, facts, measures, said, scored, silent, weighed, world

CHECK = "model.floor"


def _held(limit: dict[str, float], **knobs: Any) -> World:
    return world(confirm=True, metrics=({"metric": "accuracy", **limit},), **knobs)


FAULT = _held({"floor": 0.8}, loss=0.2)


@pytest.mark.parametrize(
    ("limit", "loss", "found"),
    [
        ({"floor": 0.8}, 0.0, {}),
        ({"floor": 0.8}, 0.2, {"accuracy": Status.NEW}),
        ({"floor": 0.9}, 0.2, {"accuracy": Status.INHERITED}),
        ({"ceiling": 0.9}, 0.0, {}),
        ({"ceiling": 0.9}, -0.1, {"accuracy": Status.NEW}),
        ({"ceiling": 0.8}, 0.0, {"accuracy": Status.INHERITED}),
        ({"floor": 0.2, "ceiling": 0.99}, 0.0, {}),
    ],
)
def test_floors_and_ceilings(limit: dict[str, float], loss: float, found: dict[str, Status]) -> None:
    assert said(CHECK, _held(limit, loss=loss)) == found


def test_what_is_proven_below_blocks() -> None:
    found = weighed(CHECK, FAULT)["accuracy"]
    assert (found.priority, found.action, found.undecided) == (Priority.P1, Action.BLOCK, False)
    assert facts(CHECK, FAULT, "accuracy")["limit"] == 0.8
    measure = measures(CHECK, FAULT)["accuracy"]
    assert (measure.bound, measure.direction, measure.limit) == (Bound.FLOOR, Direction.HIGHER, 0.8)


def test_what_is_near_is_undecided() -> None:
    at_smoke, at_confirm = (measures(CHECK, _held({"floor": limit}))["accuracy"].head for limit in (0.8, 1.0))
    found = weighed(CHECK, _held({"floor": max(at_smoke, at_confirm) + 0.001}))["accuracy"]
    assert found.undecided


def test_it_needs_no_base() -> None:
    assert said(CHECK, FAULT.without_base()) == {"accuracy": Status.NEW}
    broken = FAULT.base_with(trainings=ended(Ending.CRASHED), predictions=ended(Ending.CRASHED))
    assert said(CHECK, broken) == {"accuracy": Status.NEW}


def test_each_slice_has_the_floor() -> None:
    rule = {"metric": "accuracy", "slice": "region", "floor": 0.7}
    planted = world(confirm=True, loss=0.4, loss_in="region=south", slices=SLICES, metrics=(rule,))
    assert set(said(CHECK, planted)) == {"accuracy@region=south"}


def test_own_metrics_have_floors() -> None:
    rule = {"python": "metrics.py:profit", "direction": "higher", "floor": 1.0}

    def profit(side: Side, _tier: Tier, seed: int) -> OwnScore:
        each = np.random.default_rng(seed).normal(0.5 if side is Side.HEAD else 2.0, 1.0, 2000)
        return OwnScore(float(each.mean()), each)

    planted = scored(world(confirm=True, metrics=(rule,)), "metrics.py:profit", profit)
    assert said(CHECK, planted) == {"profit": Status.NEW}


def test_too_few_rows_decide_nothing() -> None:
    planted = _held({"floor": 0.8}, loss=0.6, rows=20)
    assert measures(CHECK, planted)["accuracy"].not_enforced == "n=20 < 50"
    assert silent(CHECK, planted)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    what = HARMLESS[name]
    if what.rules.task == "classification":
        what = what.ruled(metrics=[{"metric": "accuracy", "floor": 0.7}])
    assert silent(CHECK, what)
