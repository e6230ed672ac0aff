"""`gatebot power`: from stored baselines to tables, JSON and a picture."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.store import BackendStore
from gatebot.cli.main import main
from gatebot.evidence import store
from gatebot.evidence.snapshot import Snapshot
from tests.container.scenario import git
from tests.power.test_analysis import baseline

OLD, NEW = "a" * 40, "b" * 40
CONFIG = """\
project: world
data: {path: rows.csv, slices: [channel]}
model: {python: pipeline.py}
metrics:
  - {metric: accuracy, margin: 0.02}
  - {metric: log_loss, margin: 20%}
"""


def keep(snapshot: Snapshot, folder: Path) -> None:
    assert snapshot.truth is not None
    store.write(snapshot, folder)
    store.write_truth(snapshot.truth, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two baselines, of which the newer one has fewer rows."""
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "--quiet")
    (root / "project").mkdir()
    (root / "project" / "gatebot.yml").write_text(CONFIG)
    kept = BackendStore(FolderBackend(root / ".gatebot" / "baseline"))
    for commit, rows, day in ((NEW, 300, 20), (OLD, 600, 10)):
        snapshot = baseline(rows)
        made = snapshot.about.created_at.replace(day=day)
        snapshot = replace(snapshot, about=snapshot.about.model_copy(update={"commit": commit, "created_at": made}))
        keep(snapshot, root / commit)
        kept.keep(root / commit, commit)
    return root


def power(folder: Path, *words: str) -> int:
    return main(["power", "--config", str(folder / "project" / "gatebot.yml"), *words])


def test_the_newest_baseline_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert power(folder) == 0
    said = capsys.readouterr().out
    assert f"baseline of {NEW[:12]}" in said
    assert "✗ accuracy: 300 rows and 2 seeds see ≥ " in said
    assert "✓ log_loss: " in said


def test_or_the_one_that_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert power(folder, "--base", str(folder / OLD), "--json", "--metric", "accuracy") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["baseline"]["commit"] == OLD
    assert [(each["metric"], each["rows"]) for each in found["metrics"]] == [("accuracy", 600)]


def test_a_picture_is_left(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert power(folder, "--plot", str(tmp_path / "new" / "power.svg")) == 0
    assert (tmp_path / "new" / "power.svg").read_text().startswith("<svg ")
    assert "accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--metric", "f1"], 2, "no declared metric is called 'f1'"),
        (["--base", "nowhere"], 5, "nowhere"),
        (["--config", "nowhere.yml"], 2, "nowhere.yml"),
    ],
)
def test_what_is_not_there_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert power(folder, *words) == code
    assert said in capsys.readouterr().err


def test_without_a_baseline_it_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gatebot.yml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    assert main(["power"]) == 2
    assert "--as-baseline" in capsys.readouterr().err
