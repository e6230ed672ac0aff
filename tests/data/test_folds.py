"""Folds: balanced, whole units, and base's stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data.folds import folds_of, known_folds
from gatebot.data.strata import Units
from gatebot.errors import UsageError


def units(size: list[int], strata: list[int]) -> Units:
    hashes = np.arange(len(size), dtype=np.uint64)
    return Units(np.arange(len(size)), hashes, np.array(strata), np.array(size), np.zeros(max(strata) + 1))


@given(st.lists(st.integers(0, 2), min_size=10, max_size=80), st.integers(2, 5))
def test_single_rows_are_spread_evenly_by_class_and_over_all(strata: list[int], count: int) -> None:
    some = units([1] * len(strata), strata)
    folds, made = folds_of(some, some.hashes, count, None)
    assert made == count
    total = np.bincount(folds.astype(int), minlength=count)
    assert total.max() - total.min() <= 3
    for stratum in set(strata):
        held = np.bincount(folds[some.stratum == stratum].astype(int), minlength=count)
        assert held.max() - held.min() <= 1


@given(st.lists(st.integers(1, 20), min_size=5, max_size=40))
def test_groups_differ_by_at_most_the_largest(size: list[int]) -> None:
    some = units(size, [0] * len(size))
    folds, _ = folds_of(some, some.hashes, 3, None)
    total = np.bincount(folds.astype(int), weights=size, minlength=3)
    assert total.max() - total.min() <= max(size)


def test_folds_of_base_stay_and_new_units_fill_up() -> None:
    some = units([1] * 6, [0] * 6)
    known = known_folds(some, np.array([0, 0, 9, 0, 1, 9], dtype=np.uint64), 2)
    assert known.tolist() == [0, 0, 2, 0, 1, 2]
    folds, _ = folds_of(some, some.hashes, 2, known)
    assert folds.tolist() == [0, 0, 1, 0, 1, 1]


def test_one_unit_cannot_be_held_out() -> None:
    with pytest.raises(UsageError, match="nothing can be held out"):
        folds_of(units([9], [0]), np.zeros(1, dtype=np.uint64), 5, None)
