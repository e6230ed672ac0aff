"""`gatebot init`: what it says, tries and asks, what it writes, what it leaves alone."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from gatebot.cli.main import main
from tests.collect.repository import git
from tests.discovery.repositories import make

from . import laptop, tiny

WRITTEN = [
    "gatebot.yml",
    "gatebot_pipeline.py",
    ".github/workflows/gatebot.yml",
    ".github/workflows/gatebot-approve.yml",
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make("main_guard", tmp_path, rows=120)
    monkeypatch.chdir(root)
    return root


def test_print_shows_all_and_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--print"]) == 0
    shown = capsys.readouterr().out
    assert all(f"# ---- {name}" in shown for name in WRITTEN)
    assert git(repository, "status", "--porcelain") == ""


def test_what_is_there_is_left_alone(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "gatebot.yml").write_text("mine")
    assert main(["init", "--no-trial"]) == 2
    assert "gatebot.yml: there already" in capsys.readouterr().err
    assert (repository / "gatebot.yml").read_text() == "mine"
    assert not (repository / ".github").exists()


def test_unless_forced(repository: Path) -> None:
    (repository / "gatebot.yml").write_text("mine")
    assert main(["init", "--no-trial", "--force"]) == 0
    assert "species" in (repository / "gatebot.yml").read_text()


def test_without_workflows(repository: Path) -> None:
    assert main(["init", "--no-trial", "--no-workflow"]) == 0
    assert not (repository / ".github").exists()


def test_forks_add_the_privileged_workflow(repository: Path) -> None:
    assert main(["init", "--no-trial", "--forks"]) == 0
    assert "command: collect" in (repository / ".github/workflows/gatebot.yml").read_text()
    assert (repository / ".github/workflows/gatebot-publish.yml").exists()


def test_ignored_folder_is_named_once(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.pyc\n.gatebot\n")
    main(["init", "--no-trial"])
    assert (repository / ".gitignore").read_text() == "*.pyc\n.gatebot\n"


def test_project_in_a_folder_gets_workflows_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    inner = make("main_guard", tmp_path, rows=120)
    git_folder = inner / ".git"
    git_folder.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--no-trial", "--config", "main-guard/gatebot.yml"]) == 0
    assert "then `gatebot run --config main-guard/gatebot.yml`" in capsys.readouterr().out
    assert (inner / "gatebot.yml").exists()
    [text] = [file.read_text() for file in (tmp_path / ".github/workflows").glob("*-main-guard.yml")]
    assert "config: main-guard/gatebot.yml" in text
    assert "branches: [trunk]" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "colour"], "has no column 'colour'"),
        (["--data", "no.csv"], "no.csv: no such file"),
        (["--train", "no.py"], "no.py: no such Python file"),
    ],
)
def test_what_the_user_says_has_to_exist(
    repository: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--no-trial", *words]) == 2
    assert said in capsys.readouterr().err


def test_what_the_user_says_wins(repository: Path) -> None:
    assert main(["init", "--no-trial", "--target", "petal_width"]) == 0
    assert "target: petal_width  # as you said" in (repository / "gatebot.yml").read_text()


def test_workflows_are_never_written_through_a_link(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkout chooses its links: this one leads to another place of the user's."""
    elsewhere = repository.parent / "elsewhere"
    elsewhere.mkdir()
    (repository / ".github").symlink_to(elsewhere)
    assert main(["init", "--no-trial", "--force"]) == 2
    assert "lies behind .github, a symbolic link" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


FITTED = {name: text for name, text in tiny.files().items() if name != "gatebot.yml"}
BROKEN = tiny.PIPELINE.replace("for row in listed(rows):", "for row in listed(rows)[:0]:", 1)


def _laptop(folder: Path, **changed: str) -> Path:
    return laptop.repository(folder / "tiny", {**FITTED, **{f"{name}.py": text for name, text in changed.items()}})


@pytest.fixture
def fitted(tmp_path: Path) -> Path:
    """A repository that the trial can train: functions of the usual names, and nothing to install."""
    return _laptop(tmp_path)


def test_what_is_written_was_tried(fitted: Path) -> None:
    done = laptop.gatebot(fitted, "init", "--yes")
    assert done.code == 0, done.err
    assert "trial   works: " in done.out
    assert re.search(r"accuracy +0\.9\d\d \[0\.\d{3}, \d\.\d{3}\], trivial model 0\.\d{3}", done.out)
    assert "surely better than the trivial model in accuracy" in done.out
    assert re.search(r"`gatebot run --as-baseline` on main takes \d+ trainings", done.out)
    assert "training 1 of" in done.err
    assert laptop.gatebot(fitted, "run", "--quiet").code == 0


def test_a_metric_that_has_no_value_is_left_out(fitted: Path) -> None:
    done = laptop.gatebot(fitted, "init", "--yes")
    assert "log_loss has no value with what the model predicts, and is left out" in done.out
    assert "log_loss" not in (fitted / "gatebot.yml").read_text()


def test_what_was_found_is_said_in_ten_lines_with_how_sure_it_is(fitted: Path) -> None:
    laptop.write(fitted, {"old.py": "x = 1\n"})
    done = laptop.gatebot(fitted, "init", "--no-trial")
    told = done.out.partition("\ntrial ")[0].splitlines()
    assert 8 <= len(told) <= 11
    assert any(line == "target  label (by its name)  [likely]" for line in told), told
    assert any("pipeline.py; never imported by training: old.py" in line for line in told)
    assert "trial   not tried: --no-trial" in done.out


