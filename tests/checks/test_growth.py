"""What more of something is worth: by its ratio, and by how much more it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.checks.growth import Differences, Grade, GrowthOptions, grade, graded
from gatebot.core.finding import Action, Finding, Level

OPTIONS = GrowthOptions()
DIFFERENCES = Differences(least=2.0, large=30.0)
AMOUNTS = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("before", "after", "worth"),
    [
        (10, 14.9, Grade.NOTHING),
        (10, 15, Grade.NOTE),
        (10, 29.9, Grade.NOTE),
        (10, 30, Grade.WARN),
        (10, 99, Grade.WARN),
        (10, 100, Grade.BLOCK),
        (3, 32.9, Grade.WARN),
        (3, 33, Grade.BLOCK),
        (0.1, 2, Grade.NOTHING),
        (0, 100, Grade.NOTHING),
        (10, 5, Grade.NOTHING),
    ],
)
def test_grades(before: float, after: float, worth: Grade) -> None:
    assert grade(before, after, OPTIONS, DIFFERENCES) is worth


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_more_is_never_worth_less(before: float, one: float, other: float) -> None:
    less, more = sorted([one, other])
    assert grade(before, less, OPTIONS, DIFFERENCES) <= grade(before, more, OPTIONS, DIFFERENCES)


@given(AMOUNTS, AMOUNTS)
def test_little_never_blocks_whatever_its_ratio(before: float, after: float) -> None:
    worth = grade(before, after, OPTIONS, DIFFERENCES)
    if after - before < DIFFERENCES.large:
        assert worth < Grade.BLOCK
    if after - before <= DIFFERENCES.least:
        assert worth is Grade.NOTHING


@pytest.mark.parametrize(
    ("worth", "likelihood", "action"),
    [(Grade.NOTE, Level.LOW, Action.NOTE), (Grade.WARN, Level.MEDIUM, None), (Grade.BLOCK, Level.HIGH, None)],
)
def test_a_finding_gets_what_its_grade_is_worth(worth: Grade, likelihood: Level, action: Action | None) -> None:
    found = graded(Finding("size", "it is larger", size=3.0), worth)
    assert (found.likelihood, found.action, found.size) == (likelihood, action, 3.0)
