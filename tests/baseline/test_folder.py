"""Local baselines outlive a killed writer, stay few, and stay out of git."""

import subprocess
from pathlib import Path

from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.store import BackendStore, Found
from tests.baseline.kept import COMMITS, NOW, folder_of


def _kept(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".gitignore"}


def test_the_oldest_go(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root, most=3))
    for hours, commit in enumerate(COMMITS[:6], 1):
        stored.keep(folder_of(tmp_path, commit, hours=hours), commit)
    assert _kept(root) == {COMMITS[0], COMMITS[1], COMMITS[5]}  # the newest two, and what was kept last


def test_a_release_stays_however_old(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root, most=3))
    for place, commit in enumerate(COMMITS[:6]):
        stored.keep(folder_of(tmp_path, commit, hours=10 - place), commit, spared=(COMMITS[0],))
    assert _kept(root) == {COMMITS[0], *COMMITS[3:6]}


def test_twenty_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root))
    for commit in COMMITS[:23]:
        stored.keep(folder_of(tmp_path, commit), commit)
    assert len(_kept(root)) == 20


def test_a_folder_of_the_users_own_keeps_all_and_is_not_hidden(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    stored = BackendStore(FolderBackend(root, most=None, ignored=False))
    for commit in COMMITS[:22]:
        stored.keep(folder_of(tmp_path, commit), commit)
    assert {path.name for path in root.iterdir()} == set(COMMITS[:22])


def test_only_baselines_go(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    (root / "notes").mkdir(parents=True)
    stored = BackendStore(FolderBackend(root, most=1))
    for commit in COMMITS[:2]:
        stored.keep(folder_of(tmp_path, commit), commit)
    assert _kept(root) == {"notes", COMMITS[1]}


def test_half_a_baseline_is_none_and_goes(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    half = folder_of(tmp_path, COMMITS[0])
    (half / "snapshot" / "snapshot.zip").unlink()
    root.mkdir()
    half.rename(root / ".writing")
    stored = BackendStore(FolderBackend(root))
    assert not isinstance(stored.find(COMMITS[:2], NOW), Found)
    stored.keep(folder_of(tmp_path, COMMITS[1]), COMMITS[1])
    assert _kept(root) == {COMMITS[1]}


def test_a_folder_without_its_snapshot_is_none(tmp_path: Path) -> None:
    root = tmp_path / "baseline"
    (root / COMMITS[0] / "snapshot").mkdir(parents=True)
    assert not isinstance(BackendStore(FolderBackend(root)).find(COMMITS[:1], NOW), Found)


def test_git_does_not_see_it(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    stored = BackendStore(FolderBackend(tree / ".gatebot" / "baseline"))
    stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    told = subprocess.run(["git", "-C", tree, "status", "--porcelain"], check=True, capture_output=True)
    assert told.stdout == b""
