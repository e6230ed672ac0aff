"""The data of a side, read as the Rules and its Recipe say."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from gatebot.collect import Collector, Phase
from gatebot.collect.dataset import Dataset
from gatebot.collect.fetch import Fetched
from gatebot.collect.files import listed
from gatebot.collect.job import Tree
from gatebot.collect.load import load
from gatebot.collect.runner import Runner
from gatebot.errors import ExitCode, UsageError
from gatebot.evidence.column import Names
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile
from gatebot.evidence.training import Fit
from gatebot.sandbox import probe
from gatebot.worker import rows as worker
from tests.collect.repository import Recorded, document, job, repository, rich_python

FIT = Fit(Side.HEAD)
DATA = {"path": "data/t.csv", "target": "label", "id": "id", "split": {"column": "fold"}}


def table(column: list[str], separator: str = ",", header: bool = True) -> str:
    lines = [["id", "x", "c", "label", "fold"]] if header else []
    for at in range(60):
        x = f"{at * 377 % 1009 / 1009:.4f}".replace(".", "," if separator == ";" else ".")
        half = "yes" if at * 377 % 1009 >= 505 else "no"
        lines.append([f"r{at:03d}", x, column[at % len(column)], half, "eval" if at % 3 == 0 else "train"])
    return "\n".join(separator.join(line) for line in lines) + "\n"


def loaded(folder: Path, data: bytes, base: DataProfile | None = None, **keys: Any) -> Dataset:
    root = repository(folder / "repo")
    (root / "data" / "t.csv").write_bytes(data)
    config = document(data={**DATA, **keys})
    runner = Runner(job(root, folder / "cache", config), probe(), (), (), Event(), folder / "cache")
    return load(runner, Tree(root, config.recipe), Fetched(root, listed(root)), base, folder / "rows")


def test_head_follows_the_types_of_base(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", table(["007", "12"]).encode())
    head = loaded(tmp_path / "head", table(["17", "12"]).encode(), base.profile)
    frame = worker.read(str(head.train_request(FIT).rows.table), {})
    assert set(frame["c"]) == {"17", "12"}


@pytest.mark.parametrize(
    ("keys", "seen", "missing", "kind"),
    [
        ({}, {"NA", "007", "x"}, 0, "category"),
        ({"missing": ["NA"]}, {"007", "x"}, 15, "category"),
        ({"types": "native"}, {"007", "x"}, 15, "category"),
    ],
)
def test_user_code_and_judge_see_the_same_gaps(
    tmp_path: Path, keys: dict[str, Any], seen: set[str], missing: int, kind: str
) -> None:
    dataset = loaded(tmp_path, table(["NA", "007", "x", "x"]).encode(), **keys)
    rows = dataset.train_request(FIT).rows
    assert set(worker.read(str(rows.table), rows.types)["c"].dropna()) == seen
    (column,) = [each for each in dataset.profile.columns if each.name == "c"]
    assert (set(column.top), column.missing, column.kind) == (seen, missing, kind)


@pytest.mark.parametrize(
    ("data", "keys", "says"),
    [
        (table(["a"]).encode() + b"r99,1,caf\x81,no,eval\n", {}, "`data/t.csv` line 62 is not UTF-8 (byte 0x81)"),
        (table(["a"]).encode(), {"separator": "tab"}, "`data/t.csv` line 1 has no tab (data.separator)"),
        (table(["a"]).encode(), {"types": {"c": "integer"}}, "`c` is declared as integer (data.types), but row 1"),
        (
            table(["a"]).encode(),
            {"columns": ["a", "b"]},
            "`data/t.csv` line 1 has 5 values, but `data.columns`",
        ),
        (table(["a"]).encode(), {"path": "data"}, "`data` is a folder"),
        (b"", {}, "`data/t.csv` is empty"),
    ],
)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, data: bytes, keys: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, data, **keys)
    assert says in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE
    assert not list((tmp_path / "rows").glob("*"))


PIPELINE = """
def train(rows, seed):
    assert set(rows["c"]) == {"é", "NA"}, set(rows["c"])
    return rows["x"].mean()
def predict(model, rows):
    return ["yes" if x >= 0.5 else "no" for x in rows["x"]]
"""


def test_a_file_of_another_layout_is_trained_on_and_said(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": PIPELINE})
    (root / "data" / "t.csv").write_bytes(table(["é", "NA"], ";", header=False).encode("cp1252"))
    keys = {**DATA, "header": "none", "columns": ["id", "x", "c", "label", "fold"], "decimal": ","}
    progress = Recorded()
    config = document(data=keys, smoke={"python": rich_python()})
    with Collector(job(root, shared_cache, config), progress) as collector:
        found = collector.collect([Predict(FIT)])[Side.HEAD].get(Predict(FIT), Predictions)
    assert found is not None
    assert found.problem == ""
    assert isinstance(found.columns["prediction"], Names)
    said = [outcome for step, outcome in progress.finished_steps if step.phase is Phase.READ]
    assert said == ["ok, read as cp1252, separated by semicolon"]
