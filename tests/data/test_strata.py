"""Strata and quotas: shares hold to a row, and a row more moves no more than it must."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data.strata import (
    Units,
    before_the_last,
    first_rows,
    large_last,
    quotas,
    rounded_edges,
    strata_of,
    units_of,
)
from gatebot.evidence.column import Numbers, names_of

sizes = st.lists(st.integers(0, 500), min_size=1, max_size=30).map(np.array)


def offsets(count: int) -> np.ndarray:
    return np.random.default_rng(0).random(count)


def given_by(size: np.ndarray, share: float, cap: int) -> np.ndarray:
    nothing = np.zeros(len(size), dtype=np.int64)
    return quotas(size, offsets(len(size)), nothing, size, share=share, cap=cap)


@given(sizes, st.floats(0.01, 1.0), st.integers(0, 2000))
def test_quotas_hold_the_cap_and_the_shares(size: np.ndarray, share: float, cap: int) -> None:
    quota = given_by(size, share, cap)
    assert quota.sum() <= cap
    assert (quota <= np.minimum(size, share * size + 1)).all()
    if share * size.sum() + len(size) <= cap:
        assert (np.abs(quota - share * size) <= 1).all()


@given(sizes, st.floats(0.01, 1.0), st.integers(0, 2000), st.data())
def test_a_row_more_moves_at_most_one_place(size: np.ndarray, share: float, cap: int, data: st.DataObject) -> None:
    more = size.copy()
    more[data.draw(st.integers(0, len(size) - 1))] += 1
    change = given_by(more, share, cap) - given_by(size, share, cap)
    assert change[change > 0].sum() <= 1
    assert change[change < 0].sum() >= -1


@given(sizes, st.integers(0, 500), st.integers(0, 500))
def test_a_larger_cap_takes_nothing_away(size: np.ndarray, cap: int, more: int) -> None:
    assert (given_by(size, 1.0, cap) <= given_by(size, 1.0, cap + more)).all()


def test_strata_are_classes_or_bins_and_the_rest_is_one() -> None:
    names = names_of(["a", "b", "a", None, "b"])
    strata = strata_of(names, np.array([True, True, True, False, True]))
    assert strata.of.tolist() == [0, 1, 0, 2, 1]
    values = Numbers(np.arange(100.0))
    assert np.bincount(strata_of(values, np.ones(100, dtype=bool)).of).min() >= 9


def test_labels_that_stand_once_each_are_no_classes() -> None:
    names = names_of([f"text {place}" for place in range(50)])
    assert set(strata_of(names, np.ones(50, dtype=bool)).of.tolist()) == {0}


def test_edges_are_round_and_steady() -> None:
    values = np.random.default_rng(0).normal(100, 20, 5000)
    edges = rounded_edges(values, 4)
    assert edges.tolist() == rounded_edges(values[:4990], 4).tolist() == [86.0, 99.0, 114.0]
    assert rounded_edges(np.array([np.nan, np.inf]), 4).tolist() == []
    assert rounded_edges(np.ones(9), 4).tolist() == [1.0]


def test_a_unit_belongs_where_most_of_its_rows_do() -> None:
    names = names_of(["a", "b", "b", "a", "b", None])
    eligible = np.array([True] * 5 + [False])
    units = units_of(np.array([1, 1, 1, 2, 2, 3], dtype=np.uint64), strata_of(names, eligible), eligible)
    assert units.stratum.tolist() == [1, 0, 2]
    assert units.size.tolist() == [3, 2, 0]


def units(size: list[int]) -> Units:
    count = len(size)
    hashes = np.arange(count, dtype=np.uint64)
    return Units(np.arange(count), hashes, np.zeros(count, dtype=np.int64), np.array(size), np.array([0.5]))


def test_first_rows_are_whole_units_up_to_the_quota() -> None:
    some = units([2, 3, 0, 4, 1])
    assert first_rows(some, some.hashes, 0.5, 100, keep_one=True).tolist() == [True, True, False, False, False]
    assert first_rows(some, some.hashes, 1.0, 100, keep_one=True).tolist() == [True, True, False, True, False]
    assert first_rows(some, some.hashes, 1.0, 100, keep_one=False).tolist() == [True, True, False, True, True]


def test_large_units_come_last() -> None:
    some = units([9, 1, 1, 1])
    order = large_last(some, some.hashes, 0.4)
    assert np.argsort(order, kind="stable").tolist()[-1] == 0
    assert first_rows(some, order, 0.25, 100, keep_one=True).tolist() == [False, True, True, True]


def test_the_boundary_is_where_most_agree() -> None:
    some = units([1] * 8)
    chosen = np.array([True, True, False, True, False, False, False, True])
    assert before_the_last(some, some.hashes, chosen).tolist() == [True] * 4 + [False] * 4
    assert not before_the_last(some, some.hashes, np.zeros(8, dtype=bool)).any()
