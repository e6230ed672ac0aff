"""What a sketch tells of a column, and what it does not store."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from gatebot.data import columns
from gatebot.data.columns import column_profile
from gatebot.data.sketch import column_sketch, table_sketch
from gatebot.evidence.column_sketches.value import FEW
from tests.evidence.evidence import same

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()
COLUMNS: list[tuple[list[Any], str, dict[str, Any]]] = [
    ([None, "", " "], "empty", {"missing": 3, "distinct": 0, "frequent": {}}),
    (["1", "2", "2", None], "integer", {"missing": 1, "frequent": {"2": 2, "1": 1}, "mean": 5 / 3}),
    (["1", "2.5", "NA", "null"], "number", {"missing": 2, "distinct": 2, "mean": 1.75}),
    (["1.0", "1.00", "2.5"], "number", {"distinct": 2, "frequent": {"1": 2, "2.5": 1}}),
    (["1e3", "-2", "inf", "5"], "number", {"not_finite": 1, "maximum": 1000.0, "measured": 3}),
    (["1e150", "-2"], "number", {"not_finite": 1, "maximum": -2.0}),
    ([*[str(place) for place in range(99)], "oops"], "integer", {"unparsed": 1, "missing": 0, "frequent": None}),
    ([" 1 ", "2"], "integer", {"unparsed": 0, "maximum": 2.0}),
    (["True", "false", "true", None], "boolean", {"frequent": {"true": 2, "false": 1}, "measured": 0}),
    (["007", "007", "100"], "category", {"frequent": {"007": 2, "100": 1}, "minimum": None}),
    (["word", "another", "third one"], "text", {"minimum": 4.0, "maximum": 9.0, "frequent": None, "distinct": 3}),
    (["2026-01-01", "2026-01-02", "soon", *["2026-01-02"] * 30], "time", {"unparsed": 1, "minimum": NEW_YEAR}),
    (["2026-01-01T00:00:00+00:00", "2026-01-01T02:00:00+02:00"], "time", {"distinct": 1, "maximum": NEW_YEAR}),
    ([1, 2, None], "integer", {"missing": 1, "std": 0.5**0.5}),
    ([0.0, -0.0, float("nan"), float("inf"), None], "number", {"missing": 2, "not_finite": 1, "distinct": 2}),
    ([True, False], "boolean", {"frequent": {"false": 1, "true": 1}}),
    ([dt.date(2026, 1, 1), None], "time", {"minimum": NEW_YEAR, "missing": 1}),
    ([dt.datetime(2026, 1, 1, 0, 0, 0, 500_000)], "time", {"maximum": NEW_YEAR + 0.5}),
    ([dt.time(1, 0)], "time", {"maximum": 3600.0}),
    ([dt.timedelta(minutes=2)], "time", {"maximum": 120.0}),
    ([[1, 2], [3]], "text", {"frequent": None}),
]


@pytest.mark.parametrize(("values", "kind", "facts"), COLUMNS)
def test_a_column_in_figures(values: list[Any], kind: str, facts: dict[str, Any]) -> None:
    series = pl.Series("x", values, strict=False)
    sketch, profile = column_sketch(series, "project"), column_profile(series)
    assert not list(sketch.flaws())
    assert sketch.kind == kind == profile.kind
    assert (sketch.rows, sketch.missing, sketch.unparsed) == (profile.rows, profile.missing, profile.unparsed)
    assert bool(sketch.frequent) == bool(profile.top)
    for name, value in facts.items():
        found = getattr(sketch, name)
        assert found == (pytest.approx(value) if isinstance(value, float) else value), name


def test_text_and_typed_columns_give_the_same_values() -> None:
    for values in ([1, 2, 3, 3], [0.5, 1.0, -7.25, 1.0], [True, False, True, True]):
        typed = column_sketch(pl.Series("x", values), "project")
        texts = column_sketch(pl.Series("x", [str(value) for value in values]), "project")
        assert same(typed.hashes, texts.hashes)
        assert typed.frequent == texts.frequent


@pytest.mark.parametrize(
    "values",
    [
        [f"person {place}" for place in range(3000)],
        [f"person {place % 1001}" for place in range(20_000)],
        np.arange(51),
        np.linspace(0, 1, 51),
        [f"2026-01-{place % 28 + 1:02d}" for place in range(100)],
    ],
)
def test_values_of_columns_that_are_not_few_valued_are_not_stored(values: Any) -> None:
    sketch = column_sketch(pl.Series("x", values), "project")
    assert sketch.frequent is None
    assert sketch.distinct > 20


def test_few_valued_is_what_the_profile_takes_for_it() -> None:
    limits = {kind.value: most for kind, most in FEW.items()}
    assert (limits["number"], limits["integer"], limits["category"]) == (columns.TOP, columns.TOP, columns.CATEGORIES)


def test_hashes_differ_between_projects_and_not_between_columns() -> None:
    frame = pl.DataFrame({"x": ["a", "b", "a"], "y": ["b", "a", "b"]})
    one, other = table_sketch(frame, "one"), table_sketch(frame, "other")
    assert [column.name for column in one.columns] == ["x", "y"]
    assert same(one.columns[0].hashes, one.columns[1].hashes)
    assert not np.intersect1d(one.columns[0].hashes, other.columns[0].hashes).size


def test_tables_without_rows_or_columns_are_sketched() -> None:
    assert table_sketch(pl.DataFrame({"x": []}), "project").columns[0].rows == 0
    assert table_sketch(pl.DataFrame(), "project").columns == ()
