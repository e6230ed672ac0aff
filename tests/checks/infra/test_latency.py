"""Predictions are slower than base's only if both were timed in turn, and miss an objective only beyond doubt."""

from dataclasses import replace

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.operation import Operation, OperationRuns, ProcessRun
from gatebot.evidence.training import Fit
from tests.checks.worlds import HARMLESS, World, ended, examined, facts, said, silent, weighed, world

CHECK = "infra.latency"
SINGLE, BATCH = 0.004, 0.050  # seconds


def process(side: Side, factor: float, rng: np.random.Generator, noise: float = 0.1) -> ProcessRun:
    """A process on a shared machine: its speed and each of its calls vary."""
    speed = factor * float(np.exp(abs(rng.normal(0, noise))))
    single, batch = (
        tuple((mean * speed * np.exp(abs(rng.normal(0, noise, calls)))).tolist())
        for mean, calls in ((SINGLE, 100), (BATCH, 10))
    )
    return ProcessRun(side, 0.5, single, batch, 2000, 0.0, 10**8)


def timed(what: World, factor: float = 1.0, *, seed: int = 0, noise: float = 0.1) -> World:
    """One process of each side, at different times."""
    rng = np.random.default_rng(seed)
    for side, slower in ((Side.HEAD, factor), (Side.BASE, 1.0)):
        if side is Side.HEAD or what.base is not None:
            what = what.plus(side, {Operation(Fit(side)): OperationRuns((process(side, slower, rng, noise),))})
    return what


def in_turn(what: World, factor: float = 1.0, *, seed: int = 0, noise: float = 0.1) -> World:
    """Ten pairs of processes in turn; each pair shares what else the machine does."""
    rng = np.random.default_rng([seed, 1])
    runs = []
    for _ in range(10):
        load = float(np.exp(rng.normal(0, noise)))
        runs += [process(Side.BASE, load, rng, noise), process(Side.HEAD, load * factor, rng, noise)]
    return what.plus(Side.HEAD, {Operation(Fit(Side.HEAD), in_turn=True): OperationRuns(tuple(runs))})


SLOWER = in_turn(timed(world(), 2.5), 2.5)
FAULT = SLOWER.ruled(checks={CHECK: {"single_ms": 3, "batch_ms": 80}})


def test_slower_predictions_are_suspected_and_then_found() -> None:
    suspected = weighed(CHECK, timed(world(), 2.5))
    assert {subject: found.action for subject, found in suspected.items()} == {
        "single latency": Action.NOTE,
        "batch latency": Action.NOTE,
    }
    assert said(CHECK, SLOWER) == {
        "single latency": Status.NEW,
        "batch latency": Status.NEW,
    }
    told = facts(CHECK, SLOWER, "batch latency")
    assert told["processes"] == 10
    assert told["ratio"] == pytest.approx(2.5, rel=0.1)


@pytest.mark.parametrize(
    ("factor", "single", "batch"),
    [
        (2.0, Action.NOTE, Action.NOTE),
        (2.9, Action.NOTE, Action.NOTE),
        (4.0, Action.WARN, Action.WARN),
        (11.3, Action.WARN, Action.BLOCK),  # a single row takes less than 50 ms more, a batch 600 ms
        (25.0, Action.BLOCK, Action.BLOCK),
    ],
)
def test_slower_predictions_are_noted_then_warn_then_block(factor: float, single: Action, batch: Action) -> None:
    found = weighed(CHECK, in_turn(timed(world(), factor), factor))
    assert {name: each.action for name, each in found.items()} == {"single latency": single, "batch latency": batch}
    assert {each.priority for each in found.values() if each.action is Action.BLOCK} <= {Priority.P1}
    assert {each.action for each in weighed(CHECK, timed(world(), factor)).values()} == {Action.NOTE}


def test_a_ratio_that_is_not_proven_does_not_count() -> None:
    """The median is more than ten times base's, and the times allow that it is less."""
    found = weighed(CHECK, in_turn(timed(world(), 10.5), 10.5, noise=0.35))
    assert found["batch latency"].facts["ratio"] > 10
    assert found["batch latency"].action is Action.WARN


def test_a_suspicion_that_is_not_confirmed_is_dropped() -> None:
    assert said(CHECK, in_turn(timed(world(), 2.5))) == {}


