"""When a check runs, when it does not, and what its findings are against base's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Clean, Crashed, Finding, Found, Level, Outcome, Skipped, Status
from gatebot.decide.judge import comparison_of
from gatebot.decide.run_checks import could_not_see, run_checks
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict
from tests.checks.worlds import World, ended, world


def _check(
    *, relative: bool = False, base: dict[str, float] | None = None, head: dict[str, float] | None = None
) -> Check:
    """Says what stands in `head`, and of base alone what stands in `base`."""

    def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
        known = head if comparison.base is not None else base
        yield from (Finding(name, "it is so", size=size) for name, size in (known or {}).items())

    def needs(effort: Effort) -> tuple[Need, ...]:
        return effort.compared() if relative else effort.predictions(Side.HEAD)

    return Check("model.toy", Level.HIGH, Level.HIGH, run, "Toy.", needs=needs, relative=relative)


def _outcome(check: Check, what: World) -> Outcome:
    case = what.case()
    return run_checks(check, comparison_of(case), case).outcome


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [
        ({}, {"a": 1.0}, Status.NEW),
        ({"a": 1.0}, {"a": 1.0}, Status.INHERITED),
        ({"a": 1.0}, {"a": 1.5}, Status.INHERITED),
        ({"a": 1.0}, {"a": 1.6}, Status.WORSE),
        ({"a": 1.0}, {}, Status.FIXED),
        ({"b": 1.0}, {"a": 1.0}, Status.NEW),
    ],
)
def test_status(base: dict[str, float], head: dict[str, float], status: Status) -> None:
    outcome = _outcome(_check(base=base, head=head), world())
    assert isinstance(outcome, Found)
    assert {each.subject: each.status for each in outcome.findings}["a"] is status


@pytest.mark.parametrize("status", [Status.WORSE, Status.INHERITED])
def test_a_check_that_compares_both_sides_itself_has_the_last_word(status: Status) -> None:
    def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
        yield Finding("a", "it is so", status=Status.NEW if comparison.base is None else status, size=1.0)

    outcome = _outcome(replace(_check(), run=run), world())
    assert isinstance(outcome, Found)
    assert [each.status for each in outcome.findings] == [status]


def test_differences_are_never_inherited() -> None:
    outcome = _outcome(_check(relative=True, base={"a": 1.0}, head={"a": 1.0}), world())
    assert isinstance(outcome, Found)
    assert outcome.findings[0].status is Status.NEW


FINE = world()
CRASH: dict[str, Any] = {"predictions": ended(Ending.CRASHED)}
HEADS, BASES = FINE.effort.predictions(Side.HEAD), replace(FINE.effort, smoke_seeds=5).predictions(Side.BASE)


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        (FINE, Clean()),
        (
            FINE.minus(Side.HEAD, HEADS[0], why="budget: 42 s needed, 10 s left"),
            Skipped("budget: 42 s needed, 10 s left"),
        ),
        (FINE.minus(Side.BASE, *BASES[1:]), Clean()),
        (FINE.minus(Side.BASE, *BASES), Skipped("base: not collected")),
        (
            FINE.base_with(trainings=ended(Ending.CRASHED)).minus(Side.BASE, *BASES),
            Skipped("base: not collected", True),
        ),
        (FINE.without_base(), Skipped("there is no baseline to compare with", True)),
        (FINE.without_base().minus(Side.HEAD, *HEADS), Skipped("not collected")),
        (
            FINE.both_with(trainings=ended(Ending.CRASHED)).minus(Side.HEAD, *HEADS).minus(Side.BASE, *BASES),
            Skipped("not collected", True),
        ),
        (FINE.both_with(truth=lambda _: None), Skipped("there are no labels to hold predictions against")),
        (FINE.ruled(checks={"model.toy": False}), Skipped("switched off in gatebot.yml", True)),
    ],
)
def test_whether_a_comparing_check_runs(what: World, outcome: Outcome) -> None:
    assert _outcome(_check(relative=True), what) == outcome


def test_a_check_that_raises_has_crashed() -> None:
    def broken(*_: object) -> Any:
        raise KeyError("x")

    outcome = _outcome(replace(_check(), run=broken), world())
    assert outcome == Crashed("KeyError: 'x'")


@pytest.mark.parametrize(
    ("what", "blind"),
    [
        (FINE, False),
        (FINE.minus(Side.HEAD, *HEADS), True),
        (FINE.without_base(), False),
        (FINE.ruled(checks={"model.toy": False}), False),
    ],
)
def test_what_counts_as_a_gap(what: World, blind: bool) -> None:
    case = what.case()
    assert could_not_see(run_checks(_check(relative=True), comparison_of(case), case)) is blind


def test_predictions_are_known_by_their_training() -> None:
    case = FINE.head_with(**CRASH).case()
    assert case.failed(Predict(FINE.effort.fits(Side.HEAD)[0]), Side.HEAD)
    assert not case.failed(FINE.effort.fits(Side.HEAD)[0], Side.BASE)
