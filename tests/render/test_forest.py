"""Where the marks of the picture lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.core.finding import Bound, Direction
from gatebot.render.forest import LEFT, MOST_ROWS, RIGHT, Mark, pictures
from tests.render.reports import blocked, bootstrap, draft, huge, measure, report

WORSE = measure("accuracy", 0.9, 0.86, low=-0.05, high=-0.03, outcome="worse")
BETTER = measure("rmse", 4.0, 3.5, direction=Direction.LOWER, margin=0.5, low=-0.7, high=-0.3)


def at(mark: Mark) -> float:
    assert mark.x is not None
    return mark.x


def test_a_loss_beyond_the_margin_lies_left_of_the_dashed_line() -> None:
    (picture,) = pictures(report(measures=(WORSE, BETTER)))
    worse, better = picture.marks
    assert at(worse) < picture.allowed < picture.zero < at(better)
    assert (worse.shape, better.shape) == ("square", "circle")
    assert worse.low is not None
    assert better.low is not None
    assert better.high is not None
    assert worse.low < at(worse) < picture.allowed
    assert better.low < at(better) < better.high


def test_the_margin_is_where_a_loss_of_the_margin_lies() -> None:
    (picture,) = pictures(report(measures=(measure("accuracy", 0.9, 0.88, low=-0.03, high=-0.01),)))
    assert picture.marks[0].x == picture.allowed


def test_floors_have_a_picture_of_their_own() -> None:
    changes, floors = pictures(blocked())
    assert len(changes.marks) == len(blocked().measures) - 1
    assert [mark.label for mark in floors.marks] == ["accuracy"]
    assert at(floors.marks[0]) < floors.allowed == floors.zero
    (only,) = pictures(bootstrap())
    assert at(only.marks[0]) > only.zero


def test_seeds_have_a_dot_each() -> None:
    (picture,) = pictures(report(measures=(WORSE.model_copy(update={"by_seed": (-0.05, -0.03)}),)))
    low, high = picture.marks[0].dots
    assert low < at(picture.marks[0]) < high


def test_what_is_beyond_the_picture_has_an_arrow() -> None:
    wild = measure("accuracy", 0.9, 0.5, low=-0.6, high=-0.2, margin=0.01, outcome="worse")
    (mark,) = pictures(report(measures=(wild,)))[0].marks
    assert mark.cut_low
    assert mark.x is None
    assert mark.dots == ()


def test_nothing_measured_nothing_drawn() -> None:
    assert pictures(draft()) == []
    assert pictures(report(measures=(measure("f1", None, None),))) == []


def test_long_names_keep_both_ends() -> None:
    (picture,) = pictures(huge())
    assert picture.marks[0].label == "recall(class 499)…region, number 499"


def test_very_many_measures_are_cut() -> None:
    (picture,) = pictures(huge())
    assert len(picture.marks) == MOST_ROWS
    assert picture.left_out == 500 - MOST_ROWS


NUMBERS = st.floats(-1e9, 1e9) | st.none()


@given(NUMBERS, NUMBERS, NUMBERS, st.floats(1e-9, 1e9) | st.none(), st.sampled_from(Bound), st.sampled_from(Direction))
def test_every_mark_lies_within_the_picture(
    delta: float | None, low: float | None, high: float | None, margin: float | None, bound: Bound, direction: Direction
) -> None:
    wild = measure(
        "x", 1.0, 1.0, delta=delta, low=low, high=high, margin=margin, bound=bound, direction=direction, limit=1
    )
    for picture in pictures(report(measures=(wild, WORSE))):
        for mark in picture.marks:
            for x in (mark.x, mark.low, mark.high, *mark.dots):
                assert x is None or LEFT <= x <= RIGHT


@pytest.mark.parametrize("name", ["accuracy", "recall(urgent)@region=south"])
def test_the_title_says_it_all_in_words(name: str) -> None:
    (picture,) = pictures(report(measures=(WORSE.model_copy(update={"metric": name}),)))
    assert picture.marks[0].title == f"{name}: 0.900 → 0.860, −4.0 points [−5.0, −3.0], allowed 2 points, worse"