def test_what_does_not_work_is_a_to_do_where_nobody_can_be_asked(tmp_path: Path) -> None:
    root = _laptop(tmp_path, pipeline=BROKEN)
    done = laptop.gatebot(root, "init")
    assert done.code == 0, done.err
    assert "trial   it does not work yet: training crashed (exit code 1)" in done.out
    assert "ZeroDivisionError" in done.out
    assert "to do: correct gatebot.yml" in done.out
    assert "next: " not in done.out
    assert (root / "gatebot.yml").exists()


def test_beside_a_token_nothing_is_trained_below_full_isolation(fitted: Path) -> None:
    done = laptop.gatebot(fitted, "init", "--no-workflow", env={"GITHUB_TOKEN": "secret-of-mine"})
    assert done.code == 0, done.err
    told = "your code could read GITHUB_TOKEN here; for a trial: env -u GITHUB_TOKEN gatebot init"
    assert told in done.out or "isolation full" in done.out
    assert "secret-of-mine" not in done.out + done.err


def test_what_cannot_be_undone_is_not_begun(fitted: Path) -> None:
    """Files that are there are refused before anything is trained."""
    laptop.write(fitted, {"gatebot.yml": "mine"})
    done = laptop.gatebot(fitted, "init")
    assert (done.code, "training" in done.err) == (2, False)
    assert "gatebot.yml: there already" in done.err


def test_data_that_a_workflow_will_not_have_is_named(fitted: Path) -> None:
    assert "is not in git" not in laptop.gatebot(fitted, "init", "--no-trial").out
    git(fitted, "rm", "--quiet", "--cached", "data/rows.csv")
    done = laptop.gatebot(fitted, "init", "--no-trial", "--force")
    assert "note    data/rows.csv is not in git: commit it, or say with `data.fetch`" in done.out


def test_undo(fitted: Path) -> None:
    before = git(fitted, "status", "--porcelain", "--ignored")
    assert laptop.gatebot(fitted, "init", "--no-trial").code == 0
    done = laptop.gatebot(fitted, "init", "--undo")
    assert (done.code, "undone  gatebot.yml" in done.out) == (0, True)
    assert git(fitted, "status", "--porcelain", "--ignored") == before


def test_nothing_of_a_repository_runs_outside_of_the_sandbox(fitted: Path, tmp_path: Path) -> None:
    """Code at import, hooks of git and settings of the repository: what they would write stands nowhere."""
    mark = tmp_path / "mark"
    code = f"import pathlib\ntry:\n    pathlib.Path({str(mark)!r}).write_text('x')\nexcept OSError:\n    pass\n"
    laptop.write(fitted, {"pipeline.py": code + tiny.PIPELINE, "sitecustomize.py": code, "conftest.py": code})
    hook = fitted / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    git(fitted, "config", "core.fsmonitor", f"touch {mark}; false")
    done = laptop.gatebot(fitted, "init", "--yes")
    assert "trial   works" in done.out or "trial   not tried" in done.out, done.out + done.err
    assert not mark.exists()


def _in_terminal(folder: Path, typed: str, *args: str) -> tuple[int, str]:
    """Run `gatebot ARGS` with a terminal in which this is typed; return the exit code and what the terminal shows."""
    ours, theirs = pty.openpty()
    environment = laptop.plain_environment(folder.parent)
    with subprocess.Popen(
        [*laptop.QUICK, *args], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = bytearray()
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    return process.returncode, shown.decode(errors="replace")


@pytest.mark.parametrize(
    ("typed", "words", "column"),
    [("2\n", (), "b"), ("a\n", (), "a"), ("\n", (), None), ("1\n", ("--yes",), None)],
)
def test_a_terminal_is_asked_for_the_target(
    typed: str, words: tuple[str, ...], column: str | None, tmp_path: Path
) -> None:
    rows = "a,b,x\n" + "".join(f"{at % 2},{at % 3},{at}\n" for at in range(60))
    code = "def train(rows, seed):\n    return rows['a'], rows['b']\n\n\ndef predict(model, rows):\n    return [0]\n"
    root = laptop.repository(tmp_path / "two", {"rows.csv": rows, "pipeline.py": code})
    exit_code, shown = _in_terminal(root, typed, "init", "--no-trial", *words)
    assert exit_code == (0 if column else 2), shown
    assert ("Which is it?" in shown) is not bool(words)
    if column:
        assert f"target: {column}  # as you said" in (root / "gatebot.yml").read_text()
    else:
        assert not (root / "gatebot.yml").exists()


@pytest.mark.parametrize(("typed", "written"), [("n\n", False), ("y\n", True)])
def test_a_terminal_is_asked_whether_to_write_what_does_not_work(typed: str, written: bool, tmp_path: Path) -> None:
    root = _laptop(tmp_path, pipeline=BROKEN)
    exit_code, shown = _in_terminal(root, typed, "init")
    assert exit_code == 0, shown
    assert "Write it all the same" in shown
    assert (root / "gatebot.yml").exists() is written
