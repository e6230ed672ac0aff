"""How often honest claims are called false, and how often false ones are found, where claims are made on a hold-out."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Status
from gatebot.stats.binomial import clopper_pearson_upper
from tests.checks.model.claims import Data, Pull, Recipe
from tests.checks.worlds import examined, weighed

CHECK = "model.claimed"
LINEAR, WIDE = Recipe(width=0, share=0.25), Recipe(width=200, ridge=0.2, share=0.25)
KEPT = Recipe(width=20, share=0.1, refits=False, fixed=True, digits=3)
RECIPES = {"deterministic": LINEAR, "seeds differ": Recipe(width=20, share=0.25), "a tenth": KEPT, "overfits": WIDE}
HARMLESS: dict[str, Callable[[Recipe], Recipe]] = {
    "another seed": lambda one: replace(one, seed=one.seed + 100),
    "another hold-out": lambda one: replace(one, split=one.split + 1),
    "another penalty": lambda one: replace(one, ridge=1.5 * one.ridge),
    "all three": lambda one: replace(one, seed=7, split=2, ridge=1.5 * one.ridge),
    "fewer digits": lambda one: replace(one, digits=2),
}


def actions(pull: Pull) -> set[Action]:
    """What the check does, apart from notes."""
    found = weighed(CHECK, pull.world()).values()
    return {each.action for each in found if each.status is not Status.FIXED} - {Action.NOTE}


@pytest.mark.parametrize("change", HARMLESS)
def test_a_harmless_change_is_neither_blocked_nor_warned_about(change: str) -> None:
    for noise, recipe in enumerate((LINEAR, KEPT)):
        assert not actions(Pull(recipe, HARMLESS[change](recipe), Data.drawn(noise)))


def test_an_evaluation_on_training_rows_is_found_where_it_shows() -> None:
    wide = replace(WIDE, width=400, ridge=0.01)
    assert actions(Pull(wide, replace(wide, scores="train"), Data.drawn(0)))


@pytest.mark.parametrize(("confirm", "done"), [(False, set()), (True, {Action.WARN})])
def test_a_hold_out_without_its_hard_rows_is_found_on_several_trainings(confirm: bool, done: set[Action]) -> None:
    pull = Pull(LINEAR, replace(LINEAR, scores="easy"), Data.drawn(0), confirm=confirm)
    assert actions(pull) == done
    assert any(each.unconfirmed for each in examined(CHECK, pull.world()).findings) is not confirm


def test_another_average_is_found() -> None:
    assert actions(Pull(LINEAR, replace(LINEAR, average="weighted"), Data.drawn(0))) == {Action.BLOCK}


@pytest.mark.simulation
def test_harmless_changes_are_blocked_in_less_than_a_quarter_of_a_percent() -> None:
    gates = blocked = warned = 0
    for noise in range(75):
        data = Data.drawn(noise)
        for recipe in RECIPES.values():
            for change in HARMLESS.values():
                done = actions(Pull(recipe, change(recipe), data))
                gates, blocked, warned = gates + 1, blocked + (Action.BLOCK in done), warned + bool(done)
    assert gates >= 1500
    assert clopper_pearson_upper(blocked, gates, 0.05) <= 0.0025
    assert warned <= 0.005 * gates


@pytest.mark.simulation
def test_rows_that_each_training_draws_anew_are_called_a_changed_evaluation_in_one_percent() -> None:
    gates = warned = 0
    for noise in range(150):
        data = Data.drawn(noise)
        for recipe in (LINEAR, replace(LINEAR, width=20, share=0.1)):
            done = actions(Pull(recipe, replace(recipe, split=1), data, confirm=True))
            gates, warned = gates + 1, warned + bool(done)
    assert gates >= 300
    assert warned <= 0.01 * gates + 3 * (0.01 * 0.99 * gates) ** 0.5


@pytest.mark.simulation
def test_an_evaluation_that_is_easier_in_each_training_is_found() -> None:
    found = [
        actions(Pull(LINEAR, replace(LINEAR, scores="easy"), Data.drawn(noise), confirm=True)) for noise in range(60)
    ]
    assert sum(each == {Action.WARN} for each in found) >= 0.6 * len(found)


FAULTS: dict[str, tuple[Recipe, Callable[[Recipe], Recipe], float]] = {
    "training rows": (replace(WIDE, width=400, ridge=0.01), lambda one: replace(one, scores="train"), 0.95),
    "another average": (LINEAR, lambda one: replace(one, average="weighted"), 0.95),
}


@pytest.mark.simulation
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_that_show_are_found(fault: str) -> None:
    recipe, change, least = FAULTS[fault]
    found = sum(bool(actions(Pull(recipe, change(recipe), Data.drawn(noise)))) for noise in range(60))
    assert found >= least * 60
