"""What gatebot writes and reads as its own is never what a commit has put there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gatebot.errors import MachineError, UsageError
from gatebot.repository.own_folder import cache, chosen, require_owned, unused, used, usual
from tests.repository.test_git import commit, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    git(root, "init")
    commit(root, 1, a="x")
    return root


def a_link(root: Path) -> None:
    (root.parent / "elsewhere").mkdir()
    (root / ".gatebot").symlink_to(root.parent / "elsewhere")


def a_link_to_nothing(root: Path) -> None:
    (root / ".gatebot").symlink_to("/nowhere")


def a_file(root: Path) -> None:
    (root / ".gatebot").write_text("")


def a_pipe(root: Path) -> None:
    os.mkfifo(root / ".gatebot")


def tracked_files(root: Path) -> None:
    (root / ".gatebot" / "env").mkdir(parents=True)
    (root / ".gatebot" / "env" / "ready.json").write_text("{}")
    (root / ".gitignore").write_text(".gatebot/\n")
    git(root, "add", "--force", ".gatebot")


@pytest.mark.parametrize("plant", [a_link, a_link_to_nothing, a_file, a_pipe, tracked_files])
def test_what_a_commit_can_put_there_is_refused(root: Path, plant: Callable[[Path], None]) -> None:
    plant(root)
    with pytest.raises(UsageError, match=r"\.gatebot") as caught:
        require_owned(root / ".gatebot")
    assert caught.value.hint


def test_a_folder_behind_a_link_of_the_repository_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="lies behind out"):
        require_owned(root / "out" / "verdict")


def test_what_nobody_tracks_is_gatebots(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for folder in (Path(".gatebot"), root / "new" / "verdict", tmp_path / "outside", root):
        assert require_owned(folder) == folder
    (root / ".gatebot").mkdir()
    assert chosen(None, {}) == Path(".gatebot")


def test_a_workflow_job_keeps_it_outside_of_the_checkout(tmp_path: Path) -> None:
    job = {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(tmp_path)}
    assert usual(job) == tmp_path / "gatebot"
    assert "gatebot" not in cache(job, tmp_path).name, "user code sees where its environment lies"
    assert cache({}, tmp_path / "project") == tmp_path / "project" / ".gatebot"
    assert chosen(tmp_path / "other", job) == tmp_path / "other"
    for said in ("", str(tmp_path / "none")):
        with pytest.raises(MachineError, match="RUNNER_TEMP"):
            usual({**job, "RUNNER_TEMP": said})


def test_a_folder_in_use_is_no_change_of_the_work_tree_and_cannot_be_emptied(root: Path) -> None:
    folder = root / ".gatebot"
    with used(folder), used(folder):
        assert git(root, "status", "--porcelain") == ""
        with pytest.raises(UsageError, match=r"uses .* now"), unused(folder):
            pass
    with unused(folder):
        pass
