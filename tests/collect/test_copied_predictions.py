"""Predictions that stand in a file of the tree before the run."""

import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import polars as pl
import pytest

from gatebot.collect import Tree, collect, delivered, files
from gatebot.collect.copied_predictions import CommittedFiles
from gatebot.collect.fetch import Fetched
from gatebot.collect.load import load
from gatebot.collect.program import Programs
from gatebot.collect.runner import Runner
from gatebot.config.document import TaskName
from gatebot.data.packing import decoded
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Copied, Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.sandbox import Isolation, probe
from tests.collect.repository import document, job, repository, tickets, with_folds, write

ASK = Predict(Fit(Side.HEAD))
PROGRAMS = Programs(probe(), Isolation.NONE, Path("/var/cache/environments/tests"))
ROWS, EVALS = 150, 50
EVERY = [f"t{at:04d}" for at in range(ROWS)]
ASKED = EVERY[::3]
ANSWERS = ["yes" if at % 7 < 3 else "no" for at in range(ROWS)]  # not the labels


def csv(columns: Mapping[str, Sequence[Any]]) -> bytes:
    return pl.DataFrame(columns).write_csv().encode()


def packed(write_to: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write_to(file)
    return file.getvalue()


MINE = ANSWERS[::3]
WITH_IDS = {"ticket": EVERY[::-1], "guess": ANSWERS[::-1]}
FILES: dict[str, bytes] = {
    "rows.csv": csv({"id": ASKED, "prediction": MINE}),
    "other names.csv": csv(WITH_IDS),
    "order.tsv": pl.DataFrame({"x": MINE}).write_csv(separator="\t").encode(),
    "order of the data.csv": csv({"x": ANSWERS}),
    "packed.csv.gz": gzip.compress(csv(WITH_IDS)),
    "array.json": json.dumps([{"id": each, "y": answer} for each, answer in zip(EVERY, ANSWERS, strict=True)]).encode(),
    "by id.json": json.dumps(dict(zip(EVERY, ANSWERS, strict=True))).encode(),
    "by id and name.json": json.dumps({each: {"y": a} for each, a in zip(EVERY, ANSWERS, strict=True)}).encode(),
    "columns.json": json.dumps({"y": MINE, "n": list(range(EVALS))}).encode(),
    "lines.jsonl": b"\n".join(
        json.dumps({"k": each, "y": answer}).encode() for each, answer in zip(EVERY, ANSWERS, strict=True)
    ),
    "table.parquet": packed(pl.DataFrame(WITH_IDS).write_parquet),
    "words.npy": packed(lambda file: np.save(file, np.array(MINE))),
    "several.npz": packed(lambda file: np.savez(file, a=np.arange(3), b=np.array(ANSWERS))),
}


def committed(place: Path, named: dict[str, bytes]) -> tuple[CommittedFiles, Any]:
    """The tables of a tree with these files, and the rows that are asked."""
    root = repository(place / "repo", {"data/tickets.csv": with_folds(tickets(ROWS))})
    for name, content in named.items():
        (root / name).write_bytes(content)
    config = document()
    question = job(root, place / "cache", config)
    paths = files.listed(root)
    runner = Runner(question, probe(), (), (), Event(), place / "cache")
    dataset = load(runner, Tree(root, config.recipe), Fetched(root, paths), None, place / "rows")
    known = tuple(path for path in paths if path.parts[0] != "data")
    return CommittedFiles(root, known, dataset, decoded), dataset.predict_request(ASK).requested


def found(place: Path, named: dict[str, bytes], answers: Sequence[Any], task: str = "classification") -> Copied | None:
    """Where these predictions stand."""
    known, asked = committed(place, named)
    assert sorted(asked.texts) == ASKED
    data = csv({"id": ASKED, "prediction": answers})
    predicted = delivered.read(data, "predictions.csv", asked, TaskName(task), "tickets", programs=PROGRAMS)
    assert predicted.problem == ""
    return known.copied(data, predicted, asked)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_them_is_found(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, {name: FILES[name]}, MINE) == Copied(name, EVALS, EVALS)


def test_the_same_bytes_are_found_whatever_the_file_is_called(tmp_path: Path) -> None:
    data = csv({"id": ASKED, "prediction": MINE})
    assert found(tmp_path, {"weights.bin": data}, MINE) == Copied("weights.bin", EVALS, EVALS)


def test_numbers_are_found_however_they_are_written(tmp_path: Path) -> None:
    numbers = [at / 7 for at in range(EVALS)]
    data = csv({"id": ASKED, "v": [f"{number:.9g}" for number in numbers]})
    assert found(tmp_path, {"v.csv": data}, numbers, "regression") == Copied("v.csv", EVALS, EVALS)


def array_of(descr: str, shape: str) -> bytes:
    """An array's file of no more than its head."""
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()


TRUTH = [line.split(",")[3] for line in tickets(ROWS).splitlines()[1:]]
HARMLESS: dict[str, tuple[dict[str, bytes], Sequence[Any]]] = {
    "another table": ({"x.csv": csv({"id": ASKED, "y": MINE[::-1]})}, MINE),
    "one in fifty differs": (
        {"x.csv": csv({"id": ASKED, "y": ["no" if MINE[0] == "yes" else "yes", *MINE[1:]]})},
        MINE,
    ),
    "constant predictions": ({"x.csv": csv({"id": ASKED, "y": ["no"] * EVALS})}, ["no"] * EVALS),
    "the data's target": ({"copy.csv": csv({"id": EVERY, "label": TRUTH})}, TRUTH[::3]),
    "other rows": ({"x.csv": csv({"id": [f"u{at}" for at in range(EVALS + 1)], "y": [*MINE, "no"]})}, MINE),
    "a file that is none": ({"x.npy": b"\x93NUMPY\x01\x00junk", "y.json": b"{", "z.parquet": b"PAR1junk"}, MINE),
    "arrays of a billion values without bytes": (
        {
            "x.npy": array_of("'|V0'", "(1000000000,)"),
            "y.npy": array_of("[('a', '|V0')]", "(1000000000,)"),
            "z.npy": array_of("'|V0'", "(1000000000, 500)"),
        },
        MINE,
    ),
    "a pickle": ({"x.npy": packed(lambda file: np.save(file, np.array([{}], dtype=object)))}, MINE),
    "no file": ({}, MINE),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_other_files_are_not(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, *HARMLESS[name]) is None


def test_few_rows_prove_nothing(tmp_path: Path) -> None:
    known, asked = committed(tmp_path, {"x.csv": FILES["rows.csv"]})
    few = type(asked)(asked.hashes[:19], asked.texts[:19], asked.id_name)
    data = csv({"id": ASKED[:19], "prediction": MINE[:19]})
    predicted = delivered.read(data, "predictions.csv", few, TaskName.CLASSIFICATION, "tickets", programs=PROGRAMS)
    assert known.copied(data, predicted, few) is None


def test_a_link_is_not_followed_and_a_large_file_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside.csv").write_bytes(FILES["rows.csv"])
    known, asked = committed(tmp_path, {"large.csv": FILES["other names.csv"]})
    (known.root / "link.csv").symlink_to(tmp_path / "outside.csv")
    known = CommittedFiles(known.root, files.listed(known.root), known.dataset, decoded)
    monkeypatch.setattr("gatebot.collect.copied_predictions.MOST_FILE", 1000)
    data = csv({"id": ASKED, "prediction": MINE})
    predicted = delivered.read(data, "predictions.csv", asked, TaskName.CLASSIFICATION, "tickets", programs=PROGRAMS)
    assert known.copied(data + b"\n", predicted, asked) is None


COPYING = """
import csv
def train(rows):
    return 1
def predict(model, rows):
    with open("answers.csv") as file:
        known = {row["id"]: row["prediction"] for row in csv.DictReader(file)}
    return [known[row["id"]] for row in rows]
"""


def test_evidence_says_where_a_model_has_its_answers_from(open_path: Path, shared_cache: Path) -> None:
    evals = [f"t{at:04d}" for at in range(0, 60, 3)]
    answers = ["yes" if at % 4 else "no" for at in range(20)]
    files_of_it = {"pipeline.py": COPYING, "answers.csv": csv({"id": evals, "prediction": answers}).decode()}
    root = repository(open_path / "repo", files_of_it)
    predictions = collect([ASK], job(root, shared_cache))[Side.HEAD].get(ASK, Predictions)
    assert predictions is not None
    assert predictions.copied == Copied("answers.csv", 20, 20)
    write(root, {"answers.csv": csv({"id": evals, "prediction": answers[::-1]}).decode()})
    brought = document(model={"predictions": "answers.csv"})
    predictions = collect([ASK], job(root, shared_cache, brought))[Side.HEAD].get(ASK, Predictions)
    assert predictions is not None
    assert predictions.copied is None  # a file is what it was to be
