"""`gatebot init`: what it writes, what it leaves alone."""

from pathlib import Path

import pytest

from gatebot.cli.main import main
from tests.collect.repository import git
from tests.discovery.repositories import make

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
    assert main(["init"]) == 2
    assert "gatebot.yml: there already" in capsys.readouterr().err
    assert (repository / "gatebot.yml").read_text() == "mine"
    assert not (repository / ".github").exists()


def test_unless_forced(repository: Path) -> None:
    (repository / "gatebot.yml").write_text("mine")
    assert main(["init", "--force"]) == 0
    assert "species" in (repository / "gatebot.yml").read_text()


def test_without_workflows(repository: Path) -> None:
    assert main(["init", "--no-workflow"]) == 0
    assert not (repository / ".github").exists()


def test_forks_add_the_privileged_workflow(repository: Path) -> None:
    assert main(["init", "--forks"]) == 0
    assert "command: collect" in (repository / ".github/workflows/gatebot.yml").read_text()
    assert (repository / ".github/workflows/gatebot-publish.yml").exists()


def test_ignored_folder_is_named_once(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.pyc\n.gatebot\n")
    main(["init"])
    assert (repository / ".gitignore").read_text() == "*.pyc\n.gatebot\n"


def test_project_in_a_folder_gets_workflows_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    inner = make("main_guard", tmp_path, rows=120)
    git_folder = inner / ".git"
    git_folder.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--config", "main-guard/gatebot.yml"]) == 0
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
    assert main(["init", *words]) == 2
    assert said in capsys.readouterr().err


def test_what_the_user_says_wins(repository: Path) -> None:
    assert main(["init", "--target", "petal_width"]) == 0
    assert "target: petal_width  # as you said" in (repository / "gatebot.yml").read_text()


def test_workflows_are_never_written_through_a_link(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkout chooses its links: this one leads to another place of the user's."""
    elsewhere = repository.parent / "elsewhere"
    elsewhere.mkdir()
    (repository / ".github").symlink_to(elsewhere)
    assert main(["init", "--force"]) == 2
    assert "lies behind .github, a symbolic link" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []
