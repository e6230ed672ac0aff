"""`gatebot doctor`: says what will work, and its exit code says whether a run can."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatebot.cli.main import main
from gatebot.sandbox.token_guard import NAMES
from tests.collect.repository import PLAIN_PYTHON, git, repository, write

CONFIG = """\
data: {path: data/tickets.csv, target: label, id: id}
model: {python: pipeline.py}
smoke: {python: PYTHON}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*NAMES, "GITHUB_ACTIONS", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    made = repository(tmp_path / "tickets", {"gatebot.yml": CONFIG.replace("PYTHON", PLAIN_PYTHON)})
    monkeypatch.chdir(made)
    return made


def _examined(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main(["doctor", "--json"])
    return code, {line["subject"]: line for line in json.loads(capsys.readouterr().out)}


@pytest.mark.usefixtures("root")
def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = _examined(capsys)
    assert code == 0
    assert {"gatebot", "git", "machine", "config", "isolation", "token", "python", "data", "baseline"} <= set(lines)
    assert lines["data"]["says"] == "60 rows, 5 columns, 60 of them with `label`; 60 eval rows"
    assert lines["margin"]["says"] == "60 eval rows see ≥ 10 points: the margin of 2 points of accuracy takes 1,960"
    assert "cores" in lines["machine"]["says"]
    assert not [line for line in lines.values() if line["state"] == "bad"]


def test_a_shallow_clone_is_named_with_the_command_that_deepens_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = root.with_name("shallow")
    write(root, {"more.txt": "x\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "more")
    git(root.parent, "clone", "--quiet", "--depth", "1", f"file://{root}", str(shallow))
    monkeypatch.chdir(shallow)
    line = _examined(capsys)[1]["git"]
    assert line["state"] == "note"
    assert "shallow clone" in line["says"]
    assert "git fetch --unshallow" in line["hint"]
    assert "fetch-depth: 0" in line["hint"]


def test_no_configuration(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "gatebot.yml").unlink()
    code, lines = _examined(capsys)
    assert code == 2
    assert lines["config"]["hint"] == "`gatebot init` writes one"


def test_every_mistake_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "gatebot.yml").write_text("taks: x\nmodel: {python: p.py}\nsmoke: {timeout: soon}\n")
    code, lines = _examined(capsys)
    assert code == 2
    assert "did you mean `task`" in lines["config"]["says"]
    assert "smoke.timeout" in lines["config"]["says"]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("old", "new", "subject", "said"),
    [
        ("target: label", "target: lable", "data", "no column `lable`"),
        ("data/tickets.csv", "data/none.csv", "data", "does not exist"),
        ("pipeline.py", "pipelin.py", "model", "`model.python: pipelin.py` does not exist"),
        (PLAIN_PYTHON, "python9", "python", "python9 is not a program here"),
        (PLAIN_PYTHON, "/bin/false", "python", "does not start"),
    ],
)
def test_what_is_wrong_is_named(
    root: Path, old: str, new: str, subject: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = root / "gatebot.yml"
    config.write_text(config.read_text().replace(old, new))
    code, lines = _examined(capsys)
    assert code == 2
    assert lines[subject]["state"] == "bad"
    assert said in lines[subject]["says"]


@pytest.mark.parametrize(
    ("metrics", "state", "said"),
    [
        ("[{metric: accuracy}]", "ok", "accuracy"),
        ("[{metric: mae}]", "bad", "metrics[0]: there is no metric 'mae' for classification"),
        ("[{metric: recall, of: nobody}]", "bad", "no eval row is of the class 'nobody'"),
    ],
)
def test_declared_metrics_are_looked_at(
    root: Path, metrics: str, state: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = root / "gatebot.yml"
    config.write_text(f"{config.read_text()}metrics: {metrics}\n")
    code, lines = _examined(capsys)
    assert (code, lines["metrics"]["state"]) == (0 if state == "ok" else 2, state)
    assert said in lines["metrics"]["says"]


def test_short_memory_is_a_note(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = root / "gatebot.yml"
    config.write_text(config.read_text().replace("smoke: {", "smoke: {memory: 100TB, "))
    code, lines = _examined(capsys)
    assert (code, lines["memory"]["state"]) == (0, "note")


@pytest.mark.usefixtures("root")
def test_a_token_that_nobody_answers_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-of-mine")
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/b")
    monkeypatch.setenv("GITHUB_API_URL", "http://localhost:9")
    code, lines = _examined(capsys)
    assert lines["rights"]["state"] == "note"
    assert "secret-of-mine" not in str(lines)
    assert code == (5 if lines["isolation"]["says"].partition(" ")[0].rstrip(";") != "full" else 0)


def test_a_stored_baseline_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "note.txt").write_text("a second commit")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "second")
    _, lines = _examined(capsys)
    assert lines["baseline"]["hint"] == "A run trains it here first."


def test_a_release_that_is_not_stored_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = root / "gatebot.yml"
    config.write_text(config.read_text() + "baseline: {anchor: HEAD}\n")
    git(root, "commit", "--quiet", "--all", "--message", "Name a release")
    git(root, "checkout", "--quiet", "-b", "topic")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    _, lines = _examined(capsys)
    assert "no baseline of HEAD" in lines["anchor"]["says"]


@pytest.mark.usefixtures("root")
def test_lines_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    *lines, empty, last = capsys.readouterr().out.splitlines()
    assert last == "a run can work here"
    assert empty == ""
    assert len({line.index(line[4:].split("  ")[-1].lstrip()) for line in lines if line.startswith("ok")} - {0}) >= 1
    assert all(line[:4] in ("ok  ", "--  ", "    ") for line in lines)


def test_a_folder_of_gatebots_that_a_commit_brought_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {".gatebot/report.json": "{}"})
    git(root, "add", "--force", ".gatebot")
    code, lines = _examined(capsys)
    assert code == 2
    assert lines["own folder"]["state"] == "bad"
    assert "git rm -r --cached" in lines["own folder"]["hint"]
