"""What user code gets is what stands in the file, cell by cell, whatever the format."""

import gzip
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebot.collect.rows_files import Asked, RowsFiles
from gatebot.data.column_types import types_of
from gatebot.data.identity import spelled_frame
from gatebot.data.many_columns import column_profiles
from gatebot.data.read import read
from gatebot.data.rows import Rows
from gatebot.data.source import Source
from gatebot.worker import rows as worker
from tests.data.test_read import zipped, zstd

Table = dict[str, list[Any]]

WORDS = ["NA", "None", "null", "nan", "N/A", "a", 'q"', "x,y", "x;y", "é", "line\nbreak", " b ", "yes", "a\tb"]
CODES = ["007", "0123", "00000", "+491511234567"]
COLUMNS = {
    "word": st.sampled_from(WORDS)
    | st.text(st.characters(codec="utf-8", exclude_characters="\r\x00")).map("w".__add__),
    "code": st.sampled_from(CODES),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(-1e100, 1e100) | st.just(0.1),
    "flag": st.booleans(),
    "day": st.dates().map(str),
    "moment": st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}+02:00"),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A column of every kind, each with or without gaps; no row is empty."""
    height = draw(st.integers(1, 8))
    table: Table = {"row": [f"r{at}" for at in range(height)]}
    for name, values in COLUMNS.items():
        cells = values if draw(st.booleans()) else values | st.none()
        table[name] = draw(st.lists(cells, min_size=height, max_size=height))
    return table


def delimited(table: Table, separator: str = ",") -> bytes:
    texts = {name: [_text(value) for value in values] for name, values in table.items()}
    return pl.DataFrame(texts, schema=dict.fromkeys(table, pl.String)).write_csv(separator=separator).encode()


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def json_lines(table: Table) -> bytes:
    return "\n".join(
        json.dumps(dict(zip(table, row, strict=True))) for row in zip(*table.values(), strict=True)
    ).encode()


def parquet(table: Table) -> bytes:
    out = io.BytesIO()
    kinds = {"whole": pl.Int64, "number": pl.Float64, "flag": pl.Boolean}
    pl.DataFrame(table, schema={name: kinds.get(name, pl.String) for name in table}).write_parquet(out)
    return out.getvalue()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "t.csv": delimited,
    "t.tsv": lambda table: delimited(table, "\t"),
    "t.jsonl": json_lines,
    "t.parquet": parquet,
    "t.csv.gz": lambda table: gzip.compress(delimited(table)),
    "t.csv.zst": lambda table: zstd(delimited(table)),
    "t.csv.zip": lambda table: zipped({"t.csv": delimited(table)}),
    "t.jsonl.gz": lambda table: gzip.compress(json_lines(table)),
}


def crossed(rows: Rows, folder: Path) -> tuple[Any, list[dict[str, Any]]]:
    """The rows as user code sees them: with pandas, and without."""
    types = types_of(rows, column_profiles(rows.frame, {name for name, kind in rows.given.items() if kind == "text"}))
    files = RowsFiles(rows, folder, types)
    index = pl.arange(len(rows), eager=True).to_numpy()
    table = files.file(Asked(rows, index, labelled=True, shuffle=None, change=None), "").table
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pandas", None)
        plain = worker.read(str(table), {})
    return worker.read(str(table), {}), plain


def unnumpied(value: Any) -> Any:
    """A value of a data frame as Python has it."""
    if isinstance(value, np.generic):
        plain: Any = value.item()
        return plain
    return value


def same(seen: Any, wrote: Any) -> bool:
    """Whether user code sees the value that was written, of the same type."""
    if wrote is None:
        return bool(pd.isna(seen))
    if isinstance(wrote, float):
        return isinstance(seen, float) and math.isclose(seen, wrote, rel_tol=0, abs_tol=0)
    return bool(seen == wrote) and isinstance(seen, bool) == isinstance(wrote, bool)


@pytest.mark.parametrize("name", FORMATS)
@given(table=tables())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_cell_crosses_the_wall_as_it_stands(
    tmp_path_factory: pytest.TempPathFactory, name: str, table: Table
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    (folder / name).write_bytes(FORMATS[name](table))
    rows = read(Source(folder, (name,)))
    judged = spelled_frame(rows.frame)
    frame, plain = crossed(rows, folder / "out")
    for column, values in table.items():
        whole = column == "whole" and any(value is None for value in values)
        for at, value in enumerate(values):
            seen = unnumpied(frame[column].iloc[at])
            wrote = float(value) if whole and isinstance(seen, float) and value is not None else value
            assert same(seen, wrote), (column, at, seen, value)
            if whole and value is not None:
                assert int(seen) == value, "a digit is lost"
            assert same(plain[at][column], wrote), (column, at, plain[at][column], value)
            if column != "number":
                assert judged[column][at] == (_text(value) or ""), "the judge sees another value"


def test_rows_that_are_changed_keep_their_types(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("code,n,word\n007,1,NA\n008,2,b\n")
    rows = read(Source(tmp_path, ("t.csv",)))
    files = RowsFiles(rows, tmp_path / "out", types_of(rows, column_profiles(rows.frame)))
    index = pl.arange(2, eager=True).to_numpy()
    change = lambda frame: frame.with_columns(pl.Series("n", ["1.5", "x"]))  # noqa: E731
    frame = worker.read(str(files.file(Asked(rows, index, labelled=False, shuffle=None, change=change), "").table), {})
    assert frame.to_dict("list") == {"code": ["007", "008"], "n": ["1.5", "x"], "word": ["NA", "b"]}


def test_only_the_files_that_are_asked_for_are_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    rows = read(Source(tmp_path, ("t.csv",)))
    files = RowsFiles(rows, tmp_path / "out", types_of(rows, column_profiles(rows.frame)))
    file = files.file(Asked(rows, pl.arange(1, eager=True).to_numpy(), labelled=True, shuffle=None, change=None), "")
    assert not (tmp_path / "out").exists()
    assert file.table == file.table
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".rows"]
    assert file.path.read_text() == "a,b\n1,2\n"
