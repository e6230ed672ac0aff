import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from gatebot.data.column_types import types_of
from gatebot.data.rows import Columns, Rows
from gatebot.data.table_file import write_table
from gatebot.worker import rows

CSV = "id,n,x,flag,word,none\n1,3,0.5,true,a,\n2,,1,False,,\n3,5,2.5,true,7,\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    return str(path)


def test_a_data_frame_has_the_types_that_pandas_infers(file: str) -> None:
    frame = rows.read(file, {})
    pd.testing.assert_frame_equal(frame, pd.read_csv(file))


def test_pinned_columns_keep_their_type_whatever_their_few_rows_look_like(file: str) -> None:
    frame = rows.read(file, {"id": "text", "n": "number", "gone": "text"})
    assert frame["id"].tolist() == ["1", "2", "3"]
    assert frame["n"].dtype == float


def test_without_pandas_rows_are_dicts_with_a_type_a_column(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert rows.read(file, {"word": "text"}) == [
        {"id": 1, "n": 3, "x": 0.5, "flag": True, "word": "a", "none": None},
        {"id": 2, "n": None, "x": 1.0, "flag": False, "word": None, "none": None},
        {"id": 3, "n": 5, "x": 2.5, "flag": True, "word": "7", "none": None},
    ]


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "2"], "", [1, 2]),
        (["1", "2"], "number", [1.0, 2.0]),
        (["1", "2"], "text", ["1", "2"]),
        (["1", "x"], "", ["1", "x"]),
        (["1e3", "nan"], "", [1000.0, pytest.approx(float("nan"), nan_ok=True)]),
    ],
)
def test_types_of_plain_columns(tmp_path: Path, cells: list[str], kind: str, expected: list[Any]) -> None:
    path = tmp_path / "one.csv"
    path.write_text("c\n" + "\n".join(cells) + "\n")
    assert [row["c"] for row in rows.plain(str(path), {"c": kind})] == expected


MOMENT = dt.datetime(2026, 3, 29, 0, 59, 59, 123456)
TYPED = pl.DataFrame(
    {
        "whole": [1, 2, 3],
        "large": [2**60 + 1, None, 3],
        "small": pl.Series([1, None, 3], dtype=pl.Int16),
        "x": [0.1, None, float("inf")],
        "flag": [True, False, True],
        "gapped": [True, None, False],
        "word": ["NA", None, "é\n\t"],
        "empty": ["", "a", "007"],
        "day": [dt.date(1969, 12, 31), None, dt.date(2026, 1, 1)],
        "at": pl.Series([MOMENT, None, MOMENT], dtype=pl.Datetime("us")),
        "zoned": pl.Series([MOMENT, None, MOMENT], dtype=pl.Datetime("ms")).dt.replace_time_zone("Europe/Berlin"),
        "kind": pl.Series(["a", None, "b"], dtype=pl.Categorical),
        "pair": [[1, 2], None, [3]],
    },
    strict=False,
)


@pytest.fixture
def table(tmp_path: Path) -> str:
    rows = Rows(TYPED, Columns(), typed=True, files={})
    write_table(TYPED, types_of(rows, ()), tmp_path / "a.rows", none=True)
    return str(tmp_path / "a.rows")


def test_a_data_frame_keeps_types_digits_and_words(table: str) -> None:
    frame = rows.read(table, {})
    gone = {name: frame[name].isna().tolist() for name in TYPED.columns}
    assert gone == {name: TYPED[name].is_null().to_list() for name in TYPED.columns}
    assert {name: str(dtype) for name, dtype in frame.dtypes.items() if name in ("whole", "large", "small", "x")} == {
        "whole": "int64",
        "large": "Int64",
        "small": "float64",
        "x": "float64",
    }
    assert frame["large"].dropna().tolist() == [2**60 + 1, 3]
    assert frame["flag"].dtype == bool
    assert frame["gapped"].tolist() == [True, None, False]
    assert frame["word"].dropna().tolist() == ["NA", "é\n\t"]
    assert frame["empty"].tolist() == ["", "a", "007"]
    assert frame["day"].tolist()[0] == dt.date(1969, 12, 31)
    assert frame["at"][0].to_pydatetime() == MOMENT
    assert str(frame["zoned"].dtype) == "datetime64[ms, Europe/Berlin]"
    assert frame["zoned"][0].isoformat() == "2026-03-29T00:59:59.123000+01:00"
    assert frame["kind"].cat.categories.tolist() == ["a", "b"]
    assert frame["pair"].dropna().tolist() == ['{"pair":[1,2]}', '{"pair":[3]}']  # as text: nothing here reads Parquet


def test_what_only_parquet_holds_is_read_from_it(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def engine(path: str) -> pd.DataFrame:
        read.append(path)
        return pd.DataFrame(pl.read_parquet(path).to_dict(as_series=False))

    monkeypatch.setattr(pd, "read_parquet", engine)
    frame = rows.read(table, {})
    assert read == [table.replace(".rows", ".parquet")]
    assert frame["pair"].tolist() == [[1, 2], None, [3]]
    assert list(frame.columns) == TYPED.columns


def test_without_pandas_a_table_is_dicts(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    first, second, third = rows.read(table, {})
    assert second == {
        **dict.fromkeys(TYPED.columns), "whole": 2, "flag": False, "empty": "a",
    }  # fmt: skip
    assert first["large"] == 2**60 + 1
    assert (first["at"], first["day"], third["word"]) == (MOMENT, dt.date(1969, 12, 31), "é\n\t")
    assert first["zoned"] == dt.datetime(2026, 3, 28, 23, 59, 59, 123000, tzinfo=dt.UTC)
    assert first["pair"] == '{"pair":[1,2]}'


def test_written_columns_keep_every_digit_and_every_character(tmp_path: Path) -> None:
    path = str(tmp_path / "out.csv")
    rows.write(path, {"prediction": ["a,b", 'q"', "line\nbreak", None], "score_é": [0.1 + 0.2, 1.0, float("nan")]})
    back = rows.plain(path, {})
    assert [row["prediction"] for row in back] == ["a,b", 'q"', "line\nbreak", "nan"]
    assert back[0]["score_é"] == 0.1 + 0.2
