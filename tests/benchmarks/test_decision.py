"""The decision benchmark, small: what is harmless is let through, what is blatant is stopped, and rivals do neither."""

import re
from xml.etree import ElementTree as ET

import pytest

from benchmarks.changes import GRADES, Kind
from benchmarks.decision import arguments, curves, judged, page, tasks
from benchmarks.rivals import RULES
from benchmarks.trials import Trial

ROWS = "1000"
LOUD = ("--kinds", "drawn", "trained", "--rows", ROWS)


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return judged(
        list(
            tasks(
                arguments(["--kinds", "drawn", "trained", "--rows", ROWS, "--times", "3", "1", "1", "--plot", "unused"])
            )
        ),
        1,
    )


def of(trials: list[Trial], *kinds: Kind) -> list[Trial]:
    return [each for each in trials if each.loss is None and each.kind in kinds]


@pytest.mark.simulation
def test_nothing_harmless_is_blocked(trials: list[Trial]) -> None:
    harmless = of(trials, Kind.HARMLESS)
    assert len(harmless) == 3 * (5 + 3 * 4)
    assert [each.name for each in harmless if each.blocked] == []


@pytest.mark.simulation
def test_what_is_identical_is_decided(trials: list[Trial]) -> None:
    same = [each for each in trials if each.name == "refactoring"]
    assert len({each.world for each in same}) == 4
    assert all(not each.undecided and not each.warned and not each.confirmed for each in same)


@pytest.mark.simulation
def test_what_is_blatant_is_blocked(trials: list[Trial]) -> None:
    names = {"loss of 8 points", "loss of 15 points", "all of a slice's features lost"}
    blatant = [each for each in trials if each.loss is None and each.name in names]
    assert len(blatant) == 3
    assert all(each.blocked for each in blatant)
    assert all(each.confirmed and each.blocking for each in blatant)


@pytest.mark.simulation
def test_a_strict_comparison_is_a_coin(trials: list[Trial]) -> None:
    moved = [each for each in of(trials, Kind.HARMLESS) if each.name != "refactoring"]
    blocked = sum("strict comparison" in each.rivals for each in moved)
    assert 0.2 * len(moved) < blocked < 0.8 * len(moved)


@pytest.mark.simulation
def test_a_draw_does_not_depend_on_who_draws_it(trials: list[Trial]) -> None:
    todo = list(tasks(arguments([*LOUD, "--times", "1", "1", "1"])))
    todo = [each for each in todo if each.name == "other seed"]
    known = {(each.world, each.name, each.loss): each for each in reversed(trials)}
    for task, trial in zip(todo, judged(todo, 2), strict=True):
        assert trial == known[task.world, task.name, None]


@pytest.mark.simulation
def test_tables_and_curves(trials: list[Trial]) -> None:
    text = page(trials, "command").text()
    for rule in RULES:
        assert rule in text
    assert re.search(r"^1,000 rows, all, drawn predictions too +51 +0\.0 +0\.0 to 7\.0", text, re.MULTILINE)
    root = ET.fromstring(curves(trials, int(ROWS)))  # noqa: S314  # our own text
    lines = [each for each in root.iter() if each.get("class") == "line" and "L" in str(each.get("d"))]
    assert [str(each.get("d")).count("L") for each in lines] == [len(GRADES) - 1] * (1 + len(RULES))
