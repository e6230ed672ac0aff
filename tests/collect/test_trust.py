"""What user code can see: its own files and rows, and nothing of the gate."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect import collect
from gatebot.errors import GateError, MachineError
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from gatebot.sandbox import Isolation, Reach
from tests.collect.repository import FULL, document, git, job, repository, tickets, with_folds, write

pytestmark = pytest.mark.whole

FIT = Fit(Side.HEAD)
ASK = Predict(FIT)

SPY = """
import json, os, sys
def look(*paths):
    seen = {}
    for path in paths:
        try:
            seen[path] = sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read()[:40]
        except OSError as error:
            seen[path] = type(error).__name__
    return seen
def report(**more):
    places = json.load(open("places.json"))
    env = {name: value for name, value in os.environ.items() if "THREADS" not in name and name != "PATH"}
    facts = {"env": env, "here": sorted(os.listdir(".")), "seen": look(*places), "data": os.listdir("data"), **more}
    for name, value in facts.items():
        print(json.dumps({name: value}))
def train(rows):
    report(columns=sorted(rows[0]))
    return 1
def predict(model, rows):
    report(columns=sorted(rows[0]))
    return ["no"] * len(rows)
"""


def spied(open_path: Path, cache: Path, **facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `train` and `predict` saw."""
    root = open_path / "repo"
    hidden = [root, root / "data/tickets.csv", root / ".git/config", root / ".gatebot", cache, "/proc/1/environ"]
    repository(root, {"pipeline.py": SPY, "places.json": json.dumps([str(path) for path in hidden])})
    write(
        root,
        {".gatebot/baseline/labels": "secret", "new.py": "# not in git yet", "ignored.log": "x", ".gitignore": "*.log"},
    )
    config = facts.pop("config", document(model={"python": "pipeline.py"}))
    found = collect([FIT, ASK], job(root, cache, config, **facts))[Side.HEAD]
    training, predictions = found.get(FIT, Training), found.get(ASK, Predictions)
    assert training is not None
    assert predictions is not None
    assert training.effects.ended is Ending.OK, training.effects.log_tail
    return facts_in(training.effects.log_tail), facts_in(predictions.effects.log_tail)


def facts_in(log: tuple[str, ...]) -> dict[str, Any]:
    """What the spy printed, a line a fact."""
    return {name: value for line in log for name, value in json.loads(line).items()}


def test_neither_data_nor_git_nor_baseline_nor_ignored_files_are_in_the_tree(
    open_path: Path, shared_cache: Path
) -> None:
    for seen in spied(open_path, shared_cache):
        assert seen["here"] == [".gitignore", "data", "new.py", "pipeline.py", "places.json"]
        assert seen["data"] == [], "the folder is there, so that code may write into it"


def test_predicting_sees_no_labels(open_path: Path, shared_cache: Path) -> None:
    train, predict = spied(open_path, shared_cache)
    assert train["columns"] == ["fold", "id", "kind", "label", "x"]
    assert predict["columns"] == ["fold", "id", "kind", "x"]


@pytest.mark.skipif(not FULL, reason="needs full isolation")
def test_the_original_tree_and_the_cache_are_out_of_reach(open_path: Path, shared_cache: Path) -> None:
    for seen in spied(open_path, shared_cache):
        assert set(seen["seen"].values()) <= {"PermissionError", "FileNotFoundError"}


