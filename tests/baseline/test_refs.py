"""Baselines in the repository: fetched one at a time, few, and away from branches and the work tree."""

import subprocess
from pathlib import Path

import pytest

from gatebot.baseline.refs import RefBackend
from gatebot.baseline.store import BackendStore, Found
from gatebot.errors import MachineError
from tests.baseline.kept import COMMITS, NOW, folder_of


def _git(where: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(where), *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    return tmp_path / "remote.git"


def _clone(remote: Path, name: str) -> Path:
    clone = remote.parent / name
    subprocess.run(["git", "clone", "--quiet", str(remote), str(clone)], check=True, stderr=subprocess.DEVNULL)
    return clone


def test_what_one_clone_keeps_another_finds(remote: Path, tmp_path: Path) -> None:
    BackendStore(RefBackend(_clone(remote, "one"), "tickets")).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    other = _clone(remote, "other")
    answer = BackendStore(RefBackend(other, "tickets")).find(COMMITS[:2], NOW, labels=True)
    assert isinstance(answer, Found)
    assert _git(other, "status", "--porcelain") == ""
    assert _git(other, "branch", "--all") == ""


@pytest.mark.whole
def test_only_the_wanted_one_is_fetched_and_labels_only_when_asked(remote: Path, tmp_path: Path) -> None:
    stored = BackendStore(RefBackend(_clone(remote, "one"), "tickets"))
    for commit in COMMITS[:3]:
        stored.keep(folder_of(tmp_path, commit), commit)
    other = _clone(remote, "other")
    BackendStore(RefBackend(other, "tickets")).find(COMMITS[1:], NOW)
    refs = _git(other, "for-each-ref", "--format=%(refname)", "refs/gatebot/").split()
    assert [ref.rpartition("/")[2].partition("-")[0] for ref in refs] == [COMMITS[1]]
    assert all(ref.startswith("refs/gatebot/tickets/snapshot/") for ref in refs)


def test_projects_of_one_repository_are_apart(remote: Path, tmp_path: Path) -> None:
    clone = _clone(remote, "one")
    BackendStore(RefBackend(clone, "tickets")).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    assert not isinstance(BackendStore(RefBackend(clone, "prices")).find(COMMITS[:1], NOW), Found)


@pytest.mark.whole
def test_the_oldest_go_from_both_ends(remote: Path, tmp_path: Path) -> None:
    stored = BackendStore(RefBackend(_clone(remote, "one"), "tickets", most=2))
    other = BackendStore(RefBackend(_clone(remote, "other"), "tickets", most=2))
    for place, commit in enumerate(COMMITS[:4]):
        (stored, other)[place % 2].keep(folder_of(tmp_path, commit, hours=10 - place), commit)
    refs = _git(remote, "for-each-ref", "--format=%(refname)").split()
    assert {ref.rpartition("/")[2].partition("-")[0] for ref in refs} == {COMMITS[2], COMMITS[3]}
    assert len(refs) == 4  # Snapshot and labels


def test_a_remote_that_cannot_be_asked_is_not_a_missing_baseline(remote: Path, tmp_path: Path) -> None:
    clone = _clone(remote, "one")
    remote.rename(tmp_path / "gone.git")
    stored = BackendStore(RefBackend(clone, "tickets"))
    with pytest.raises(MachineError, match="cannot be reached"):
        stored.find(COMMITS[:1], NOW)
    with pytest.raises(MachineError, match="cannot be reached"):
        stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])


def test_a_remotes_name_is_never_an_option(remote: Path, tmp_path: Path) -> None:
    clone = _clone(remote, "one")
    with pytest.raises(MachineError):
        BackendStore(RefBackend(clone, "tickets", remote=f"--upload-pack=touch {tmp_path}/pwned")).find(
            COMMITS[:1], NOW
        )
    assert not (tmp_path / "pwned").exists()


def test_hooks_of_the_clone_do_not_run(remote: Path, tmp_path: Path) -> None:
    clone = _clone(remote, "one")
    for name in ("pre-push", "reference-transaction"):
        hook = clone / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    BackendStore(RefBackend(clone, "tickets")).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    assert not (tmp_path / "ran").exists()
