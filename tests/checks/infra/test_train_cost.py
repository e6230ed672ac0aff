from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.training import Fit, Training
from tests.checks.worlds import HARMLESS, OK, World, facts, said, silent, weighed, world

CHECK = "infra.train_cost"


def _takes(*seconds: float) -> Callable[[World], World]:
    """Head's runs, one after the other; base's take 20 s each."""

    def edit(what: World) -> World:
        for seed, cpu in enumerate(seconds):
            training = Training(replace(OK, cpu_seconds=cpu), 4000, "rows")
            what = what.plus(Side.HEAD, {Fit(Side.HEAD, Tier.SMOKE, seed): training})
        return what

    return edit


FAULT = _takes(60.0, 61.0)(world())


@pytest.mark.parametrize(
    ("seconds", "priority", "action"),
    [
        ((31.0, 32.0), Priority.P3, Action.NOTE),
        ((60.0, 61.0), Priority.P2, Action.WARN),
        ((200.0, 21.0), Priority.P2, Action.WARN),
        ((199.0, 200.0), Priority.P2, Action.WARN),
        ((201.0, 200.0), Priority.P1, Action.BLOCK),
    ],
)
def test_a_dearer_training_is_noted_then_warns_then_blocks(
    seconds: tuple[float, float], priority: Priority, action: Action
) -> None:
    planted = _takes(*seconds)(world())
    found = weighed(CHECK, planted)["cpu"]
    assert (found.status, found.priority, found.action) == (Status.NEW, priority, action)
    middle = sum(seconds) / 2
    assert facts(CHECK, planted, "cpu") == {"base": 20.0, "head": middle, "ratio": middle / 20.0}


@pytest.mark.parametrize("seconds", [(20.0, 200.0), (29.0, 29.0), (5.0, 5.0)], ids=["once", "a little", "cheaper"])
def test_a_slow_moment_of_the_machine_is_not(seconds: tuple[float, float]) -> None:
    assert silent(CHECK, _takes(*seconds)(world()))


def test_small_differences_are_not_told() -> None:
    quick = world().both_with(trainings=lambda each: replace(each, effects=replace(each.effects, cpu_seconds=0.1)))
    assert silent(CHECK, _takes(1.9, 1.9)(quick))
    assert said(CHECK, _takes(1.9, 1.9)(quick)) == {}
    ten_times_little = weighed(CHECK, _takes(29.0, 30.0)(quick))["cpu"]  # 300 times as long, and not 30 s more
    assert (ten_times_little.priority, ten_times_little.action) == (Priority.P2, Action.WARN)


def test_one_run_is_no_evidence() -> None:
    assert silent(CHECK, _takes(90.0)(world(seeds=1)))


def test_other_machines_are_not_compared() -> None:
    other = world().head_with(about=lambda known: known.model_copy(update={"runner": "linux x64"}))
    assert silent(CHECK, _takes(90.0, 90.0)(other))


def test_runs_that_failed_do_not_count() -> None:
    failed = _takes(90.0, 90.0)(world()).base_with(
        trainings=lambda each: replace(each, effects=replace(each.effects, ended=Ending.CRASHED))
    )
    assert said(CHECK, failed) == {}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
