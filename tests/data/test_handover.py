"""What user code gets: the rows asked for, in that order, as they were read, and never a label too many."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data.handover import lines_of, write_rows
from gatebot.data.layout import AUTO, Layout
from gatebot.data.read import read
from gatebot.data.rows import Columns, Rows
from gatebot.data.rules import SplitRules
from gatebot.data.source import Source
from gatebot.data.split import split
from gatebot.errors import MachineError
from gatebot.evidence.need import Tier
from tests.data.made import tickets

RULES = SplitRules("tickets", folds=1, train_rows=50, eval_rows=40)


def test_train_rows_have_the_target_and_eval_rows_do_not(tmp_path: Path) -> None:
    rows = tickets(300)
    result = split(rows, RULES)
    train = write_rows(rows, result.training(), tmp_path / "in", "train", target=True)
    held = write_rows(rows, result.eval, tmp_path / "in", "rows", target=False)
    assert (train.name, held.name) == ("train.csv", "rows.csv")
    written = pl.read_csv(train, infer_schema=False)
    assert written.equals(rows.frame[result.training().tolist()])
    written = pl.read_csv(held, infer_schema=False)
    assert written.equals(rows.frame[result.eval.tolist()].drop("label"))


def test_rows_come_in_the_order_asked_for(tmp_path: Path) -> None:
    rows = tickets(300)
    result = split(rows, RULES)
    backwards = result.eval[::-1]
    one = write_rows(rows, result.eval, tmp_path, "one", target=False)
    other = write_rows(rows, backwards, tmp_path, "other", target=False)
    assert pl.read_csv(other)["id"].to_list() == pl.read_csv(one)["id"].to_list()[::-1]


def test_values_arrive_as_they_were_read(tmp_path: Path) -> None:
    text = 'id,x,y\n007,1.50,"a, ""b""\n"\n008,NA,\n009,é,c\n'
    (tmp_path / "t.csv").write_text(text)
    rows = read(Source(tmp_path, ("t.csv",)), Columns("y"))
    written = write_rows(rows, pl.arange(3, eager=True).to_numpy(), tmp_path / "out", "rows", target=True)
    assert written.read_text() == text


@pytest.mark.parametrize(
    ("data", "layout", "name"),
    [
        (b"a;b\n1,5;x\n;y\n", Layout(decimal=","), "rows.csv"),
        (b"a\tb\n1.50\tx,y\n2\t\n", AUTO, "rows.tsv"),
        ("1,é\n2,\n".encode("cp1252"), Layout(header="none", columns=("a", "b")), "rows.csv"),
        (b"a|b\n1|'x|y'\n", Layout(quote="'"), "rows.csv"),
        ("a,b\n1,é\n".encode("utf-16"), AUTO, "rows.csv"),
        (b'a,b\n1,5"\n', Layout(quote=""), "rows.csv"),
    ],
)
def test_commands_get_the_layout_of_the_data(tmp_path: Path, data: bytes, layout: Layout, name: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    rows = read(Source(tmp_path, ("t.csv",)), layout=layout)
    every = np.arange(len(rows))
    written = write_rows(rows, every, tmp_path / "out", "rows", target=True, lines=lines_of(rows, target=True))
    assert (written.name, written.read_bytes()) == (name, data)


VALUES = st.none() | st.text(max_size=6) | st.sampled_from(['a "b"', "x,y", "line\nbreak", "\r", "", " ", "é"])


@given(
    values=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=30),
    chosen=st.lists(st.integers(0, 29), max_size=20),
    target=st.booleans(),
)
def test_lines_give_the_file_that_formatting_the_rows_gives(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, str, str]], chosen: list[int], *, target: bool
) -> None:
    frame = pl.DataFrame(values, schema=dict.fromkeys(["a", 'b "c"', "y"], pl.String), orient="row")
    rows = Rows(frame, Columns("y"), typed=False, files={})
    index = np.array([at % len(rows) for at in chosen], dtype=np.intp)
    lines, folder = lines_of(rows, target=target), tmp_path_factory.mktemp("rows")
    formatted = write_rows(rows, index, folder, "formatted", target=target)
    cut = write_rows(rows, index, folder, "cut", target=target, lines=lines)
    assert cut.read_bytes() == formatted.read_bytes()
    broken = any("\n" in (value or "") for row in values for value in row[: 3 if target else 2])
    assert (lines is None) == broken


def test_what_changes_rows_is_not_cut_from_lines(tmp_path: Path) -> None:
    rows = tickets(60)
    lines, index = lines_of(rows, target=True), np.arange(60)
    other = write_rows(rows, index, tmp_path, "other", target=True, lines=lines, change=lambda frame: frame.head(3))
    mixed = write_rows(rows, index, tmp_path, "mixed", target=True, lines=lines, shuffle_labels=7)
    assert len(pl.read_csv(other)) == 3
    assert pl.read_csv(mixed)["label"].to_list() != rows.frame["label"].to_list()
    assert lines_of(replace(rows, typed=True), target=True) is None


def test_typed_rows_stay_typed(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": range(100), "x": [[1.5]] * 100, "y": ["a", "b"] * 50})
    frame.write_parquet(tmp_path / "t.parquet")
    rows = read(Source(tmp_path, ("t.parquet",)), Columns("y", "id"))
    result = split(rows, RULES)
    written = write_rows(rows, result.eval, tmp_path / "out", "rows", target=False)
    assert written.name == "rows.parquet"
    assert pl.read_parquet(written).schema == frame.drop("y").schema


def test_shuffled_labels_are_the_same_labels_on_other_rows(tmp_path: Path) -> None:
    rows = tickets(300)
    result = split(rows, RULES)
    index = result.training(Tier.CONFIRM)
    files = [
        write_rows(rows, index, tmp_path, f"{place}", target=True, shuffle_labels=seed)
        for place, seed in enumerate((7, 7, 8))
    ]
    one, again, other = (pl.read_csv(file) for file in files)
    true = rows.frame[index.tolist()]
    assert one.equals(again)
    assert one.drop("label").equals(other.drop("label"))
    assert one["label"].sort().to_list() == true["label"].sort().to_list()
    assert one["label"].to_list() != true["label"].to_list() != other["label"].to_list()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    rows = tickets(100)
    result = split(rows, RULES)
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        write_rows(rows, result.eval, tmp_path / "file", "rows", target=False)
