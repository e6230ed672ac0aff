"""Memory is compared with base's, and growth with each call is told without it."""

from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.need import Side
from gatebot.evidence.operation import Operation, OperationRuns, ProcessRun
from gatebot.evidence.training import Fit, Training
from tests.checks.worlds import HARMLESS, World, facts, said, silent, weighed, world

CHECK = "infra.memory"
MB = 10**6


def measured(
    what: World, head_mb: float = 300, base_mb: float = 300, growth_mb: float = 0, base_growth: float = 0
) -> World:
    for side, peak, growth in ((Side.HEAD, head_mb, growth_mb), (Side.BASE, base_mb, base_growth)):
        run = ProcessRun(side, 0.5, (0.001,), (0.01,), 2000, growth * MB, int(peak * MB))
        if side is Side.HEAD or what.base is not None:
            what = what.plus(side, {Operation(Fit(side)): OperationRuns((run,))})
    return what


def larger(times: float, **measures: float) -> World:
    def edit(training: Training) -> Training:
        peak = int(training.effects.peak_rss_bytes * times)
        return replace(training, effects=replace(training.effects, peak_rss_bytes=peak))

    return measured(world().head_with(trainings=edit), **measures)


FAULT = larger(2, head_mb=700, growth_mb=5)


def test_each_kind_of_memory_is_told_by_itself() -> None:
    assert set(said(CHECK, FAULT)) == {"training memory", "predicting memory", "growth"}


def test_a_training_that_takes_more_memory_is_found() -> None:
    assert said(CHECK, larger(2)) == {"training memory": Status.NEW}
    assert facts(CHECK, larger(2), "training memory") == {"base_mb": 500, "head_mb": 1000, "ratio": 2}
    assert said(CHECK, larger(1.4)) == {}


@pytest.mark.parametrize(
    ("base_mb", "head_mb", "action"),
    [
        (300, 460, Action.NOTE),
        (300, 899, Action.NOTE),
        (300, 900, Action.WARN),
        (40, 500, Action.WARN),  # more than ten times as much, and less than 500 MB more
        (60, 610, Action.BLOCK),
        (300, 3000, Action.BLOCK),
    ],
)
def test_more_memory_is_noted_then_warns_then_blocks(base_mb: float, head_mb: float, action: Action) -> None:
    found = weighed(CHECK, measured(world(), head_mb=head_mb, base_mb=base_mb))["predicting memory"]
    assert found.action is action
    assert (found.priority is Priority.P1) is (action is Action.BLOCK)


def test_predictions_that_take_more_memory_are_found() -> None:
    assert said(CHECK, measured(world(), head_mb=700)) == {"predicting memory": Status.NEW}
    assert said(CHECK, measured(world(), head_mb=90, base_mb=40)) == {}  # below 100 MB


def test_memory_that_grows_with_each_call_is_found_and_inherited() -> None:
    assert said(CHECK, measured(world(), growth_mb=5)) == {"growth": Status.NEW}
    assert said(CHECK, measured(world(), growth_mb=5, base_growth=5)) == {"growth": Status.INHERITED}
    assert said(CHECK, measured(world(), growth_mb=9, base_growth=5)) == {"growth": Status.WORSE}
    assert said(CHECK, measured(world().without_base(), growth_mb=5)) == {"growth": Status.NEW}


def test_another_class_of_machine_is_not_compared() -> None:
    other = measured(world(), head_mb=900)
    assert said(CHECK, other.base_with(about=lambda about: about.model_copy(update={"runner": "other"}))) == {}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, measured(HARMLESS[name]))
