import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Ledger
from gatebot.stats.stability import instability


@given(st.lists(st.floats(0, 1), min_size=3, max_size=8), st.floats(1e-4, 1), st.integers(1, 10))
def test_against_scipys_f(values: list[float], variance: float, df: int) -> None:
    found = instability(values, Ledger(variance, df))
    f = np.var(values, ddof=1) / variance
    assert found.p == pytest.approx(stats.f.sf(f, len(values) - 1, df))
    assert found.ratio == pytest.approx(math.sqrt(f))


def test_steady_seeds_of_a_swinging_main_are_no_instability() -> None:
    assert instability([0.8, 0.8, 0.8], Ledger(1e-4, 4)).p == 1.0


def test_a_main_without_noise() -> None:
    assert instability([0.8, 0.8, 0.8], Ledger(0.0, 4)).p == 1.0
    wild = instability([0.8, 0.7, 0.8], Ledger(0.0, 4))
    assert (wild.ratio, wild.p) == (math.inf, 0.0)


@pytest.mark.parametrize("values", [[0.8, 0.7], [0.8, 0.7, math.nan]])
def test_two_runs_show_no_spread(values: list[float]) -> None:
    with pytest.raises(StatError):
        instability(values, Ledger(1e-4, 4))
