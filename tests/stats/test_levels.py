import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.arrays import StatError
from gatebot.stats.levels import binned, edges, frequent, named

columns = st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(math.nan), st.integers(0, 3).map(float)), min_size=1)


def test_bins_have_about_equal_mass() -> None:
    values = np.random.default_rng(0).exponential(size=6000)
    assert np.bincount(binned(values, edges(values))) == pytest.approx([1000] * 6, abs=1)


@given(columns, st.integers(1, 8))
def test_every_value_has_a_level_and_no_level_of_known_data_is_empty(values: list[float], most: int) -> None:
    inner = edges(values, most)
    codes = binned(values, inner)
    assert inner.size < most
    assert (np.diff(inner) > 0).all()
    missing = np.isnan(values)
    assert (codes[missing] == inner.size + 1).all()
    if not missing.all():
        assert np.unique(codes[~missing]).tolist() == list(range(inner.size + 1))


@given(columns, st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_levels_keep_the_order_of_values(values: list[float], one: float, other: float) -> None:
    low, high = binned(sorted([one, other]), edges(values))
    assert low <= high


def test_infinities_fall_into_the_outer_bins() -> None:
    inner = edges(np.arange(60.0))
    assert binned([-math.inf, math.inf, math.nan], inner).tolist() == [0, 5, 6]


def test_a_constant_column_is_one_level() -> None:
    assert edges([7.0] * 9).size == 0
    assert binned([7.0, 8.0], edges([7.0] * 9)).tolist() == [0, 0]
    assert edges([math.nan]).size == 0


def test_frequent_names_keep_their_own_level() -> None:
    codes = np.repeat([5, 1, 9, -1], [10, 30, 20, 40])
    kept = frequent(codes, 2)
    assert kept.tolist() == [1, 9]
    assert named([1, 9, 5, -1, 77], kept).tolist() == [0, 1, 2, 3, 2]
    assert named([1, -1], frequent([-1, -1])).tolist() == [0, 1]


@given(st.lists(st.integers(-1, 20), min_size=1), st.integers(1, 8))
def test_names_against_the_definition(codes: list[int], most: int) -> None:
    kept = frequent(codes, most).tolist()
    expected = [kept.index(c) if c in kept else len(kept) + (c < 0) for c in codes]
    assert named(codes, np.array(kept, dtype=np.intp)).tolist() == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: edges([[1.0]]),
        lambda: edges([1.0], 0),
        lambda: frequent([1.5]),
        lambda: named([[1]], np.array([1])),
    ],
)
def test_what_is_no_column_is_refused(call: object) -> None:
    with pytest.raises(StatError):
        call()  # type: ignore[operator]
