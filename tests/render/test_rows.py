"""Measures as rows: rates in points, relative margins in percent, the rest in its own units."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.core.finding import Bound, Direction
from gatebot.core.report import ReportedMeasure
from gatebot.render.rows import by_weight, measure_behind, row_of, subject_of, tier_of, unsettled
from tests.render.reports import blocked, finding, huge, measure, report

RATE = measure("accuracy", 0.861, 0.842, low=-0.026, high=-0.012)
LOSS = measure("log_loss", 0.40, 0.42, direction=Direction.LOWER, relative=True, margin=0.02, low=0.01, high=0.03)
ERROR = measure("rmse", 41.25, 41.75, direction=Direction.LOWER, margin=1.0, low=0.2, high=0.8, sees=0.45)
FLOOR = measure(
    "accuracy", 0.861, 0.842, bound=Bound.FLOOR, limit=0.85, delta=-0.008, low=-0.02, high=0.004, margin=None
)
CEILING = FLOOR.model_copy(update={"direction": Direction.LOWER})
LOG_LOSS = measure("log_loss", 0.41, 0.42, direction=Direction.LOWER, margin=0.05, low=0.0, high=0.02)
EXPLODED = measure("rmse", 1e-3, 1.236, direction=Direction.LOWER, relative=True, margin=5e-5, low=1.1, high=1.4)
ZERO = measure("cost", 0.0, 2.0, direction=Direction.LOWER, relative=True, margin=0.1, low=1.0, high=3.0)
NOTHING = measure("accuracy", None, None, low=None, high=None, margin=None, sees=None)


@pytest.mark.parametrize(
    ("given_measure", "base", "head", "change", "allowed"),
    [
        pytest.param(RATE, "0.861", "0.842", "−1.9 points [−2.6, −1.2]", "2 points", id="rate"),
        pytest.param(LOSS, "0.4000", "0.4200", "+5.0% [+2.5, +7.5]", "5%", id="relative"),
        pytest.param(ERROR, "41.25", "41.75", "+0.50 [+0.20, +0.80]", "1", id="own units"),
        pytest.param(FLOOR, "0.861", "0.842", "−0.8 points [−2.0, +0.4]", "≥ 0.850", id="floor"),
        pytest.param(CEILING, "0.861", "0.842", "−0.8 points [−2.0, +0.4]", "≤ 0.850", id="ceiling"),
        pytest.param(LOG_LOSS, "0.4100", "0.4200", "+0.0100 [0.0000, +0.0200]", "0.05", id="a loss is no rate"),
        pytest.param(EXPLODED, "0.001", "1.236", "×1,240 [×1,100, ×1,400]", "5%", id="more than ten times"),
        pytest.param(ZERO, "0.000", "2.000", "+2.00 [+1.00, +3.00]", "0.1", id="no share of nothing"),
        pytest.param(NOTHING, "—", "—", "—", "—", id="nothing known"),
    ],
)
def test_a_row(given_measure: ReportedMeasure, base: str, head: str, change: str, allowed: str) -> None:
    row = row_of(given_measure)
    assert (row.base, row.head, row.change, row.allowed) == (base, head, change, allowed)


def test_a_loss_just_within_its_margin_does_not_look_like_the_margin() -> None:
    assert row_of(measure("accuracy", 0.9, 0.8801, low=-0.03, high=0.0)).delta == "−1.99 points"
    assert row_of(measure("accuracy", 0.9, 0.8799, low=-0.03, high=0.0)).delta == "−2.01 points"


def test_a_factor_is_told_in_words() -> None:
    assert row_of(EXPLODED).amount == "to 1,240 times base's"


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        (("smoke", "smoke"), ["", ""]),
        (("confirm", "none"), ["", ""]),
        (("smoke", "confirm"), ["smoke", "confirm"]),
        (("smoke", "confirm", "identity"), ["smoke", "confirm", ""]),
    ],
)
def test_numbers_of_several_tiers_are_told_apart(tiers: tuple[str, ...], told: list[str]) -> None:
    found = report(measures=[measure(f"m{at}", 0.8, 0.8, tier=tier) for at, tier in enumerate(tiers)])
    assert [tier_of(found, each) for each in found.measures] == told


RATES = st.floats(0, 1)


@given(RATES, RATES, st.floats(1e-4, 0.5))
def test_base_and_head_look_different_when_they_differ(base: float, head: float, margin: float) -> None:
    row = row_of(measure("accuracy", base, head, margin=margin))
    assert (row.base == row.head) == math.isclose(
        base, head, rel_tol=1e-9, abs_tol=1e-300
    ) or row.base == row.head == "0"
    assert all(
        text.isprintable() and "-" not in text for text in (row.base, row.head, row.change, row.allowed, row.sees)
    )


def test_what_is_not_enforced_says_so() -> None:
    assert row_of(measure("accuracy", 0.9, 0.8, not_enforced="n=14 < 50", outcome="worse")).outcome == "not enforced"


def test_the_worst_comes_first_and_what_decides_nothing_last() -> None:
    order = [(each.outcome, bool(each.not_enforced)) for each in by_weight(blocked())]
    assert order[:2] == [("worse", False)] * 2
    assert order[-1][1]
    assert [each.outcome for each in by_weight(blocked())[2:4]] == ["undecided"] * 2
    losses = [each.delta or 0 for each in by_weight(huge()) if each.outcome == "worse"]
    assert losses == sorted(losses)


def test_the_measure_behind_a_finding_is_told_from_its_namesakes() -> None:
    floor, ceiling = FLOOR, FLOOR.model_copy(update={"limit": 0.99, "direction": Direction.LOWER})
    seen = report(measures=(floor, ceiling))
    for each in (floor, ceiling):
        found = finding(each.check, "accuracy", "", measure="accuracy", facts={"limit": each.limit})
        assert measure_behind(seen, found) is each
    assert measure_behind(seen, finding("model.slices", "accuracy", "", measure="accuracy")) is None
    assert measure_behind(seen, finding(floor.check, "accuracy", "")) is None


def test_what_no_finding_speaks_of_is_unsettled() -> None:
    shy = measure("recall(x)", 0.9, 0.89, outcome="undecided")
    assert [subject_of(each) for each in unsettled(report(measures=(shy, RATE)))] == ["recall(x)"]
    assert unsettled(blocked()) == []


def test_what_nobody_declared_and_does_not_stand_out_is_watched_and_comes_last() -> None:
    watched = measure("recall(x)", 0.9, 0.89, outcome="undecided", declared=False)
    scarce = measure("recall(y)", 0.9, 0.89, outcome="undecided", declared=False, not_enforced="n=14 < 50")
    seen = report(measures=(watched, scarce, RATE))
    assert [row_of(each).outcome for each in by_weight(seen)] == [RATE.outcome, "not enforced", "watched"]
    assert unsettled(seen) == []
