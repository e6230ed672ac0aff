"""The benchmark of gains, small: no true improvement is blocked, and nearly every leak is."""

import pytest

from benchmarks.leaks import IMPROVEMENTS, LEAKS, drawn, told
from benchmarks.suspicious_gain import Task, Trial, judged, page, tasks

TIMES = 3
CAUSES = {
    "target copied": {"column outcome", "column total"},
    "target encoded": {"column tariff", "column code", "column index"},
    "future value": {"column refund"},
    "near-copies across the split": {"train rows"},
    "looked up by id": {"ids"},
    "looked up by content": {"content"},
}


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return judged(tasks(TIMES), 1)


@pytest.mark.simulation
def test_no_true_improvement_is_blocked(trials: list[Trial]) -> None:
    good = [each for each in trials if each.name in IMPROVEMENTS]
    assert len(good) == TIMES * len(IMPROVEMENTS)
    assert [each for each in good if each.told.blocked] == []
    assert sum(each.told.action is not None for each in good) > len(good) / 2  # most of them are looked at


@pytest.mark.simulation
def test_leaks_are_blocked_by_their_cause(trials: list[Trial]) -> None:
    leaks = [each for each in trials if each.name in LEAKS]
    assert {each.name for each in leaks} == set(LEAKS)
    assert len(LEAKS) == 10
    assert sum(each.told.blocked for each in leaks) >= 0.7 * len(leaks)
    for each in leaks:
        if each.told.blocked and each.name in CAUSES:
            assert set(each.told.subjects) & CAUSES[each.name], each


@pytest.mark.simulation
def test_the_page_tells_every_kind(trials: list[Trial]) -> None:
    text = page(trials, "command").text()
    assert all(name in text for name in (*IMPROVEMENTS, *LEAKS, "all improvements", "all leaks"))


def test_a_draw_does_not_depend_on_who_draws_it() -> None:
    one, other = (Task("target copied", 1).trial() for _ in range(2))
    assert one == other
    assert one.told.blocked
    assert told(drawn("target copied", 1)) == one.told
