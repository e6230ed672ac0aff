import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.arrays import StatError
from gatebot.stats.levels import binned, frequent, named

columns = st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(math.nan), st.integers(0, 3).map(float)), min_size=1)


@given(columns, st.lists(st.floats(-1e9, 1e9), max_size=5, unique=True))
def test_levels_against_the_definition(values: list[float], edges: list[float]) -> None:
    inner = np.array(sorted(edges))
    expected = [inner.size + 1 if math.isnan(value) else sum(value > edge for edge in inner) for value in values]
    assert binned(values, inner).tolist() == expected


def test_infinities_fall_into_the_outer_bins() -> None:
    assert binned([-math.inf, math.inf, math.nan], np.array([1.0, 2.0])).tolist() == [0, 2, 3]
    assert binned([7.0, math.nan], np.empty(0)).tolist() == [0, 1]


def test_frequent_names_keep_their_own_level() -> None:
    codes = np.repeat([5, 1, 9, -1], [10, 30, 20, 40])
    kept = frequent(codes, 2)
    assert kept.tolist() == [1, 9]
    assert named([1, 9, 5, -1, 77], kept).tolist() == [0, 1, 2, 3, 2]
    assert named([1, -1], frequent([-1, -1])).tolist() == [0, 1]
    assert frequent(codes, fewest=20).tolist() == [1, 9]
    assert frequent(codes, fewest=31).size == 0


@given(st.lists(st.integers(-1, 20), min_size=1), st.integers(1, 8))
def test_names_against_the_definition(codes: list[int], most: int) -> None:
    kept = frequent(codes, most).tolist()
    expected = [kept.index(c) if c in kept else len(kept) + (c < 0) for c in codes]
    assert named(codes, np.array(kept, dtype=np.intp)).tolist() == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: binned([[1.0]], np.empty(0)),
        lambda: frequent([1.5]),
        lambda: named([[1]], np.array([1])),
    ],
)
def test_what_is_no_column_is_refused(call: object) -> None:
    with pytest.raises(StatError):
        call()  # type: ignore[operator]
