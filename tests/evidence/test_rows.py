"""Spellings of the eval rows that show whether answers are looked up."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.evidence.predictions import ExchangedRows, NearCopies


@settings(max_examples=20)
@given(st.integers(2, 200), st.integers(0, 9))
def test_every_row_gets_the_features_of_another_one(count: int, seed: int) -> None:
    rows = ExchangedRows(seed)
    sources = rows.sources(count)
    assert sorted(sources) == list(range(count))
    assert (sources != np.arange(count)).all()
    frame = pl.DataFrame({"a": range(count), "b": range(count)})
    assert rows.change(frame)["a"].to_list() == rows.change(frame)["b"].to_list() == sources.tolist()


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_rows_to_exchange_stay(count: int) -> None:
    frame = pl.DataFrame({"a": list(range(count))}, schema={"a": pl.Int64})
    assert ExchangedRows().change(frame).equals(frame)


@settings(max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=20, max_size=60, unique=True), st.integers(0, 9))
def test_measurements_move_by_little_and_by_something(numbers: list[float], seed: int) -> None:
    values = np.round(numbers, 4)
    for series in (pl.Series("x", values), pl.Series("x", [str(value) for value in values])):
        moved = NearCopies(seed=seed).change(series.to_frame())["x"]
        distance = np.abs(moved.cast(pl.Float64).to_numpy() - values)
        most = 3.01 * max(1e-4, 3e-5 * float(values.std())) + 1e-9 * np.abs(values).max()
        assert moved.dtype == series.dtype
        assert (distance <= most).all()
        measured = len(np.unique(values)) >= len(values) / 2 and not (values == np.round(values)).all()
        assert (distance > 0).any() == measured


@pytest.mark.parametrize(
    "values",
    [
        [str(n) for n in range(100)],  # whole numbers may be codes
        ["0.5", "1.5"] * 50,  # so may numbers that repeat
        ["red", "green"] * 50,
        [f"key{n}" for n in range(100)],
        ["2026-11-20"] * 100,
        [None] * 100,
        [],
    ],
)
@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_codes_keys_and_short_texts_stay(values: list[str | None], strength: float) -> None:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.String)})
    assert NearCopies(strength).change(frame).equals(frame)


def test_what_is_no_number_stays_beside_numbers() -> None:
    texts = [f"{n / 7:.3f}" for n in range(50)] + ["", "n/a", "inf"]
    moved = NearCopies().change(pl.DataFrame({"x": texts}))["x"].to_list()
    assert moved[50:] == ["", "n/a", "inf"]
    assert all(one != other for one, other in zip(texts[:50], moved[:50], strict=True))
    assert all(len(each.partition(".")[2]) <= 3 for each in moved[:50])


def test_a_space_of_long_texts_is_doubled() -> None:
    texts = [f"the ticket number {n} was closed too early" for n in range(30)]
    plain, typed = (NearCopies(strength).change(pl.DataFrame({"x": texts}))["x"].to_list() for strength in (0.0, 0.1))
    assert all(one != other and one.split() == other.split() for one, other in zip(texts, plain, strict=True))
    assert sum(one.split() != other.split() for one, other in zip(texts, typed, strict=True)) > 20
