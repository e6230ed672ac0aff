"""Metrics that users write."""

from pathlib import Path

import numpy as np
import pytest

from gatebot.collect import Tree, collect
from gatebot.config.document import Document
from gatebot.evidence.need import Side
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import Predict
from gatebot.evidence.training import Fit
from tests.collect.repository import document, git, job, repository, write

pytestmark = pytest.mark.whole

ASK = Predict(Fit(Side.HEAD))
METRICS = """
import json, os
WEIGHT = json.load(open(os.path.join(os.path.dirname(__file__), "weights.json")))["miss"]
def cost(truth, predictions):
    return sum(WEIGHT for t, p in zip(truth, predictions) if t != p)
def each(truth, predictions, rows):
    return [float(t != p) + row["x"] * 0 for t, p, row in zip(truth, predictions, rows)]
def both(truth, scores):
    return 3, [row["yes"] for row in scores]
def crash(truth):
    raise RuntimeError("no metric")
def short(truth):
    return [1.0]
def text(truth):
    return "many"
"""
FILES = {"metrics.py": METRICS, "weights.json": '{"miss": 5}'}


def scored(open_path: Path, cache: Path, function: str) -> OwnScore:
    root = repository(open_path / "repo", FILES)
    need = Score(ASK, f"metrics.py:{function}")
    found = collect([need], job(root, cache))[Side.HEAD].get(need, OwnScore)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("function", "value", "rows"), [("cost", 0.0, False), ("each", 0.0, True), ("both", 3.0, True)]
)
def test_a_value_or_one_a_row_or_both(
    open_path: Path, shared_cache: Path, function: str, value: float, rows: bool
) -> None:
    found = scored(open_path, shared_cache, function)
    assert (found.problem, found.value) == ("", value)
    assert (found.rows is not None and len(found.rows) == 20) is rows


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("crash", "no metric"),
        ("missing", "no attribute 'missing'"),
        ("short", "1 values for 20 rows"),
        ("text", "could not convert"),
    ],
)
def test_a_metric_that_does_not_work_is_a_problem(
    open_path: Path, shared_cache: Path, function: str, problem: str
) -> None:
    found = scored(open_path, shared_cache, function)
    assert problem in found.problem
    assert found.rows is None
    assert np.isnan(found.value) or function == "short"


def test_the_function_comes_from_where_the_rules_come_from(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", FILES)
    base = open_path / "base"
    git(root, "worktree", "add", "-q", str(base), "HEAD")
    write(root, {"weights.json": '{"miss": 0}', "metrics.py": "def cost(truth, predictions):\n    return -1\n"})
    write(base, {"metrics.py": METRICS.replace("if t != p", "if t == p")})
    config = document()
    need = Score(ASK, "metrics.py:cost")
    question = job(root, shared_cache, config, rules_tree=Tree(base, config.recipe))
    found = collect([need], question)[Side.HEAD].get(need, OwnScore)
    assert found is not None
    assert found.value == 100.0


def test_without_predictions_there_is_nothing_to_score(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {**FILES, "pipeline.py": "def train(rows):\n    raise ValueError\n"})
    need = Score(ASK, "metrics.py:cost")
    found = collect([need], job(root, shared_cache))[Side.HEAD]
    assert found.why_unmet(need) == "its training ended with: crashed"


FORGE = """
import os, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
forged = "import builtins\\nbuiltins.sum = lambda values, *start: -1000\\n"
(site / "sitecustomize.py").write_text(forged)
(site / "usercustomize.py").write_text(forged)
(site / "planted.pth").write_text("import planted\\n")
(site / "planted.py").write_text(forged)
(site / "weighing.py").write_text("MISS = -1000\\n")
"""
HONEST = """
import pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "weighing.py").write_text("MISS = 5\\n")
"""
WEIGHED = """
import weighing
def cost(truth, predictions):
    return sum(weighing.MISS for t, p in zip(truth, predictions) if t == p)
"""


def of_base_and_head(place: Path) -> tuple[Path, Tree, Document]:
    """A repository whose head installs forgeries, base's work tree, and the configuration of both."""
    root = repository(place / "repo", {"metrics.py": WEIGHED, "install.py": HONEST})
    git(root, "worktree", "add", "-q", str(place / "base"), "HEAD")
    write(root, {"install.py": FORGE, "metrics.py": "def cost(truth, predictions):\n    return -1\n"})
    smoke = {"setup": "python install.py"}
    config = document(smoke=smoke, metrics=[{"python": "metrics.py:cost", "direction": "lower"}])
    return root, Tree(place / "base", document(smoke=smoke).recipe), config


def test_metrics_of_base_run_in_an_environment_that_base_made(open_path: Path) -> None:
    root, base, config = of_base_and_head(open_path)
    need = Score(ASK, "metrics.py:cost")
    found = collect([need], job(root, open_path / "cache", config, rules_tree=base))[Side.HEAD].get(need, OwnScore)
    assert found is not None
    assert (found.problem, found.value) == ("", 100.0)


def test_without_an_environment_of_base_they_are_not_scored(open_path: Path) -> None:
    root, base, config = of_base_and_head(open_path)
    write(base.path, {"install.py": "raise SystemExit('gone from the index')\n"})
    need = Score(ASK, "metrics.py:cost")
    found = collect([need], job(root, open_path / "cache", config, rules_tree=base))[Side.HEAD]
    assert not found.has(need)
    assert found.why_unmet(need).startswith(
        "base's environment cannot be made: `smoke.setup` (python install.py) failed"
    )


def test_no_code_of_a_pull_request_runs_beside_labels(open_path: Path, shared_cache: Path) -> None:
    need = Score(ASK, "metrics.py:cost")
    root = repository(open_path / "repo", FILES)
    found = collect([need], job(root, shared_cache, trusts_head=False))[Side.HEAD]
    assert found.why_unmet(need).startswith("no files of base are here")
