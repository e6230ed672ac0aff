"""What a column is, told from all of its values."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from gatebot.data.columns import column_profile

DAYS = [f"2026-01-{day:02d}" for day in range(1, 29)]


@pytest.mark.parametrize(
    ("values", "kind", "facts"),
    [
        ([None, "", " "], "empty", {"missing": 3, "distinct": 0}),
        (["nan", "<NA>", "nan", ""], "category", {"missing": 1, "distinct": 2}),
        (["nan", "1", ""], "integer", {"missing": 2, "distinct": 1}),
        (["12345678901234567890", "1"], "text", {}),
        (["9223372036854775807", "1"], "integer", {}),
        (["+4915112345678", "+4915112345679"], "text", {}),
        (
            ["1", "2", "2", None],
            "integer",
            {"missing": 1, "distinct": 2, "minimum": 1.0, "maximum": 2.0, "mean": 5 / 3},
        ),
        (["1", "2.5", "NA", "null"], "number", {"missing": 2, "distinct": 2, "mean": 1.75}),
        (["1.0", "2.0"], "number", {"minimum": 1.0}),
        (["1e3", "-2", "inf", "5"], "number", {"not_finite": 1, "maximum": 1000.0}),
        ([*[str(place) for place in range(99)], "oops"], "integer", {"unparsed": 1, "missing": 0}),
        ([" 1 ", "2"], "integer", {"unparsed": 0}),
        (["True", "false", None], "boolean", {"top": {"True": 1, "false": 1}}),
        (["007", "012", "100"], "text", {}),
        (["007", "007", "100"], "category", {"top": {"007": 2, "100": 1}}),
        (["a", "b", "a", "NA"], "category", {"top": {"a": 2, "NA": 1, "b": 1}, "missing": 0}),
        (DAYS, "time", {"minimum": "2026-01-01T00:00:00.000000", "maximum": "2026-01-28T00:00:00.000000"}),
        ([*DAYS, "soon"], "time", {"unparsed": 1}),
        (["0001-01-01T00:00:00+02:00", "2026-01-01T00:00:00Z"], "time", {"minimum": "0000-12-31T22:00:00.000000"}),
        (["31.12.2026", "01.01.2026"], "time", {"maximum": "2026-12-31T00:00:00.000000"}),
        (["12/31/2026", "1/2/2026"], "time", {"maximum": "2026-12-31T00:00:00.000000"}),
        (["2026-01-01T10:00:00Z", "2026-01-01T10:00:00+02:00"], "time", {"minimum": "2026-01-01T08:00:00.000000"}),
        (["2026-01-01 10:00", "2026-01-01 10:00:00.5"], "time", {"maximum": "2026-01-01T10:00:00.500000"}),
        (["word", "another", "third one"], "text", {"minimum": 4.0, "maximum": 9.0, "top": {}}),
        ([f"name {place % 60}" for place in range(1000)], "category", {"distinct": 60}),
        ([1, 2, None], "integer", {"missing": 1, "std": 0.5**0.5}),
        ([1.5, float("nan"), float("inf"), None], "number", {"missing": 2, "not_finite": 1, "mean": 1.5, "std": 0.0}),
        ([True, False], "boolean", {}),
        ([dt.date(2026, 1, 1), dt.date(2026, 2, 1)], "time", {"minimum": "2026-01-01T00:00:00"}),
        ([dt.datetime(2026, 1, 1, 12)], "time", {}),
        ([[1, 2], [3]], "text", {}),
    ],
)
def test_the_kind_of_a_column_and_its_numbers(values: list[Any], kind: str, facts: dict[str, Any]) -> None:
    profile = column_profile(pl.Series("x", values, strict=False) if values != [None] else pl.Series("x", values))
    assert profile.kind == kind
    assert profile.rows == len(values)
    for name, value in facts.items():
        found = getattr(profile, name)
        if name in ("minimum", "maximum") and isinstance(value, str):
            assert found[:10] == value[:10]
            assert found[11:19] == value[11:19]
        else:
            assert found == pytest.approx(value) if isinstance(value, float) else found == value


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).normal(size=500)
    profile = column_profile(pl.Series("x", [str(value) for value in values]))
    levels = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
    assert profile.quantiles == pytest.approx(np.quantile(values, levels).tolist())


def test_the_most_frequent_values_are_at_most_fifty() -> None:
    values = [f"v{place}" for place in range(100) for _ in range(place + 1)]
    top = column_profile(pl.Series("x", values)).top
    assert len(top) == 50
    assert next(iter(top.items())) == ("v99", 100)
