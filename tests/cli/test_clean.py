"""`gatebot clean`: what goes, what stays, and that nothing else is touched."""

import os
import time
from pathlib import Path

import pytest

from gatebot.cli import clean
from gatebot.cli.main import main
from gatebot.collect import interpreter_copy
from gatebot.errors import ExitCode
from gatebot.repository.own_folder import used
from tests.repository.test_git import commit, git

DAYS = 86_400


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an environment of yesterday, one of two months ago, and baselines of two commits."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init")
    wanted = commit(root, 1, a="x")
    (root / ".gitignore").write_text(".gatebot/\n")
    git(root, "switch", "--create", "gone")
    gone = commit(root, 2, b="x")
    git(root, "switch", "main")
    git(root, "branch", "-D", "gone")
    own = root / ".gatebot"
    for name, days in (("env/old", 60), ("env/new", 1), ("fetch/old", 60), (f"baseline/{wanted}", 60)):
        _put(own / name, days)
    _put(own / "baseline" / gone, 60)
    (own / "report.json").write_text("{}")
    (own / "notes.txt").write_text("mine")
    monkeypatch.chdir(root)
    return root


def _put(folder: Path, days: float) -> None:
    folder.mkdir(parents=True)
    (folder / "content").write_bytes(b"x" * 10_000)
    (folder / "ready.json").write_text("{}")
    at = time.time() - days * DAYS
    for path in (folder / "ready.json", folder):
        os.utime(path, (at, at))


def _left(project: Path) -> set[str]:
    own = project / ".gatebot"
    entries = {str(path.relative_to(own)) for path in own.glob("*/*")} | {p.name for p in own.iterdir() if p.is_file()}
    return {name[:14] for name in entries} - {"in-use.lock"}


def _baselines(project: Path) -> list[str]:
    return sorted(path.name for path in (project / ".gatebot/baseline").iterdir())


CASES = {
    "everything": ([], {"notes.txt"}, 1),
    "what is old": (["--keep", "30"], {"notes.txt", "env/new", "report.json"}, 1),
    "baselines, too": (["--baselines"], {"notes.txt"}, 0),
    "only a look": (["--dry-run"], {"notes.txt", "env/new", "env/old", "fetch/old", "report.json"}, 2),
    "nothing so old": (["--keep", "99.5"], {"notes.txt", "env/new", "env/old", "fetch/old", "report.json"}, 2),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stays(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, stays, baselines = CASES[case]
    wanted = git(project, "rev-parse", "HEAD")
    assert main(["clean", *words]) == 0
    assert {name for name in _left(project) if not name.startswith("baseline")} == stays
    assert len(_baselines(project)) == baselines
    assert baselines == 0 or wanted in _baselines(project)
    last = capsys.readouterr().out
    assert ("would free" if "--dry-run" in words else "freed") in last
    assert (".gatebot/env/old" in last) == (case != "nothing so old")
    assert ("kept 1 baseline of commits that branches or tags have" in last) == (case != "baselines, too")


def test_outside_of_a_repository_no_baseline_is_known_to_be_unwanted(tmp_path: Path) -> None:
    _put(tmp_path / ".gatebot/baseline" / ("a" * 40), 1)
    assert main(["clean", "--config", str(tmp_path / "gatebot.yml")]) == 0
    assert (tmp_path / ".gatebot/baseline" / ("a" * 40)).is_dir()


def test_while_a_run_uses_the_folder_nothing_goes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with used(project / ".gatebot"):
        assert main(["clean"]) == ExitCode.USAGE
        assert "a run of gatebot uses" in capsys.readouterr().err
        assert (project / ".gatebot/env/old").exists()
        assert main(["clean", "--dry-run"]) == 0
    assert main(["clean"]) == 0
    assert not (project / ".gatebot/env/old").exists()


def test_a_folder_that_a_commit_has_made_is_refused(project: Path, tmp_path: Path) -> None:
    (project / ".gatebot").rename(tmp_path / "real")
    (project / ".gatebot").symlink_to(tmp_path / "real")
    assert main(["clean"]) == ExitCode.USAGE
    assert (tmp_path / "real/env/old").exists()


def test_what_lies_elsewhere_is_named_and_stays(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreter_copy, "OPEN_CACHE", tmp_path / "open")
    place = interpreter_copy.place_beside(project / ".gatebot")
    _put(place / "env/old", 60)
    assert main(["clean"]) == 0
    assert f"{place} holds environments" in capsys.readouterr().out
    assert (place / "env/old").exists()


@pytest.mark.parametrize("days", ["-1", "nan", "soon"])
def test_days_that_are_no_number_are_refused(project: Path, days: str) -> None:
    assert main(["clean", "--keep", days]) == ExitCode.USAGE
    assert (project / ".gatebot/env/old").exists()


def test_where_there_is_nothing_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", "--config", str(tmp_path / "gatebot.yml")]) == 0
    assert "there is nothing to remove" in capsys.readouterr().out


@pytest.mark.parametrize(("large", "told"), [(1, True), (10**12, False)])
def test_a_run_says_how_large_the_folder_has_grown(
    project: Path, large: int, told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clean, "LARGE", large)
    clean.tell_size(project / ".gatebot")
    assert ("kB large: `gatebot clean --keep 30`" in capsys.readouterr().err) == told
