"""Columns that are profiled together have the profiles that they have one by one."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data import many_columns
from gatebot.data.columns import column_profile
from gatebot.data.many_columns import column_profiles

WORDS = (
    *(
        "",
        " ",
        "nan",
        "NaN",
        "+nan",
        "<NA>",
        "NA",
        "null",
        "inf",
        "-inf",
        "1e999",
        "-0",
        "0",
        "-0.0",
        "0.0",
        "1",
        " 1",
        "2 ",
    ),
    *("1.0", "1.5", "1e3", "007", "+05", "-12", "9223372036854775808", "true", "False", "TRUE", "red", "Red", "blå"),
    *("2026-01-31", "2026-02-01 10:00", "31.01.2026", "20260131", "two words", "é" * 40, "1,5", "0x1F", "1_000"),
)


def profiled_one_by_one(frame: pl.DataFrame) -> list[str]:
    return [repr(column_profile(values)) for values in frame.get_columns()]


@st.composite
def text_columns(draw: st.DrawFn) -> pl.DataFrame:
    """Columns of a few words each: mostly of one kind, now and then of several."""
    height = draw(st.integers(1, 120))
    columns = {}
    for at in range(draw(st.integers(1, 6))):
        words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5) | st.lists(_numbers(), min_size=1))
        drawn = draw(st.lists(st.sampled_from([*words, None]), min_size=height, max_size=height))
        columns[f"c{at}"] = pl.Series(drawn, dtype=pl.String)
    return pl.DataFrame(columns)


def _numbers() -> st.SearchStrategy[str]:
    return st.floats(-1e9, 1e9, width=32).map(repr) | st.integers(-(10**20), 10**20).map(str)


@given(text_columns())
def test_text_columns(frame: pl.DataFrame) -> None:
    assert list(map(repr, column_profiles(frame))) == profiled_one_by_one(frame)


@st.composite
def typed_columns(draw: st.DrawFn) -> pl.DataFrame:
    height = draw(st.integers(1, 120))
    columns = {}
    floats = st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf"), -1.5]) | st.floats(-1e9, 1e9, width=32)
    for at in range(draw(st.integers(1, 4))):
        dtype = draw(st.sampled_from([pl.Float64, pl.Float32, pl.Int64, pl.UInt8, pl.Int32, pl.Boolean, pl.String]))
        values: st.SearchStrategy[object] = {
            pl.Boolean: st.booleans(),
            pl.String: st.sampled_from(WORDS),
            pl.UInt8: st.integers(0, 255),
            pl.Int32: st.integers(-9, 9),
            pl.Int64: st.integers(-(2**63), 2**63 - 1) | st.integers(0, 200),
        }.get(dtype, floats)
        columns[f"c{at}"] = pl.Series(draw(st.lists(values | st.none(), min_size=height, max_size=height)), dtype=dtype)
    return pl.DataFrame(columns)


@given(typed_columns())
def test_typed_columns(frame: pl.DataFrame) -> None:
    assert list(map(repr, column_profiles(frame))) == profiled_one_by_one(frame)


@pytest.mark.parametrize("cells", [1, 700, many_columns.CELLS], ids=["a column at a time", "two at a time", "together"])
def test_blocks_of_any_size_and_every_kind_of_column(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_columns, "CELLS", cells)
    rng, n = np.random.default_rng(1), 300
    numbers = rng.normal(size=n)
    columns: dict[str, Sequence[str | None]] = {
        "number": [f"{value:.3f}" for value in numbers],
        "number with gaps": [f"{value:.3f}" if at % 7 else None for at, value in enumerate(numbers)],
        "integer": [str(value) for value in rng.integers(0, 1000, n)],
        "few": [str(value) for value in rng.integers(0, 3, n)],
        "code": [f"{value:05d}" for value in rng.integers(0, 1000, n)],
        "category": [str(value) for value in rng.choice(["a", "b", "NA"], n)],
        "flag": ["true", "false", ""] * (n // 3),
        "text": [f"word {value} of many" for value in rng.integers(0, 10**6, n)],
        "day": [f"2026-01-{value:02d}" for value in rng.integers(1, 28, n)],
        "dirty": ["x" if at == 9 else f"{value:.3f}" for at, value in enumerate(numbers)],
        "empty": [None] * n,
    }
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    found = column_profiles(frame)
    assert list(map(repr, found)) == profiled_one_by_one(frame)
    kinds = {each.name: each.kind for each in found}
    assert kinds == {
        "number": "number",
        "number with gaps": "number",
        "integer": "integer",
        "few": "integer",
        "code": "text",
        "category": "category",
        "flag": "boolean",
        "text": "text",
        "day": "time",
        "dirty": "number",
        "empty": "empty",
    }


def test_tables_without_rows_or_with_many_are_profiled_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"a": ["1", "2"], "b": ["x", "y"]})
    assert list(map(repr, column_profiles(frame.head(0)))) == profiled_one_by_one(frame.head(0))
    monkeypatch.setattr(many_columns, "SHORT", 1)
    assert list(map(repr, column_profiles(frame))) == profiled_one_by_one(frame)
