"""What `predict` changes besides is told, unless base does the same."""

from dataclasses import replace

import pytest

from gatebot.core.finding import Skipped, Status
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.side_effects import Observed, SideEffects
from gatebot.evidence.training import Fit
from tests.checks.worlds import HARMLESS, World, ended, examined, facts, said, silent, world

CHECK = "code.side_effects"
NOTHING = Observed(20)


def observed(what: World, head: Observed, base: Observed | None = None) -> World:
    found = what.plus(Side.HEAD, {SideEffects(Fit(Side.HEAD)): head})
    return found if base is None else found.plus(Side.BASE, {SideEffects(Fit(Side.BASE)): base})


EVERYTHING = Observed(20, input=("amount", "channel"), files=("cache.bin",), random_state=("numpy",), folder=True)
FAULT = observed(world(), EVERYTHING, NOTHING)


@pytest.mark.parametrize(
    ("seen", "subject"),
    [
        (Observed(20, input=("amount",)), "input rows"),
        (Observed(20, files=("cache.bin",)), "files"),
        (Observed(20, random_state=("numpy",)), "random state"),
        (Observed(20, folder=True), "working folder"),
    ],
)
def test_each_side_effect_is_found_and_inherited_where_base_has_it(seen: Observed, subject: str) -> None:
    assert said(CHECK, observed(world(), seen)) == {subject: Status.NEW}
    assert said(CHECK, observed(world(), seen, NOTHING)) == {subject: Status.NEW}
    assert said(CHECK, observed(world(), seen, seen)) == {subject: Status.INHERITED}
    assert said(CHECK, observed(world(), NOTHING, seen)) == {subject: Status.FIXED}


def test_it_says_what_was_changed() -> None:
    assert set(said(CHECK, FAULT)) == {"input rows", "files", "random state", "working folder"}
    assert facts(CHECK, FAULT, "input rows") == {"what": ["amount", "channel"]}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    what = HARMLESS[name]
    assert silent(CHECK, observed(what, NOTHING) if what.base is None else observed(what, NOTHING, NOTHING))


def test_without_a_function_to_call_it_is_excused() -> None:
    what = replace(world(), effort=replace(world().effort, calls=False))
    assert examined(CHECK, what).outcome == Skipped("`predict` is no Python function", excused=True)


def test_a_second_call_that_fails_is_found_unless_nothing_works() -> None:
    what = observed(world(), Observed(0, problem="crashed: no"))
    assert said(CHECK, what) == {"second call": Status.NEW}
    assert said(CHECK, what.head_with(predictions=ended(Ending.CRASHED))) == {}
