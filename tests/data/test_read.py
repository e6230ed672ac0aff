"""Every way data can lie there, and every way it can be wrong: one sentence with the file, the line and the fix."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from gatebot.data.digest import bytes_digest
from gatebot.data.read import read
from gatebot.data.rows import Columns, Rows
from gatebot.data.source import Source
from gatebot.errors import UsageError

FRAME = pl.DataFrame({"id": ["1", "2", "3"], "x": ["1.50", "n/a", "é,\n"], "y": ["a", "b", None]})
CSV = 'id,x,y\n1,1.50,a\n2,n/a,b\n3,"é,\n",\n'.encode()
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in FRAME.to_dicts())


def zstd(data: bytes) -> bytes:
    """Packed by polars: Python 3.11 cannot."""
    out = io.BytesIO()
    header, *lines = data.decode().split("\n")
    frame = pl.DataFrame({header: lines[:-1]})
    frame.lazy().sink_csv(out, compression="zstd", quote_style="never", separator="\x01")
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def read_bytes(folder: Path, name: str, data: bytes, columns: Columns | None = None) -> Rows:
    (folder / name).write_bytes(data)
    return read(Source(folder, (name,)), columns)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV),
        ("t.csv", b"\xef\xbb\xbf" + CSV),
        ("t.csv", CSV.replace(b"\n1", b"\r\n1").replace(b"\n2", b"\r\n2")),
        ("t.csv", b"\n" + CSV + b"\n\n"),
        ("t.data", CSV),
        ("t.tsv", CSV.replace(b",", b"\t").replace(b"\xa9\t", b"\xa9,")),
        ("t.txt", b'id;x;y\n1;1.50;a\n2;n/a;b\n3;"\xc3\xa9,\n";\n'),
        ("t.csv.gz", gzip.compress(CSV)),
        ("t.csv", gzip.compress(CSV[:20]) + gzip.compress(CSV[20:])),
        ("t.csv.bz2", bz2.compress(CSV)),
        ("t.csv.xz", lzma.compress(CSV)),
        ("t.csv.zst", zstd(CSV)),
        ("t.csv.zip", zipped({"t.csv": CSV, "__MACOSX/t.csv": b"", "folder/": b""})),
        ("t.zip", zipped({"t.jsonl": LINES})),
        ("t.csv", CSV.decode().encode("utf-16")),
        ("t.csv", CSV.decode().encode("cp1252")),
        ("t.jsonl", LINES),
        ("t.ndjson.gz", gzip.compress(LINES)),
        ("t", LINES),
        ("t.json", json.dumps(FRAME.to_dicts()).encode()),
        ("t.json", json.dumps(FRAME.to_dicts(), indent=1).encode()),
    ],
)
def test_every_text_format_gives_the_same_text(tmp_path: Path, name: str, data: bytes) -> None:
    rows = read_bytes(tmp_path, name, data)
    assert rows.frame.to_dicts() == FRAME.to_dicts()
    assert not rows.typed
    assert rows.files == {name: bytes_digest(data)}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"i": [1, None], "f": [1.5, float("nan")], "b": [True, False], "l": [[1], []]})
    frame.write_parquet(tmp_path / "t.parquet")
    rows = read(Source(tmp_path, ("t.parquet",)))
    assert rows.typed
    assert rows.frame.schema == frame.schema


def test_json_values_become_the_text_a_csv_file_would_hold(tmp_path: Path) -> None:
    data = b'{"a": 1, "b": true, "c": 1.5}\n\n{"a": "x", "d": {"e": [1, 2]}, "b": null}\n'
    assert read_bytes(tmp_path, "t.jsonl", data).frame.rows() == [
        ("1", "true", "1.5", None),
        ("x", None, None, '{"e": [1, 2]}'),
    ]


def test_a_row_reads_the_same_whatever_stands_elsewhere(tmp_path: Path) -> None:
    alone = read_bytes(tmp_path, "a.csv", b"id,x\n007,1.10\n").frame.row(0)
    among = read_bytes(tmp_path, "b.csv", b"id,x\n007,1.10\nabc,not a number\n,\n").frame.row(0)
    assert alone == among == ("007", "1.10")


def test_files_of_a_glob_are_sorted_and_their_columns_put_in_one_order(tmp_path: Path) -> None:
    (tmp_path / "d" / "deep").mkdir(parents=True)
    (tmp_path / "d" / "b.csv").write_text("x,id\n2,b\n")
    (tmp_path / "d" / "a.csv").write_text("id,x\na,1\n")
    (tmp_path / "d" / "deep" / "c.csv").write_text("id,x\nc,3\n")
    (tmp_path / "d" / ".hidden").mkdir()
    (tmp_path / "d" / ".hidden" / "z.csv").write_text("other\n1\n")
    rows = read(Source(tmp_path, ("d/**/*.csv", "d/a.csv")))
    assert rows.frame.rows() == [("a", "1"), ("b", "2"), ("c", "3")]
    assert list(rows.files) == ["d/a.csv", "d/b.csv", "d/deep/c.csv"]


def test_fixed_files_say_which_rows_are_eval_rows(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("x\n1\n2\n")
    (tmp_path / "eval.csv").write_text("x\n3\n")
    rows = read(Source(tmp_path, train=("train.csv",), eval=("eval.csv",)))
    assert rows.fixed_eval is not None
    assert rows.fixed_eval.tolist() == [False, False, True]


def test_a_huge_field_is_a_field(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, "t.csv", b"a,b\n1," + b"x" * 20_000_000 + b"\n2,\n")
    assert rows.frame["b"].str.len_bytes().to_list() == [20_000_000, None]


def test_a_quote_within_a_value_is_only_a_character(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, "t.csv", b'a,b\n5" disk,\n3" disk,x\n7" disk,\n')
    assert rows.frame["a"].to_list() == ['5" disk', '3" disk', '7" disk']


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.csv", b"", "`t.csv` is empty"),
        ("t.csv", b" \n\n", "`t.csv` is empty"),
        ("t.csv.gz", gzip.compress(b""), "`t.csv.gz` is empty"),
        ("t.csv", b"a,b\n", "has a header but no rows"),
        ("t.csv", b"a,b", "has a header but no rows"),
        ("t.csv", b"a,b\n1,caf\x81\n", "line 2 is not UTF-8 (byte 0x81)"),
        ("t.csv", b"a,b\n1,\x00\n", "line 2 holds a NUL byte"),
        ("t.csv", bytes(range(256)) * 10, "NUL byte"),
        ("t.csv", b"a,b\n1,x\n2\n3,y\n", "line 3 has 1 value, the header has 2"),
        ("t.csv", b"a,b\n1,x\n2,y,z\n", "line 3 has 3 values, the header has 2"),
        ("t.csv", b'a,b\n"x\ny",1\n2,y,z\n', "line 4 has 3 values, the header has 2"),
        ("t.csv", b'a,b\n1,x\n2,"y\n3,z\n', "line 3: the quotes of a value are not closed"),
        ("t.csv", b"a,b\n1,x,", "line 2 has 3 values, the header has 2"),
        ("t.csv", b"a,b,a\n1,2,3\n", "names the column `a` more than once"),
        ("t.csv", b"PK\x03\x04rest", "cannot be unpacked"),
        ("t.zip", zipped({"a.csv": CSV, "b.csv": CSV}), "is an archive of 2 files (`a.csv`, `b.csv`)"),
        ("t.zip", zipped({"a.csv": CSV})[:-30], "cannot be unpacked"),
        ("t.xlsx", zipped({"[Content_Types].xml": b"", "xl/a.xml": b""}), "is a spreadsheet"),
        ("t.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        ("t.parquet", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ("t.csv.gz", gzip.compress(CSV)[:-9], "cannot be unpacked"),
        ("t.csv.bz2", b"BZh9" + b"junk" * 9, "cannot be unpacked"),
        ("t.csv.zst", zstd(CSV)[:-9], "cannot be unpacked"),
        ("t.jsonl", b'{"a": 1}\n{"a":\n', "line 2 is not JSON"),
        ("t.jsonl", b'{"a": 1}\n[1]\n', "line 2 is not a JSON object"),
        ("t.json", b"[1, 2]", "element 1 is not a JSON object"),
        ("t.json", b"[]", "is an empty array"),
        ("t.json", b'[{"a": 1}', "is not JSON"),
        ("t.json", b"[" * 100_000, "is not JSON"),
        ("t.parquet", b"junk" * 9, "is not a Parquet file"),
        ("t.parquet", b"PAR1" + b"junk" * 9 + b"PAR1", "is not readable as Parquet"),
        ("t.parquet", b"PAR1", "is not readable as Parquet"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_way_out(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_bytes(tmp_path, name, data)
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ("id,z\n1,2\n", "differ in columns: only `a.csv` has `x`"),
        ("id,x,y\n1,2,3\n", "differ in columns: only `b.csv` has `y`"),
    ],
)
def test_files_that_do_not_fit_together(tmp_path: Path, other: str, says: str) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1,2\n")
    (tmp_path / "b.csv").write_text(other)
    with pytest.raises(UsageError, match=says.replace("`", "`")):
        read(Source(tmp_path, ("*.csv",)))


def test_typed_files_whose_types_do_not_fit(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"x": [[1]]}).write_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("x\n1\n")
    with pytest.raises(UsageError, match=r"`x` is Int64 in `a.parquet` and List\(Int64\) in `b.parquet`"):
        read(Source(tmp_path, ("*.parquet",)))
    with pytest.raises(UsageError, match="of different kinds"):
        read(Source(tmp_path, ("a.parquet", "c.csv")))


def test_whole_numbers_and_fractions_fit(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"x": [1.5]}).write_parquet(tmp_path / "b.parquet")
    assert read(Source(tmp_path, ("*.parquet",))).frame["x"].to_list() == [1.0, 1.5]


@pytest.mark.parametrize(
    ("columns", "says", "hint"),
    [
        (Columns(target="Category"), "no column `Category` (data.target)", "Did you mean `category`?"),
        (Columns(id="ticket"), "(data.id)", "`ticket_id`"),
        (Columns(group="zzz"), "(data.group)", "Its columns: `ticket_id`, `category`"),
        (Columns(time="zzz"), "(data.time)", "Its columns"),
        (Columns(split="zzz"), "(data.split.column)", "Its columns"),
        (Columns(slices=("category", "regoin")), "no column `regoin` (data.slices)", "Did you mean `region`?"),
    ],
)
def test_a_missing_column_is_named_with_its_nearest(tmp_path: Path, columns: Columns, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_bytes(tmp_path, "t.csv", b"ticket_id,category,region\n1,a,n\n", columns)
    assert says in caught.value.message
    assert hint in caught.value.hint
