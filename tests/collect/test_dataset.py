"""Rows as they are handed out."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pytest

from gatebot.collect.dataset import Dataset
from gatebot.collect.fetch import Fetched
from gatebot.collect.files import listed
from gatebot.collect.job import Tree
from gatebot.collect.load import load
from gatebot.collect.runner import Runner
from gatebot.config.document import Document
from gatebot.data.handover import write_rows
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import EVAL, TRAIN, Batches, InvalidRows, Predict, ShuffledRows
from gatebot.evidence.training import Fit, Labels
from gatebot.sandbox import probe
from tests.collect.repository import document, job, repository, tickets, with_folds

FIT = Fit(Side.HEAD)


def read(root: Path, folder: Path, config: Document, cache: Path | None = None) -> Dataset:
    tree = Tree(root, config.recipe)
    runner = Runner(job(root, folder / "cache", config), probe(), (), (), Event(), cache or folder / "cache")
    return load(runner, tree, Fetched(root, listed(root)), None, folder / "rows")


@pytest.mark.parametrize(
    ("values", "kind", "pinned"),
    [
        (["1", "2", "3"], "int64", None),
        (["1", "2", "x"], "text", "text"),
        (["007", "010", "012"], "text", None),
        (["1", "", "3"], "float64", "number"),
        (["36028797018963971", "", "3"], "Int64", "number"),
        (["1.5", "NA", "3"], "float64", "number"),
        (["true", "false", "true"], "bool", None),
        (["2026-01-01", "2026-01-02", "2026-01-03"], "text", "text"),
        (["red", "green", ""], "text", "text"),
    ],
)
def test_types_are_those_of_all_rows(tmp_path: Path, values: list[str], kind: str, pinned: str | None) -> None:
    head, *lines = tickets().splitlines()
    table = [f"{head},c", *(f"{line},{values[at % 3]}" for at, line in enumerate(lines))]
    root = repository(tmp_path / "repo", {"data/tickets.csv": with_folds("\n".join(table))})
    rows = read(root, tmp_path, document()).train_request(FIT).rows
    assert rows.types == {}
    head = json.loads(rows.table.read_bytes().partition(b"\n")[0])
    assert {column["name"]: column["type"] for column in head["columns"]}["c"] == kind
    native = read(root, tmp_path / "native", document(data={"types": "native"})).train_request(FIT).rows
    assert native.types.get("c") == pinned
    assert native.table.suffix == ".csv"


def test_shuffled_labels_are_the_same_labels(tmp_path: Path) -> None:
    dataset = read(repository(tmp_path / "repo"), tmp_path, document())
    one = pl.read_csv(dataset.train_request(FIT).rows.path)
    other = pl.read_csv(dataset.train_request(Fit(Side.HEAD, labels=Labels.SHUFFLED)).rows.path)
    again = dataset.train_request(Fit(Side.HEAD, labels=Labels.SHUFFLED, repeat=1))
    assert one.drop("label").equals(other.drop("label"))
    assert one["label"].to_list() != other["label"].to_list()
    assert sorted(one["label"]) == sorted(other["label"])
    assert pl.read_csv(again.rows.path).equals(other)


def test_rows_to_predict_hold_no_label_and_trainings_know_their_classes(tmp_path: Path) -> None:
    dataset = read(repository(tmp_path / "repo"), tmp_path, document())
    for rows in (EVAL, TRAIN, ShuffledRows(), Batches(4, 2), InvalidRows("empty")):
        question = dataset.predict_request(Predict(FIT, rows))
        frame = pl.read_csv(question.rows.path)
        assert "label" not in frame.columns
        assert frame["id"].to_list() == list(question.requested.texts)
    assert dataset.train_request(FIT).classes == ("no", "yes")


def test_classes_are_sorted_as_a_library_would(tmp_path: Path) -> None:
    table = "id,label\n" + "".join(f"r{n},{(2, 10, 1)[n % 3]}\n" for n in range(60))
    root = repository(tmp_path / "repo", {"data/tickets.csv": with_folds(table, every=4)})
    assert read(root, tmp_path, document()).train_request(FIT).classes == ("1", "2", "10")


def test_typed_data_is_handed_out_typed(tmp_path: Path, shared_cache: Path) -> None:
    root = repository(tmp_path / "repo")
    frame = pl.read_csv(root / "data/tickets.csv").with_columns(pl.lit([1, 2]).alias("pair"))
    frame.write_parquet(root / "data/tickets.parquet")
    dataset = read(root, tmp_path, document(data={"path": "data/tickets.parquet"}), shared_cache)
    rows = dataset.train_request(FIT).rows
    assert rows.path.suffix == ".parquet"
    assert pl.read_parquet(rows.path)["pair"].to_list()[0] == [1, 2]
    assert [path.suffix for path in rows.tables] == [".rows", ".parquet"]
    assert pl.read_parquet(rows.tables[1]).columns == ["pair"]
    assert rows.types == {}


def test_trainings_side_by_side_share_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = read(repository(tmp_path / "repo"), tmp_path, document())
    written: list[str] = []

    def slowly(*given: Any, **more: Any) -> Path:
        written.append(given[3])
        time.sleep(0.05)
        return write_rows(*given, **more)

    monkeypatch.setattr("gatebot.collect.rows_files.write_rows", slowly)
    with ThreadPoolExecutor(8) as workers:
        paths = workers.map(lambda time: dataset.train_request(Fit(Side.HEAD, repeat=time)).rows.path, range(8))
        assert len(set(paths)) == 1
    assert len(written) == 1
