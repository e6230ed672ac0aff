"""The worker as it is used: a folder, run by path in another interpreter."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import gatebot.worker

FILES = sorted(Path(gatebot.worker.__file__).parent.glob("*.py"))
PIPELINE = """
import pathlib, rows as own_module_of_the_user

def train(rows, seed, report, out):
    report(loss=1.5, step=1)
    report(loss=float("nan"))
    pathlib.Path(out, "note").write_text(str(seed))
    return {"n": len(rows)}

def predict(model, rows):
    return [model["n"]] * len(rows)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gatebot_worker").mkdir()
    for file in FILES:
        shutil.copy(file, tmp_path / "gatebot_worker")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/pipeline.py").write_text(PIPELINE)
    (tmp_path / "tree/rows.py").write_text("")
    (tmp_path / "out").mkdir()
    (tmp_path / "train.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "eval.csv").write_text("x\n1\n")
    return tmp_path


def run(folder: Path, stage: str, python: str = sys.executable, **facts: Any) -> "subprocess.CompletedProcess[str]":
    train, ask = str(folder / "train.csv"), str(folder / "eval.csv")
    question = {"rows": ask, "csv": ask, "predictions": str(folder / "answer.csv")}
    task: dict[str, Any] = {
        "stage": stage, "root": str(folder / "tree"), "pipeline": "pipeline.py", "rows": train, "csv": train,
        "types": {}, "classes": [], "task": "regression", "id": None, "seed": 5, "device": "cpu", "budget_s": 60,
        "capacity": 1.0,
        "assets": None, "out": str(folder / "out"), "model": str(folder / "model"), "saved": "pickle",
        "status": str(folder / "status.json"), "report": str(folder / "report.jsonl"), "predict": [question],
    }  # fmt: skip
    (folder / "task.json").write_text(json.dumps(task | facts))
    command = [python, str(folder / "gatebot_worker"), str(folder / "task.json")]
    return subprocess.run(command, cwd=folder / "tree", capture_output=True, text=True, check=False)


def test_train_then_predict_in_another_process(folder: Path) -> None:
    done = run(folder, "train")
    assert done.returncode == 0, done.stderr
    status = json.loads((folder / "status.json").read_text())
    assert status["why"] == ""
    assert (folder / "report.jsonl").read_text().splitlines() == ['{"loss": 1.5, "step": 1.0}', '{"loss": NaN}']
    assert (folder / "out/note").read_text() == "5"
    done = run(folder, "predict", saved=status["saved"])
    assert done.returncode == 0, done.stderr
    assert (folder / "answer.csv").read_text().split() == ["prediction", "2"]


def test_both_in_one_process(folder: Path) -> None:
    assert run(folder, "train_and_predict").returncode == 0
    assert (folder / "answer.csv").read_text().split() == ["prediction", "2"]
    assert not (folder / "model").exists()


def test_an_error_shows_the_users_lines_and_none_of_ours(folder: Path) -> None:
    (folder / "tree/pipeline.py").write_text("def train(rows):\n    return 1 / 0\n")
    done = run(folder, "train")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "return 1 / 0" in done.stderr
    assert "gatebot_worker" not in done.stderr


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def train(rows): pass", "train returned None"),
        ("x = 1", "has no function `train`"),
        ("def train(data, labels): pass", "asks for labels"),
        ("def train(rows", "SyntaxError"),
    ],
)
def test_contracts_that_are_not_kept_are_explained(folder: Path, code: str, says: str) -> None:
    (folder / "tree/pipeline.py").write_text(code + "\n")
    done = run(folder, "train")
    assert done.returncode == 1
    assert says in done.stderr


def test_a_matrix_is_read_by_the_models_own_order_of_classes(folder: Path) -> None:
    (folder / "tree/pipeline.py").write_text(
        "class M:\n    classes_ = ['z', 'a']\n"
        "def train(rows): return M()\n"
        "def predict(model, rows): return [[0.9, 0.1] for _ in range(len(rows))]\n"
    )
    assert run(folder, "train_and_predict", task="classification", classes=["a", "z"]).returncode == 0
    assert (folder / "answer.csv").read_text().split() == ["prediction,score_z,score_a", "z,0.9,0.1"]


def test_a_metric_gets_what_it_asks_for(folder: Path) -> None:
    (folder / "tree/metrics.py").write_text(
        "def cost(truth, predictions, rows):\n"
        "    return [abs(a - b) + x for a, b, x in zip(truth, predictions, rows['x'])]\n"
    )
    (folder / "table.csv").write_text("target,prediction\n3,1\n")
    rows = str(folder / "eval.csv")
    done = run(folder, "score", metric="metrics.py:cost", table=str(folder / "table.csv"), rows=rows, csv=rows)
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "status.json").read_text()) == {"value": 3.0, "rows": [3.0]}


def test_the_environment_is_listed(folder: Path) -> None:
    assert run(folder, "environment").returncode == 0
    found = json.loads((folder / "status.json").read_text())
    assert found["facts"]["python"] == sys.version.split()[0]
    assert "numpy" in found["distributions"]


@pytest.mark.whole
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13"])
def test_every_interpreter_that_is_installed_beside_this_one_can_run_it(folder: Path, version: str) -> None:
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}.*/bin/python"))
    python = str(beside[0]) if beside else shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    for stage in ("environment", "train", "predict", "train_and_predict"):
        done = run(folder, stage, python)
        assert done.returncode == 0, done.stderr
    assert (folder / "answer.csv").read_text().split() == ["prediction", "2"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_python_3_8_and_imports_nothing_of_ours(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("gatebot") for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("gatebot")
