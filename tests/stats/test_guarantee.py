import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from gatebot.stats.arrays import StatError
from gatebot.stats.guarantee import Adaptivity, log_inverse_level, rows_bennett, rows_chernoff, rows_hoeffding


@pytest.mark.parametrize(
    ("tolerance", "adaptivity", "hoeffding", "ten_percent", "five_percent"),
    [
        (0.01, "none", 221_333, 21_428, 11_044),
        (0.01, "full", 595_633, 60_086, 30_969),
        (0.02, "none", 55_334, 5_522, 2_920),
        (0.02, "full", 148_909, 15_485, 8_187),
        (0.05, "none", 8_854, 959, 538),
        (0.05, "full", 23_826, 2_689, 1_507),
    ],
)
def test_the_published_table(
    tolerance: float, adaptivity: str, hoeffding: int, ten_percent: int, five_percent: int
) -> None:
    """ease.ml/ci at reliability .999 for 32 commits; Hoeffding for an interval, Bennett for the bound that decides."""
    level = log_inverse_level(0.001, 32, Adaptivity(adaptivity))
    assert rows_hoeffding(tolerance, level, width=2) == pytest.approx(hoeffding, rel=1e-4)
    assert rows_bennett(tolerance, level, 0.10, sides=1) == pytest.approx(ten_percent, rel=1e-3)
    assert rows_bennett(tolerance, level, 0.05, sides=1) == pytest.approx(five_percent, rel=1e-3)


def test_three_verdicts_leak_more_than_two() -> None:
    levels = [log_inverse_level(0.001, 32, Adaptivity.FULL, verdicts=v) for v in (2, 3)]
    assert levels == pytest.approx([32 * math.log(2) + math.log(1000), 32 * math.log(3) + math.log(1000)])


def test_showing_nothing_costs_as_much_as_retiring_at_the_first_change() -> None:
    none, first = (log_inverse_level(0.01, 10, a) for a in (Adaptivity.NONE, Adaptivity.FIRST_CHANGE))
    assert none == first == pytest.approx(math.log(1000))


def test_before_the_first_pass_there_is_one_history_unless_undecided_is_told_too() -> None:
    three = log_inverse_level(0.01, 10, Adaptivity.FIRST_CHANGE, verdicts=3)
    assert three == pytest.approx(10 * math.log(2) + math.log(100))  # worse or undecided, ten times


@given(st.floats(0.005, 0.2), st.floats(0.01, 0.3), st.integers(0, 99))
def test_the_interval_has_its_width_with_so_many_rows(tolerance: float, changed: float, seed: int) -> None:
    """Far from a tight test, since the bound is conservative: in 50 runs at level .01 none may miss by chance."""
    level = log_inverse_level(0.01, 1, Adaptivity.NONE)
    n = rows_bennett(tolerance, level, changed)
    counts = np.random.default_rng(seed).multinomial(n, [changed / 2, changed / 2, 1 - changed], size=50)
    missed = np.abs((counts[:, 0] - counts[:, 1]) / n) > tolerance
    assert missed.sum() <= 4


@given(st.floats(0.001, 0.3), st.floats(0.5, 40), st.floats(0.001, 1))
def test_few_changes_need_fewer_rows(tolerance: float, level: float, changed: float) -> None:
    assert rows_bennett(tolerance, level, changed) <= rows_bennett(tolerance, level, 1.0)
    assert rows_bennett(tolerance, level, changed, sides=1) <= rows_bennett(tolerance, level, changed)


@given(st.floats(0.0, 1.0), st.floats(0.005, 0.2), st.floats(1.0, 12.0))
def test_no_verdict_on_a_share_is_wrong_more_often_than_it_may_be(
    threshold: float, tolerance: float, level: float
) -> None:
    """By the binomial itself, at the truths that are hardest to tell."""
    n = rows_chernoff(threshold, tolerance, level)
    told_below, told_above = (n * (threshold + side * tolerance) for side in (-1, 1))
    wrong = [
        float(binom.cdf(math.ceil(told_below - 1e-9) - 1, n, threshold)),
        float(binom.sf(math.floor(told_above + 1e-9), n, threshold)),
        float(binom.cdf(math.floor(told_above + 1e-9), n, min(threshold + 2 * tolerance, 1.0))),
    ]
    possible = wrong if threshold + 2 * tolerance < 1 else wrong[:2]
    assert max(possible) <= math.exp(-level) * (1 + 1e-6)
    assert n <= rows_hoeffding(tolerance, level, sides=1)


@pytest.mark.parametrize(("threshold", "saved"), [(0.02, 4.0), (0.1, 2.0), (0.5, 1.0)])
def test_shares_near_an_end_need_fewer_rows(threshold: float, saved: float) -> None:
    assert rows_chernoff(threshold, 0.01, 20.0) <= rows_hoeffding(0.01, 20.0, sides=1) / saved


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_inverse_level(0.0, 32, Adaptivity.NONE),
        lambda: log_inverse_level(0.1, 0, Adaptivity.NONE),
        lambda: log_inverse_level(0.1, 1, Adaptivity.FULL, verdicts=1),
        lambda: rows_hoeffding(0.0, 7.0),
        lambda: rows_hoeffding(0.1, -1.0),
        lambda: rows_hoeffding(0.1, 7.0, width=0),
        lambda: rows_hoeffding(0.1, 7.0, sides=3),
        lambda: rows_bennett(0.1, 7.0, 0.0),
        lambda: rows_chernoff(0.1, 0.0, 7.0),
        lambda: rows_bennett(math.nan, 7.0, 0.1),
    ],
)
def test_impossible_promises_are_refused(call: object) -> None:
    with pytest.raises(StatError):
        call()  # type: ignore[operator]
