"""Gaps of claimed values: honest claims are rarely called false, whatever their rows, and large gaps are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.arrays import StatError
from gatebot.stats.claims import Claim, Seeds, coincidence, gap_change, is_proven, least_rows, mean_change, own_gap
from gatebot.stats.contrast import Contrast

NONE = Seeds()
LEVEL = 0.0025


def claim(value: float, rows: float = 200, *, digit: float = 0.0, right: float = 0.85, n: int = 2000) -> Claim:
    """The claim of an accuracy, of which `right` is computed on `n` rows."""
    hits = (np.arange(n) < right * n).astype(np.float64)
    return Claim.of(value, digit, rows, float(hits.mean()), hits - hits.mean())


def test_the_noise_of_a_gap_is_that_of_both_sets_of_rows_and_of_both_trainings() -> None:
    found = own_gap(claim(0.90), Seeds(0.0001, 4.0), step=1.0)
    variance = 0.85 * 0.15 * (1 / 200 + 1 / 2000) + 4 / 200**2 + 4 / 2000**2 + 2 * 0.0001
    assert found.delta == pytest.approx(0.05)
    assert found.se**2 == pytest.approx(variance, rel=1e-3)
    change = gap_change(claim(0.84), claim(0.90), Seeds(0.0001, 4.0), step=1.0)
    assert change.delta == pytest.approx(0.06)
    pseudo = 8 / 200**2
    assert change.se**2 == pytest.approx(0.85 * 0.15 * 2 / 200 + pseudo + 4 * 0.0001, rel=1e-3)
    same = gap_change(claim(0.84), claim(0.90), Seeds(0.0001, 4.0), step=1.0, same=True)
    assert change.se**2 - same.se**2 == pytest.approx(2 * 0.0001)


@given(st.floats(0.5, 1), st.floats(0.5, 1), st.floats(0, 0.2), st.floats(0, 0.2))
def test_digits_that_are_not_printed_are_no_gap(one: float, other: float, digit: float, more: float) -> None:
    base, head = claim(one, digit=digit), claim(other, digit=more)
    own, change = own_gap(head, NONE), gap_change(base, head, NONE)
    assert abs(own.delta) == pytest.approx(max(abs(head.gap) - more / 2, 0), abs=1e-12)
    assert abs(change.delta) == pytest.approx(max(abs(head.gap - base.gap) - (digit + more) / 2, 0), abs=1e-12)
    assert own.delta * head.gap >= 0
    assert gap_change(head, base, NONE).delta == pytest.approx(-change.delta)


@given(st.integers(20, 2000), st.integers(20, 2000))
def test_more_rows_behind_a_claim_never_add_noise(rows: int, more: int) -> None:
    few, many = sorted([rows, more])
    assert own_gap(claim(0.9, many), NONE, step=1.0).se <= own_gap(claim(0.9, few), NONE, step=1.0).se


@pytest.mark.parametrize(
    ("changes", "mean", "se", "df"),
    [([0.02, 0.03, 0.04], 0.03, 0.01 / math.sqrt(3), 2.0), ([0.1, -0.1, 0.1, -0.1], 0.0, 0.2 / math.sqrt(12), 3.0)],
)
def test_the_mean_change_of_claims_has_their_spread(changes: list[float], mean: float, se: float, df: float) -> None:
    found = mean_change(changes)
    assert found is not None
    assert [found.delta, found.se, found.df] == pytest.approx([mean, se, df])


def test_the_claims_of_two_trainings_have_no_spread_to_rely_on() -> None:
    assert mean_change([0.1, 0.1]) is None


def test_a_gap_is_proven_on_either_side() -> None:
    assert is_proven(Contrast(0.1, 0.02), LEVEL)
    assert is_proven(Contrast(-0.1, 0.02), LEVEL)
    assert not is_proven(Contrast(0.05, 0.02), LEVEL)
    assert not is_proven(Contrast(0.0, 0.0), LEVEL)
    assert is_proven(Contrast(1e-6, 0.0), LEVEL)


@pytest.mark.parametrize(
    ("value", "digit", "rows"),
    [
        (257 / 300, 1e-16, 300),
        (0.9, 0.0, 10),
        (1.0, 0.0, 1),
        (0.0, 0.0, 1),
        (0.8567, 0.0001, 293),
        (math.pi / 4, 0.0, 2000),
    ],
)
def test_the_digits_of_a_rate_tell_its_rows(value: float, digit: float, rows: int) -> None:
    assert least_rows(value, digit, 2000) == rows


@given(st.integers(1, 2000), st.data())
def test_a_rate_is_never_said_to_rest_on_more_rows_than_it_does(rows: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, rows))
    assert least_rows(hits / rows, 1e-16, 2000) <= rows
    assert least_rows(round(hits / rows, 3), 0.001, 2000) <= rows


def test_values_that_are_equal_to_the_last_digit_come_from_the_same_rows() -> None:
    noise = Contrast(0.0, 0.03)
    assert coincidence(0.0, noise, digit=1e-9, value=0.5) < 1e-4
    assert coincidence(2e-7, noise, digit=1e-9, value=0.5) < 1e-4  # as other programs round
    assert coincidence(0.0, noise, digit=0.01, value=0.5) == pytest.approx(0.01 / 0.03 / math.sqrt(2 * math.pi))
    assert coincidence(0.0, noise, digit=1e-9, value=0.5, lattice=0.01) > 0.1
    assert coincidence(0.01, noise, digit=1e-9, value=0.5) == 1.0
    assert coincidence(0.0, Contrast(0.0, 0.0), digit=0.0, value=0.5) == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_no_claim(value: float) -> None:
    with pytest.raises(StatError):
        claim(value)
    with pytest.raises(StatError):
        claim(0.9, rows=0)


def false_alarms(right: float, rows: int, digits: int, draws: int, *, losses: bool = False) -> tuple[float, float]:
    """Shares of honest claims, on rows of their own, whose gap and whose change of the gap are called real."""
    rng = np.random.default_rng([rows, digits, losses])
    own = change = 0
    for _ in range(draws):
        sides: list[Claim] = []
        shared = rng.uniform(size=2000)
        for _ in range(2):
            mine = np.where(rng.uniform(size=2000) < 0.1, rng.uniform(size=2000), shared)
            theirs = rng.uniform(size=rows)
            unit, other = ((-np.log(each) if losses else (each < right) * 1.0) for each in (mine, theirs))
            value = float(unit.mean())
            digit = 10.0**-digits
            sides.append(Claim.of(round(float(other.mean()), digits), digit, rows, value, unit - value))
        step = 0.0 if losses else 1.0
        own += is_proven(own_gap(sides[1], NONE, step=step), LEVEL)
        change += is_proven(gap_change(sides[0], sides[1], NONE, step=step), LEVEL)
    return own / draws, change / draws


RATES = [(0.6, 200, 4, False), (0.85, 100, 4, False), (0.95, 100, 2, False), (0.99, 200, 4, False), (0.5, 100, 4, True)]


@pytest.mark.parametrize(("right", "rows", "digits", "losses"), RATES)
def test_honest_claims_are_rarely_called_false(right: float, rows: int, digits: int, losses: bool) -> None:
    assert max(false_alarms(right, rows, digits, 100, losses=losses)) <= 0.01


@pytest.mark.simulation
@pytest.mark.parametrize(("right", "rows", "digits", "losses"), RATES)
def test_honest_claims_are_called_false_at_most_at_the_level(
    right: float, rows: int, digits: int, losses: bool
) -> None:
    draws = 20_000
    allowed = LEVEL + 3 * math.sqrt(LEVEL / draws)
    assert max(false_alarms(right, rows, digits, draws, losses=losses)) <= allowed