def test_a_suspicion_asks_for_both_sides_in_turn() -> None:
    from gatebot.decide.judge import judge

    wants = judge(timed(world(), 2.5).case()).wants
    assert {want.check for want in wants} == {CHECK}
    assert {want.tier for want in wants} == {""}


def test_times_of_another_class_of_machine_are_not_compared() -> None:
    other = timed(world(), 2.5).base_with(about=lambda about: about.model_copy(update={"runner": "darwin arm64 x8"}))
    assert said(CHECK, other) == {}


def test_small_differences_are_never_told() -> None:
    what = SLOWER.ruled(checks={CHECK: {"least_ms": 100}})
    assert said(CHECK, what) == {}


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        ({"single_ms": 3}, {"single objective"}),
        ({"single_ms": 20, "batch_ms": 300}, set()),
        ({"batch_ms": 80, "percentile": 99}, set()),
        ({"single_ms": 3, "percentile": 50}, {"single objective"}),
    ],
)
def test_an_objective_is_missed_only_beyond_doubt(options: dict[str, float], subjects: set[str]) -> None:
    assert set(said(CHECK, timed(world()).ruled(checks={CHECK: options}))) == subjects


def test_an_objective_and_a_slowdown_are_told_apart() -> None:
    assert set(said(CHECK, FAULT)) == {"single objective", "batch objective", "single latency", "batch latency"}


def test_an_objective_that_base_misses_too_is_inherited() -> None:
    what = timed(world()).ruled(checks={CHECK: {"single_ms": 3}})
    assert said(CHECK, what) == {"single objective": Status.INHERITED}
    assert said(CHECK, timed(world().without_base()).ruled(checks={CHECK: {"single_ms": 3}})) == {
        "single objective": Status.NEW
    }


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, timed(HARMLESS[name]))


@pytest.mark.parametrize("draws", [20, pytest.param(300, marks=pytest.mark.simulation)])
def test_harmless_changes_on_a_busy_machine_are_not_accused(draws: int) -> None:
    """Processes take up to twice as long as others, and so do their calls."""
    what, accused = timed(world(rows=100), 2.5), 0
    for seed in range(draws):
        accused += said(CHECK, in_turn(what, seed=seed, noise=0.35)) != {}
    assert accused == 0


def test_a_planted_slowdown_is_found_on_a_busy_machine() -> None:
    what = timed(world(rows=100), 2.5)
    found = sum("single latency" in said(CHECK, in_turn(what, 3.5, seed=seed, noise=0.35)) for seed in range(10))
    assert found >= 9


def test_without_a_function_to_call_it_is_excused() -> None:
    what = replace(world(), effort=replace(world().effort, calls=False))
    assert examined(CHECK, what).outcome == Skipped("`predict` is no Python function", excused=True)


def test_few_slow_calls_are_suspected_too() -> None:
    slow = ProcessRun(Side.HEAD, 0.5, (0.4, 0.41, 0.4), (0.5, 0.5), 2000, None, 10**8)
    what = timed(world()).plus(Side.HEAD, {Operation(Fit(Side.HEAD)): OperationRuns((slow,))})
    assert set(weighed(CHECK, what)) == {"single latency", "batch latency"}


def failing(side: Side) -> ProcessRun:
    return ProcessRun(side, 0.5, (), (), 0, problem="crashed: no")


def test_a_process_that_cannot_be_timed_is_a_finding_and_inherited() -> None:
    what = timed(world()).plus(Side.HEAD, {Operation(Fit(Side.HEAD)): OperationRuns((failing(Side.HEAD),))})
    assert said(CHECK, what) == {"timing": Status.NEW}
    both = what.plus(Side.BASE, {Operation(Fit(Side.BASE)): OperationRuns((failing(Side.BASE),))})
    assert said(CHECK, both) == {"timing": Status.INHERITED}
    crashed = what.head_with(predictions=ended(Ending.CRASHED))
    assert said(CHECK, crashed) == {}  # another check says that nothing works


def test_a_process_that_fails_in_turn_disproves_nothing() -> None:
    what = in_turn(timed(world(), 2.5))
    need = Operation(Fit(Side.HEAD), in_turn=True)
    runs = what.head.get(need, OperationRuns)
    assert runs is not None
    for side, action in ((Side.HEAD, Action.WARN), (Side.BASE, Action.NOTE)):
        less = OperationRuns((*runs.runs[:-1], failing(side)))
        found = weighed(CHECK, what.plus(Side.HEAD, {need: less}))
        assert {each.action for each in found.values()} == {action}
