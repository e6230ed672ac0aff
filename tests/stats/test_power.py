import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import normal_power

from gatebot.stats import power
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Spread


@pytest.mark.parametrize(
    ("changed", "drop", "one_sided", "two_sided"),
    [
        (0.05, 0.01, 3090, 3923),
        (0.05, 0.02, 771, 979),
        (0.05, 0.05, 122, 155),
        (0.10, 0.01, 6181, 7847),
        (0.10, 0.02, 1544, 1960),
        (0.10, 0.05, 246, 312),
        (0.20, 0.01, 12364, 15696),
        (0.20, 0.02, 3090, 3923),
        (0.20, 0.05, 493, 626),
    ],
)
def test_the_published_table(changed: float, drop: float, one_sided: int, two_sided: int) -> None:
    assert power.rows_for_rate(changed, drop) == pytest.approx(one_sided, abs=1)
    assert power.rows_for_rate(changed, drop, alpha=0.025) == pytest.approx(two_sided, abs=1)


@pytest.mark.parametrize(("drop", "one_sided"), [(0.01, 11620), (0.02, 3026), (0.05, 540)])
def test_two_independent_sets_need_more(drop: float, one_sided: int) -> None:
    assert power.rows_for_rate_unpaired(0.9, drop) == pytest.approx(one_sided, rel=0.002)


def test_more_seeds_shrink_what_seeds_can_and_leave_the_rows() -> None:
    now = Spread(-0.004, rows=5e-5, rows_df=999.0, n=1000, seeds=4e-5, seeds_df=5.0, runs=2, churn=2e-5)
    then = power.foreseen(now, 5)
    assert (then.delta, then.n, then.runs, then.seeds_df) == (now.delta, 1000, 5, 8.0)
    assert then.rows == pytest.approx(5e-5 - 2e-5 * 3 / 5)
    assert (then.seeds, then.churn) == pytest.approx((4e-5 * 2 / 5, 2e-5 * 2 / 5))
    assert power.foreseen(now, 2) == now
    with pytest.raises(StatError, match="runs"):
        power.foreseen(now, 0)


@given(rows=st.floats(0, 1e-3), seeds=st.floats(0, 1e-3), churn=st.floats(0, 1e-3), runs=st.integers(2, 5))
def test_more_seeds_never_tell_less(rows: float, seeds: float, churn: float, runs: int) -> None:
    now = Spread(0.0, rows, 999.0, 1000, seeds, 5.0, 2, churn)
    assert power.foreseen(now, runs).contrast.se <= now.contrast.se * (1 + 1e-9)


def test_rows_without_a_failure() -> None:
    assert [power.rows_to_certify(rate) for rate in (0.05, 0.01, 0.001)] == [59, 299, 2995]


@pytest.mark.parametrize(
    ("rows", "points"),
    [
        (500, [2.5, 3.5, 5.0]),
        (1000, [1.8, 2.5, 3.5]),
        (2000, [1.2, 1.8, 2.5]),
        (5000, [0.8, 1.1, 1.6]),
        (10000, [0.6, 0.8, 1.1]),
    ],
)
def test_what_so_many_rows_can_see(rows: int, points: list[float]) -> None:
    seen = [100 * power.drop_seen(rows, changed) for changed in (0.05, 0.1, 0.2)]
    assert seen == pytest.approx(points, abs=0.06)


@given(st.integers(1, 10**6), st.floats(0.001, 1))
def test_what_is_seen_needs_no_more_rows_than_there_are(rows: int, changed: float) -> None:
    drop = power.drop_seen(rows, changed)
    assert 0 < drop <= changed
    if drop < changed:
        assert power.rows_for_rate(changed, drop) <= rows < power.rows_for_rate(changed, drop * 0.99) + rows * 0.05 + 2


@pytest.mark.parametrize(
    ("rows", "delta", "held", "undecided", "worse"),
    [
        (1000, 0.0, 0.64, 0.36, 0.0),
        (1000, -0.03, 0.0, 0.74, 0.26),
        (2000, 0.0, 0.88, 0.12, 0.0),
        (5000, -0.01, 0.73, 0.27, 0.0),
        (5000, -0.03, 0.0, 0.27, 0.73),
    ],
)
def test_the_published_chances(rows: int, delta: float, held: float, undecided: float, worse: float) -> None:
    found = power.chances(delta, math.sqrt((0.1 - delta**2) / rows), 0.02)
    assert [found.held, found.undecided, found.worse] == pytest.approx([held, undecided, worse], abs=0.015)


@given(st.floats(0.001, 0.1), st.floats(0.001, 0.4), st.floats(0.5, 0.99))
def test_what_can_be_seen_is_seen_with_that_power(se: float, alpha: float, chance: float) -> None:
    effect = power.detectable(se, alpha=alpha, power=chance)
    expected = normal_power(effect / se, 1, alpha, alternative="larger")
    assert expected == pytest.approx(chance, abs=1e-6)


