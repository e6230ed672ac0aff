"""Sketches keep what they state: ranks, counts and extremes, of one table and of merged parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatebot.data.sketch import table_sketch
from gatebot.evidence.column import Floats
from gatebot.evidence.column_sketches import ColumnKind, ColumnSketch, MergeError, TableSketch, merged
from gatebot.evidence.column_sketches.centroids import MAX_CENTROIDS, WIDTH, clustered, quantiles
from gatebot.evidence.column_sketches.distinct import MAX_HASHES
from gatebot.evidence.column_sketches.frequent import MAX_FREQUENT, merged_counts, most_frequent
from tests.evidence.evidence import same
from tests.evidence.examples import SKETCH

LEVELS = np.linspace(0, 1, 501)
ROWS = 20_000
RNG = np.random.default_rng(7)
DISTRIBUTIONS: dict[str, Floats] = {
    "uniform": RNG.uniform(size=ROWS),
    "normal": RNG.normal(size=ROWS),
    "lognormal": RNG.lognormal(0, 2, ROWS),
    "constant": np.full(ROWS, 3.25),
    "ties": RNG.poisson(3, ROWS).astype(np.float64),
    "ties and tail": np.where(RNG.uniform(size=ROWS) < 0.6, 0.0, RNG.lognormal(0, 2, ROWS)),
    "zipf": np.minimum(RNG.zipf(1.3, ROWS), 10**6).astype(np.float64),
}

every_distribution = pytest.mark.parametrize("values", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())


def rank_error(values: Floats, found: Floats) -> float:
    """The largest distance of a level from the ranks of the value found for it."""
    ordered = np.sort(values)
    low, high = (np.searchsorted(ordered, found, side) / len(values) for side in ("left", "right"))
    return float(np.maximum(np.maximum(low - LEVELS, LEVELS - high), 0).max())


def table(values: NDArray[Any] | Sequence[Any]) -> TableSketch:
    return table_sketch(pl.DataFrame({"x": values}), "project")


def whole(parts: Sequence[NDArray[Any] | Sequence[Any]]) -> ColumnSketch:
    return reduce(merged, map(table, parts)).columns[0]


@every_distribution
def test_ranks_of_one_sketch_are_within_one_percent(values: Floats) -> None:
    sketch = table(values).columns[0]
    assert rank_error(values, sketch.quantiles(LEVELS)) <= 0.01
    assert len(sketch.means) <= MAX_CENTROIDS
    assert not list(sketch.flaws())


@every_distribution
def test_quantiles_are_between_those_of_numpy_one_percent_away(values: Floats) -> None:
    found = table(values).columns[0].quantiles(LEVELS)
    assert (found >= np.quantile(values, np.maximum(LEVELS - 0.01, 0))).all()
    assert (found <= np.quantile(values, np.minimum(LEVELS + 0.01, 1))).all()


@every_distribution
@pytest.mark.parametrize("ordered", [False, True])
def test_ranks_of_twenty_merged_shards_are_within_one_percent(values: Floats, ordered: bool) -> None:
    parts = np.array_split(np.sort(values) if ordered else values, 20)
    sketch, one = whole(parts), table(values).columns[0]
    assert rank_error(values, sketch.quantiles(LEVELS)) <= 0.01
    assert not list(sketch.flaws())
    assert (sketch.minimum, sketch.maximum, sketch.rows) == (one.minimum, one.maximum, one.rows)
    assert sketch.mean == pytest.approx(values.mean(), rel=1e-9)
    assert sketch.squares == pytest.approx(((values - values.mean()) ** 2).sum(), rel=1e-9, abs=1e-9)
    assert same(sketch.hashes, one.hashes)


def test_up_to_400_different_values_are_kept_exactly() -> None:
    values = np.repeat(np.arange(400.0), np.arange(400) % 7 + 1)
    sketch = table(values).columns[0]
    assert np.array_equal(sketch.means, np.arange(400.0))
    assert np.array_equal(sketch.weights, np.arange(400) % 7 + 1)


def test_quantiles_of_few_values_are_these_values() -> None:
    sketch = table([2.0, 5.0, 11.0]).columns[0]
    assert sketch.quantiles([0, 0.2, 0.5, 0.9, 1]).tolist() == [2.0, 2.0, 5.0, 11.0, 11.0]
    assert ColumnSketch("x", ColumnKind.EMPTY, 0, 0).quantiles([0.5]).tolist() == []


@pytest.mark.parametrize("count", [10, MAX_HASHES - 1, MAX_HASHES, 3 * MAX_HASHES, 50_000])
def test_distinct_values_are_counted_exactly_or_within_ten_percent(count: int) -> None:
    found = whole([np.arange(count), np.arange(count // 2, count)]).distinct
    assert found == count if count < MAX_HASHES else abs(found / count - 1) < 0.1


VALUES = st.lists(
    st.one_of(st.floats(-1e99, 1e99), st.integers(-3, 3).map(float), st.sampled_from([0.0, -0.0, float("inf"), None])),
    max_size=40,
)
LONG = st.tuples(st.integers(0, 2**32), st.sampled_from(["normal", "lognormal", "gap", "steps"]), st.integers(1, 3000))


def drawn(seed: int, what: str, rows: int) -> Floats:
    rng = np.random.default_rng(seed)
    match what:
        case "normal":
            return rng.normal(size=rows)
        case "lognormal":
            return rng.lognormal(0, 5, rows)
        case "gap":
            return np.where(rng.uniform(size=rows) < 0.5, rng.normal(-50, 1, rows), rng.normal(50, 1, rows))
        case _:
            return 10.0 ** rng.uniform(-50, 50, rows)


@given(one=VALUES, other=VALUES)
@settings(deadline=None)
def test_merging_is_commutative_and_leaves_no_flaw(one: list[float | None], other: list[float | None]) -> None:
    first, second = (table(pl.Series(part, dtype=pl.Float64)) for part in (one, other))  # type: ignore[arg-type]
    found = merged(first, second)
    assert same(found, merged(second, first))
    assert not list(found.flaws())


@given(parts=st.lists(LONG, min_size=2, max_size=5), data=st.data())
@settings(deadline=None, max_examples=40)
def test_merging_in_any_order_stays_within_the_stated_error(
    parts: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    values = [drawn(*part) for part in parts]
    together = np.concatenate(values)
    sketches, depth = [table(each) for each in values], len(values) - 1
    while len(sketches) > 1:
        one, other = (sketches.pop(data.draw(st.integers(0, len(sketches) - 1))) for _ in range(2))
        sketches.append(merged(one, other))
    found, exact = sketches[0].columns[0], table(together).columns[0]
    assert not list(found.flaws())
    assert rank_error(together, found.quantiles(LEVELS)) <= (1.5 + depth) * WIDTH + 2 / len(together)
    assert (found.rows, found.minimum, found.maximum) == (exact.rows, exact.minimum, exact.maximum)
    assert found.mean == pytest.approx(exact.mean, rel=1e-9, abs=1e-9 * np.abs(together).max())
    assert same(found.hashes, exact.hashes)


@given(st.lists(st.tuples(st.floats(-1e99, 1e99), st.integers(1, 10**6)), min_size=1, max_size=900))
@settings(deadline=None)
def test_centroids_are_few_ordered_and_hold_every_value(pairs: list[tuple[float, int]]) -> None:
    values, counts = np.array(pairs, dtype=np.float64).T
    means, weights = clustered(values, counts)
    assert len(means) <= MAX_CENTROIDS
    assert (np.diff(means) > 0).all()
    assert weights.sum() == counts.sum()
    found = quantiles(means, weights, values.min(), values.max(), LEVELS)
    assert (np.diff(found) >= 0).all()
    assert values.min() <= found[0]
    assert found[-1] <= values.max()


@given(st.lists(st.lists(st.integers(0, 200), max_size=300), min_size=1, max_size=6))
def test_counts_are_too_large_by_at_most_the_excess(parts: list[list[int]]) -> None:
    true = Counter(str(value) for part in parts for value in part)
    summaries = [most_frequent(Counter(map(str, part))) for part in parts]
    counts, excess = reduce(lambda one, other: merged_counts(*one, *other), summaries)
    assert len(counts) <= MAX_FREQUENT
    assert excess <= true.total() / (MAX_FREQUENT + 1)
    assert all(count - excess <= true[value] <= count for value, count in counts.items())
    assert all(count <= excess for value, count in true.items() if value not in counts)
    if len(true) <= MAX_FREQUENT and excess == 0:
        assert counts == true


@given(*[st.lists(st.sampled_from("abcdefgh"), max_size=60)] * 3)
def test_few_values_are_counted_exactly_in_any_order(one: list[str], other: list[str], third: list[str]) -> None:
    a, b, c = (most_frequent(Counter(part)) for part in (one, other, third))
    assert merged_counts(*merged_counts(*a, *b), *c) == merged_counts(*a, *merged_counts(*b, *c))
    assert merged_counts(*a, *b) == merged_counts(*b, *a)


def test_merged_columns_with_many_values_list_none() -> None:
    parts = [[f"{shard} {row % 40}" for row in range(1000)] for shard in range(30)]
    few, many = whole(parts[:2]), whole(parts)
    assert few.frequent is not None
    assert sum(few.frequent.values()) - few.excess * len(few.frequent) <= 2000
    assert many.frequent is None
    assert many.kind is ColumnKind.CATEGORY
    assert not [*few.flaws(), *many.flaws()]


def test_a_column_without_values_fits_every_kind_and_integers_fit_numbers() -> None:
    words = ["a", "b", "a", "b"]
    empty = table([None, None])
    assert same(merged(empty, table(words)), merged(table(words), empty))
    assert merged(table(words), empty).columns[0].frequent == {"a": 2, "b": 2}
    both = whole([np.array([1, 2, 2]), np.array([1.0, 2.5])])
    assert both.kind is ColumnKind.NUMBER
    assert both.frequent == {"1": 2, "2": 2, "2.5": 1}
    assert both.distinct == 3


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(table([1.5]), version=2), "version 2 cannot be merged by version 1"),
        (table(["a", "b", "a"]), "x is category in one table and number in the other"),
        (table_sketch(pl.DataFrame({"y": [1.5]}), "project"), "different columns: x, y"),
    ],
)
def test_what_cannot_be_merged_says_why(other: TableSketch, why: str) -> None:
    for pair in ((table([1.5]), other), (other, table([1.5]))):
        with pytest.raises(MergeError, match=why):
            merged(*pair)


def _floats(*values: float) -> Floats:
    return np.array(values)


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"missing": -1}, "counts are negative"),
        ({"missing": 10}, "more than the rows"),
        ({"rows": 2**60}, "counts are negative, or"),
        ({"weights": _floats(1, 3)}, "as many weights"),
        ({"means": np.arange(401.0), "weights": np.ones(401)}, "more than 400 centroids"),
        ({"means": _floats(0.5, 0.5, 9.5)}, "do not increase"),
        ({"means": _floats(0.5, float("nan"), 9.5)}, "not finite"),
        ({"means": _floats(0.4, 1.5, 9.5)}, "between the minimum"),
        ({"weights": _floats(1, 2.5, 2.5)}, "whole numbers"),
        ({"weights": _floats(1, 3, float("inf"))}, "whole numbers"),
        ({"weights": _floats(1, 3, 3)}, "hold 7 values where 6"),
        ({"weights": _floats(-1, 5, 2)}, "whole numbers"),
        ({"minimum": None}, "are missing"),
        ({"minimum": -float("inf")}, "between the minimum"),
        ({"mean": float("nan")}, "between the minimum"),
        ({"squares": -1.0}, "sum of squares"),
        ({"squares": float("nan")}, "sum of squares"),
        ({"means": _floats(), "weights": _floats()}, "statistics of no values"),
        ({"hashes": np.array([5, 1], dtype=np.uint64)}, "hashes are too many"),
        ({"hashes": np.arange(8, dtype=np.uint64)}, "hashes are too many"),
        ({"excess": -1}, "excess"),
        ({"frequent": {"a": 0}}, "out of range"),
        ({"frequent": {str(n): 1 for n in range(65)}}, "more than 64"),
        ({"frequent": {"a": 7, "b": 7}}, "more than the values"),
        ({"kind": ColumnKind.TEXT}, "not few-valued"),
    ],
)
def test_flaws_of_a_column(change: dict[str, Any], flaw: str) -> None:
    assert not list(SKETCH.flaws())
    assert any(flaw in each for each in replace(SKETCH, **change).flaws())


@pytest.mark.parametrize(
    ("sketch", "flaw"),
    [
        (TableSketch(0, 9, ()), "version"),
        (TableSketch(1, 9, (SKETCH, SKETCH)), "stands twice"),
        (TableSketch(1, 8, (SKETCH,)), "amount has 9 rows where the table has 8"),
        (TableSketch(1, 9, (SKETCH,) * 1001), "more than 1,000"),
        (TableSketch(1, 9, (replace(SKETCH, excess=-1),)), "amount: the excess"),
    ],
)
def test_flaws_of_a_table(sketch: TableSketch, flaw: str) -> None:
    assert any(flaw in each for each in sketch.flaws())
