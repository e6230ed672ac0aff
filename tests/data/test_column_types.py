"""Types of columns: decided once, from base, and followed by head where its values fit."""

from collections.abc import Sequence

import polars as pl
import pytest

from gatebot.data.column_types import converted, refitted, types_of
from gatebot.data.many_columns import column_profiles
from gatebot.data.rows import Columns, Rows
from gatebot.errors import UsageError

Cells = Sequence[str | None]


def rows(cells: Cells) -> Rows:
    return Rows(pl.DataFrame({"c": cells}, schema={"c": pl.String}), Columns(), typed=False, files={})


def type_of(cells: Cells, base: Cells | None = None, declared: str | None = None, given: str | None = None) -> str:
    mine = Rows(rows(cells).frame, Columns(), typed=False, files={}, given={"c": given} if given else {})
    known = () if base is None else column_profiles(rows(base).frame)
    return types_of(mine, column_profiles(mine.frame), known, {"c": declared} if declared else None)["c"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2"], "int64"),
        (["1", "", None], "float64"),
        (["9007199254740993", "1"], "int64"),
        (["9007199254740993", None], "Int64"),
        (["9223372036854775807", "1"], "int64"),
        (["-9223372036854775808", "1"], "int64"),
        (["-9223372036854775809", "1"], "text"),
        (["9223372036854775808", "1"], "text"),
        (["12345678901234567890123", "1"], "text"),
        (["1.5", "NA", "null", "None", "n/a"], "float64"),
        (["1e30", "2"], "float64"),
        (["007", "123"], "text"),
        (["+4915112345678", "+4915112345679"], "text"),
        (["1", "x"], "text"),
        (["NA", "None", "null", "nan", "N/A"], "text"),
        (["nan", "nan"], "text"),
        (["true", "False"], "bool"),
        (["true", None], "bool?"),
        (["true", "yes"], "text"),
        (["2026-01-01", "2026-01-02T10:00:00+02:00"], "text"),
        ([None, ""], "float64"),
    ],
)
def test_the_type_of_base(cells: Cells, kind: str) -> None:
    assert type_of(cells) == kind


@pytest.mark.parametrize(
    ("cells", "base", "kind"),
    [
        (["1", "2"], ["1.5", "2"], "float64"),
        (["1", "2"], ["007", "2"], "text"),
        (["1", "2"], ["1", ""], "float64"),
        (["1", "2"], ["9007199254740993", ""], "Int64"),
        (["1", ""], ["9007199254740993", ""], "Int64"),
        (["9007199254740993", ""], ["1", ""], "Int64"),
        (["1", ""], ["1", "2"], "float64"),
        (["1.5", "2"], ["1", "2"], "float64"),
        (["1", "x"], ["1", "2"], "text"),
        (["007", "2"], ["1", "2"], "text"),
        (["true", "false"], ["true", ""], "bool?"),
        (["true", ""], ["true", "false"], "bool?"),
        (["1", "2"], ["true", "false"], "int64"),
        (["", None], ["1", ""], "float64"),
    ],
)
def test_head_follows_base_where_its_values_fit(cells: Cells, base: Cells, kind: str) -> None:
    assert type_of(cells, base) == kind


@pytest.mark.parametrize(
    ("cells", "declared", "kind"),
    [
        (["1", "2"], "text", "text"),
        (["1", ""], "integer", "Int64"),
        (["1", "2"], "number", "float64"),
        (["true", ""], "boolean", "bool?"),
        (["1", "NA"], "number", "float64"),
    ],
)
def test_a_declared_type_counts(cells: Cells, declared: str, kind: str) -> None:
    assert type_of(cells, declared=declared) == kind


@pytest.mark.parametrize(("cells", "declared"), [(["1", "1.5"], "integer"), (["1", "x"], "number"), (["1"], "boolean")])
def test_a_value_that_does_not_fit_its_declared_type_is_an_error(cells: Cells, declared: str) -> None:
    with pytest.raises(UsageError, match=rf"`c` is declared as {declared} \(data.types\), but row {len(cells)} holds"):
        type_of(cells, declared=declared)


def test_the_types_that_json_gives_count() -> None:
    assert type_of(["1", "2"], given="text") == "text"
    assert type_of(["1", "2"], base=["1", "2"], given="text") == "text"
    assert type_of(["1", "2"], base=["1", "2"], given="float64") == "float64"


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (["1", None], "int64", "float64"),
        (["1.5"], "int64", "float64"),
        (["gatebot"], "float64", "text"),
        (["NA"], "float64", "float64"),
        (["1e308"], "bool", "float64"),
        (["1e308"], "text", "text"),
        ([None], "bool", "float64"),
        ([None], "bool?", "bool?"),
    ],
)
def test_changed_rows_keep_their_types_where_they_fit(before: Cells, kind: str, after: str) -> None:
    frame = rows(before).frame
    assert refitted(frame, converted(frame, {"c": kind}), {"c": kind})["c"] == after