def evidence(delta: float, rows: float = 1e-4, seeds: float = 0.0, n: int = 1000) -> Spread:
    return Spread(delta, rows, n - 1.0, n, seeds, 8.0 if seeds else math.inf, 5)


def test_the_rows_that_would_settle_it_do() -> None:
    found = power.settle(evidence(0.0), margin=0.02)
    assert found.rows is not None
    assert found.seeds is None
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert found.rows == math.ceil((z / 0.02) ** 2 * 0.1)
    rng = np.random.default_rng(0)
    deltas = rng.normal(0, math.sqrt(0.1 / found.rows), 20_000)
    held = np.mean(deltas - 1.96 * math.sqrt(0.1 / found.rows) > -0.02)
    assert held == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("case", "spread", "settles"),
    [
        ("rows alone hide the margin", evidence(-0.02, rows=4e-4), False),
        ("rows alone hide it, seeds may have hidden a loss", evidence(-0.05, rows=4e-4, seeds=4e-4), True),
        ("no seed noise, and a loss too small", evidence(-0.015, rows=4e-5), False),
        ("seed noise hides that it is held", evidence(0.0, rows=2.5e-5, seeds=2e-4), True),
        ("a clear loss", evidence(-0.1, rows=1e-4), True),
    ],
)
def test_when_more_seeds_can_change_the_answer(case: str, spread: Spread, settles: bool) -> None:
    two = replace(spread, runs=2)
    assert power.more_seeds_settle(two, 5, 0.02, alpha=0.025, worse=0.002) is settles, case


@given(st.floats(-0.1, 0.1), st.floats(1e-6, 1e-3), st.floats(1e-6, 1e-3), st.integers(0, 10**6))
def test_what_is_given_up_is_hardly_ever_settled(delta: float, rows: float, seeds: float, luck: int) -> None:
    two = replace(evidence(delta, rows=rows, seeds=seeds), runs=2)
    if power.more_seeds_settle(two, 5, 0.02, alpha=0.025, worse=0.002):
        return
    moved = np.random.default_rng(luck).normal(0, math.sqrt(two.pure_seeds * 0.6), 50)
    then = power.foreseen(two, 5).contrast
    outcomes = [replace(then, delta=delta + float(each)) for each in moved]
    settled = [each.lower(0.025) > -0.02 or (each.delta <= -0.02 and each.p_worse() <= 0.002) for each in outcomes]
    assert np.mean(settled) <= 0.1


def test_beyond_the_margin_the_question_is_whether_it_is_worse() -> None:
    found = power.settle(evidence(-0.025), margin=0.02)
    z = stats.norm.ppf(0.998) + stats.norm.ppf(0.8)
    assert found.rows == math.ceil((z / 0.025) ** 2 * 0.1)


@pytest.mark.parametrize(
    ("what", "spread", "rows", "seeds", "says"),
    [
        ("rows only", evidence(0.0), True, False, "rows would settle it"),
        ("either", evidence(0.0, 4e-5, 4e-5), True, True, "rows or"),
        ("seeds hardly matter", evidence(0.0, 1e-4, 1e-6), True, False, "more seeds cannot"),
        ("rows hardly matter", evidence(0.0, 1e-6, 1e-4), False, True, "more rows cannot"),
        ("both", evidence(0.0, 1e-4, 1e-4), False, False, "times the rows and the seeds"),
        ("out of reach", evidence(-0.0199), False, False, "not resolvable at this margin"),
    ],
)
def test_advice(what: str, spread: Spread, rows: bool, seeds: bool, says: str) -> None:
    found = power.settle(spread, margin=0.02)
    assert (found.rows is not None, found.seeds is not None) == (rows, seeds)
    assert says in found.reason


@given(st.floats(-0.1, 0.1), st.floats(1e-7, 1e-2), st.floats(0, 1e-2))
def test_advice_is_never_less_than_what_there_is(delta: float, rows: float, seeds: float) -> None:
    spread = evidence(delta, rows, seeds)
    found = power.settle(spread, margin=0.02)
    assert found.rows is None or spread.n <= found.rows <= 20 * spread.n + 1
    assert found.seeds is None or spread.runs <= found.seeds <= 20 * spread.runs + 1
    assert found.detectable > 0


def test_nonsense_is_refused() -> None:
    for call in (
        lambda: power.rows_for_rate(0.01, 0.02),
        lambda: power.rows_for_rate(0.1, 0.02, alpha=0),
        lambda: power.rows_for_rate_unpaired(0.01, 0.02),
        lambda: power.rows_to_certify(0.0),
        lambda: power.settle(evidence(0.0), margin=0.0),
        lambda: power.detectable(-1.0),
        lambda: power.drop_seen(0, 0.1),
        lambda: power.drop_seen(10, 0.0),
        lambda: power.chances(0.0, 0.0, 0.02),
    ):
        with pytest.raises(StatError):
            call()
