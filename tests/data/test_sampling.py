"""Which rows are predicted where not all are: rare classes and small slices first, and weights that undo it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.data.sampling import allocation, cells, sampled

RNG = np.random.default_rng(3)


def hashes(count: int) -> np.ndarray:
    return np.random.default_rng(count).permutation(count).astype(np.uint64)


def rare(count: int, share: float) -> np.ndarray:
    """A class of so many rows of `count`, and the other one."""
    return (np.arange(count) < share * count).astype(np.int64)


@settings(max_examples=200)
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=40), seed=st.integers(0, 2**32 - 1))
def test_every_cell_gives_a_row_and_none_more_than_it_has(sizes: list[int], seed: int) -> None:
    every = np.array(sizes, dtype=np.int64)
    least, most = 4 * len(sizes), int(every.sum()) - 1
    if least > most:
        return
    rows = int(np.random.default_rng(seed).integers(least, most + 1))
    taken = allocation(every, rows)
    assert taken.sum() == rows
    assert ((taken >= 1) & (taken <= every)).all()


@settings(max_examples=100)
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=40), rows=st.integers(160, 20_000))
def test_no_row_stands_for_more_than_twice_as_many_as_in_a_plain_sample(sizes: list[int], rows: int) -> None:
    every = np.array(sizes, dtype=np.int64)
    if rows >= every.sum():
        return
    taken = allocation(every, rows)
    plain = every.sum() / rows
    assert (every / taken <= np.maximum(2 * plain * (1 + 1 / taken), every / np.maximum(taken, 1) * (taken <= 1))).all()


@pytest.mark.parametrize(("count", "positives", "rows"), [(18_500, 111, 5000), (100_000, 500, 5000), (6000, 60, 1000)])
def test_a_rare_class_comes_whole(count: int, positives: int, rows: int) -> None:
    classes = rare(count, positives / count)
    chosen, weights = sampled([classes], hashes(count), rows)
    assert chosen.sum() == rows
    assert classes[chosen].sum() == positives
    assert weights is not None
    assert set(weights[classes[chosen] == 1]) == {1.0}


def test_a_small_slice_comes_whole_in_each_class() -> None:
    classes, fax = RNG.integers(0, 2, 40_000), (RNG.random(40_000) < 0.02).astype(np.int64)
    chosen, weights = sampled([classes, fax], hashes(40_000), 5000)
    assert fax[chosen].sum() == fax.sum()
    assert weights is not None
    assert weights.sum() == pytest.approx(40_000)


@pytest.mark.parametrize("rows", [200, 1000, 4999])
def test_weights_add_up_to_all_rows_and_to_each_class(rows: int) -> None:
    classes = RNG.choice(4, 5000, p=[0.7, 0.2, 0.09, 0.01])
    chosen, weights = sampled([classes], hashes(5000), rows)
    assert chosen.sum() == rows
    if weights is None:  # nearly all rows
        assert rows == 4999
        return
    assert np.bincount(classes[chosen], weights) == pytest.approx(np.bincount(classes))


@pytest.mark.parametrize(
    "attributes", [[], [np.arange(4000) % 10], [np.zeros(4000, dtype=np.int64)]], ids=["none", "even", "one"]
)
def test_equal_classes_need_no_weights(attributes: list[np.ndarray]) -> None:
    chosen, weights = sampled(attributes, hashes(4000), 1000)
    assert chosen.sum() == 1000
    assert weights is None


def test_all_rows_are_predicted_where_they_fit() -> None:
    chosen, weights = sampled([rare(500, 0.1)], hashes(500), 500)
    assert chosen.all()
    assert weights is None


def test_an_attribute_of_too_many_values_is_left_out() -> None:
    classes, shops = RNG.integers(0, 2, 4000), np.arange(4000)
    assert np.unique(cells([classes, shops], 4000, 250)).tolist() == [0, 1]
    assert len(np.unique(cells([classes, shops % 100], 4000, 250))) > 2


def test_the_lowest_hashes_of_a_cell_are_predicted() -> None:
    classes, order = rare(2000, 0.02), hashes(2000)
    fewer, _ = sampled([classes], order, 500)
    more, _ = sampled([classes], order, 900)
    assert (more | ~fewer).all()
