import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gatebot.stats import quantile
from gatebot.stats.arrays import StatError


@given(st.integers(60, 400), st.sampled_from([0.5, 0.9, 0.95]), st.sampled_from([0.05, 0.1]), st.integers(0, 999))
def test_bounds_against_scipy(n: int, q: float, alpha: float, seed: int) -> None:
    values = np.random.default_rng(seed).exponential(size=n)
    above: Any = stats.quantile_test(values, p=q, alternative="less").confidence_interval(1 - alpha)
    assert quantile.upper(values, q, alpha) == pytest.approx(above.high)
    below: Any = stats.quantile_test(values, p=q, alternative="greater").confidence_interval(1 - alpha)
    assert quantile.lower(values, q, alpha) == pytest.approx(below.low)


def test_exact_level_by_the_binomial_law() -> None:
    """With n uniform values the bound fails when fewer than k values lie below q: exactly P(Binomial >= k)."""
    for n, q in itertools.product((59, 100, 500), (0.5, 0.9, 0.95)):
        k = int(quantile.upper(np.arange(1, n + 1), q))
        assert stats.binom.sf(k - 1, n, q) <= 0.05 < stats.binom.sf(k - 2, n, q)


@pytest.mark.parametrize(("q", "needed"), [(0.95, 59), (0.99, 299), (0.999, 2995)])
def test_how_many_requests_a_bound_needs(q: float, needed: int) -> None:
    assert quantile.fewest(q) == needed
    assert quantile.upper(np.arange(needed), q) == needed - 1
    with pytest.raises(StatError, match=str(needed)):
        quantile.upper(np.arange(needed - 1), q)


@given(st.lists(st.floats(-1e6, 1e6), min_size=60, max_size=80), st.floats(0.1, 0.9))
def test_bounds_are_ordered_and_mirror_each_other(values: list[float], q: float) -> None:
    assert quantile.lower(values, q) <= np.quantile(values, q) <= quantile.upper(values, q)
    assert quantile.lower(values, q) == -quantile.upper(-np.array(values), 1 - q)


def timings(seed: int, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    machine = rng.lognormal(0, 0.1, (12, 1))
    base, head = (machine * rng.lognormal(0, 0.05, (12, 1)) * rng.gamma(20, 0.05, (12, 100)) for _ in range(2))
    return base, head * factor


def test_a_slowdown_is_seen_and_a_speedup_is_positive() -> None:
    slower, faster = (quantile.slowdown(*timings(1, factor), 0.95) for factor in (1.5, 0.6))
    assert slower.upper(0.0025) < -math.log(1.1)
    assert faster.lower(0.0025) > 0
    assert slower.df == 11


@given(st.integers(0, 100))
def test_swapped_processes_mirror_the_slowdown(seed: int) -> None:
    base, head = timings(seed)
    there, back = (quantile.slowdown(*sides, 0.9, times=50) for sides in ((base, head), (head, base)))
    assert there.delta == pytest.approx(-back.delta)
    assert there.se == pytest.approx(back.se)


@pytest.mark.whole
def test_coverage_of_the_slowdown() -> None:
    times = 300
    covered = sum(quantile.slowdown(*timings(seed), 0.9, times=200).lower(0.05) <= 0 for seed in range(times))
    assert covered / times == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize(
    ("why", "base", "head"),
    [
        ("processes", np.ones((9, 5)), np.ones((9, 5))),
        ("processes", np.ones((10, 5)), np.ones((11, 5))),
        ("positive", np.zeros((10, 5)), np.ones((10, 5))),
        ("dimensions", np.ones(10), np.ones(10)),
        ("not finite", np.full((10, 5), np.nan), np.ones((10, 5))),
    ],
)
def test_what_is_no_timing_is_refused(why: str, base: np.ndarray, head: np.ndarray) -> None:
    with pytest.raises(StatError, match=why):
        quantile.slowdown(base, head, 0.95)


def test_quantiles_lie_between_0_and_1() -> None:
    for q in (0.0, 1.0, -1.0, math.nan):
        with pytest.raises(StatError):
            quantile.upper(np.arange(100), q)
