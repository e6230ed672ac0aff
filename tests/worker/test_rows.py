import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gatebot.worker import rows

CSV = "id,n,x,flag,word,none\n1,3,0.5,true,a,\n2,,1,False,,\n3,5,2.5,true,7,\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    return str(path)


def test_a_data_frame_has_the_types_that_pandas_infers(file: str) -> None:
    frame = rows.read(file, file, {})
    pd.testing.assert_frame_equal(frame, pd.read_csv(file))


def test_pinned_columns_keep_their_type_whatever_their_few_rows_look_like(file: str) -> None:
    frame = rows.read(file, file, {"id": "text", "n": "number", "gone": "text"})
    assert frame["id"].tolist() == ["1", "2", "3"]
    assert frame["n"].dtype == float


def test_without_pandas_rows_are_dicts_with_a_type_a_column(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert rows.read(file, file, {"word": "text"}) == [
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


def test_parquet_falls_back_to_csv_where_nothing_reads_it(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_: str) -> pd.DataFrame:
        raise ImportError("no engine")

    monkeypatch.setattr(pd, "read_parquet", unreadable)
    assert len(rows.read("rows.parquet", file, {})) == 3


def test_written_columns_keep_every_digit_and_every_character(tmp_path: Path) -> None:
    path = str(tmp_path / "out.csv")
    rows.write(path, {"prediction": ["a,b", 'q"', "line\nbreak", None], "score_é": [0.1 + 0.2, 1.0, float("nan")]})
    back = rows.plain(path, {})
    assert [row["prediction"] for row in back] == ["a,b", 'q"', "line\nbreak", "nan"]
    assert back[0]["score_é"] == 0.1 + 0.2