@pytest.mark.skipif(not FULL, reason="below full isolation gatebot refuses")
def test_only_named_variables_cross(open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    environ = {**os.environ, "WANTED": "yes", "OTHER": "no", "HTTP_PROXY": "http://user:word@proxy:1"}
    config = document(smoke={"env": {"pass": ["WANTED"], "set": {"MODE": "fast"}}})
    for seen in spied(open_path, shared_cache, environ=environ, config=config):
        assert seen["env"]["WANTED"] == "yes"
        assert seen["env"]["MODE"] == "fast"
        assert {"GITHUB_TOKEN", "OTHER", "HTTP_PROXY"}.isdisjoint(seen["env"])


def test_below_full_isolation_nothing_starts_beside_a_token(
    open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    root = repository(open_path / "repo")
    with pytest.raises(GateError, match="GITHUB_TOKEN"):
        collect([FIT], job(root, shared_cache, reach=Reach(Isolation.NONE)))


def test_less_isolation_than_the_rules_accept_stops_everything(open_path: Path, shared_cache: Path) -> None:
    config = document(smoke={"isolation": "full"})
    with pytest.raises(GateError, match="Isolation full is required"):
        collect([FIT], job(repository(open_path / "repo"), shared_cache, config, reach=Reach(Isolation.NONE)))


def test_data_behind_a_link_is_hidden_under_both_names(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"pipeline.py": SPY, "places.json": '["data", "store"]'})
    write(root, {"store/2026.csv": with_folds(tickets()), "store/notes.txt": "x"})
    (root / "data/tickets.csv").unlink()
    (root / "data/tickets.csv").symlink_to("../store/2026.csv")
    git(root, "add", ".")
    training = collect([FIT], job(root, shared_cache))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert facts_in(training.effects.log_tail)["seen"] == {"data": [], "store": ["notes.txt"]}


def test_no_secret_crosses_to_code_of_head_by_any_name(open_path: Path, shared_cache: Path) -> None:
    secret = "s3cr3t-value"
    environ = {
        **os.environ,
        "API_KEY": secret,
        "ROLE": "role-of-fetching",
        "COPY": "has role-of-fetching in it",
        "INDEX": f"https://bob:{secret}@pypi.example",
        "PLAIN": "plain",
    }
    fetch = {"run": "true", "secrets": ["ROLE"], "network": False}
    config = document(data={"fetch": fetch}, smoke={"env": {"pass": ["API_KEY", "ROLE", "COPY", "INDEX", "PLAIN"]}})
    for seen in spied(open_path, shared_cache, environ=environ, config=config):
        assert seen["env"]["PLAIN"] == "plain"
        assert {"API_KEY", "ROLE", "COPY", "INDEX"}.isdisjoint(seen["env"])


def test_secrets_in_logs_are_masked(open_path: Path, shared_cache: Path) -> None:
    code = "def train(rows):\n    print('it is', 'eulav-t3rc3s', 's 3 c r 3 t - v a l u e')\n    return 1\n"
    root = repository(open_path / "repo", {"pipeline.py": code})
    environ = {**os.environ, "API_KEY": "s3cr3t-value"}
    training = collect([FIT], job(root, shared_cache, environ=environ))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert training.effects.log_tail == ("it is *** ***",)


def test_what_is_refused_is_said_without_secrets(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    environ = {**os.environ, "API_KEY": "s3cr3t-value"}
    config = document(smoke={"setup": "sh -c 'echo s3cr3t-value | rev; exit 1' s3cr3t-value"})
    with pytest.raises(MachineError) as caught:
        collect([FIT], job(root, shared_cache, config, environ=environ))
    assert "s3cr3t" not in str(caught.value)
    assert "eulav" not in str(caught.value)
    assert "***" in caught.value.hint


def test_assets_are_there_and_cannot_be_changed(open_path: Path, shared_cache: Path) -> None:
    code = """
from pathlib import Path
def train(rows, assets):
    print((Path(assets) / "images/1.txt").read_text(), Path("images/1.txt").read_text())
    try:
        (Path(assets) / "images/1.txt").write_text("changed")
    except OSError:
        print("read-only")
    return 1
"""
    root = repository(open_path / "repo", {"pipeline.py": code, "images/1.txt": "one"})
    training = collect([FIT], job(root, shared_cache, document(data={"assets": ["images/**"]})))[Side.HEAD].get(
        FIT, Training
    )
    assert training is not None
    assert training.effects.log_tail[0] == "one one", training.effects.log_tail
    if FULL:
        assert training.effects.log_tail[1] == "read-only"
    assert (root / "images/1.txt").read_text() == "one"


def test_the_repository_is_never_written(open_path: Path, shared_cache: Path) -> None:
    code = "def train(rows):\n    open('pipeline.py', 'w').write('gone')\n    open('made', 'w')\n    return 1\n"
    root = repository(open_path / "repo", {"pipeline.py": code, "large.bin": "x" * 3_000_000})
    training = collect([FIT], job(root, shared_cache))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert training.effects.ended is Ending.OK
    assert git(root, "status", "--porcelain") == ""
