"""Scratches change hands and come back; what was linked in from outside never does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatebot.errors import MachineError
from gatebot.sandbox import Reach, leftovers, scratch
from gatebot.sandbox.isolation import SANDBOX_UIDS
from gatebot.sandbox.scratch_folder import lent

UID = SANDBOX_UIDS[-1]  # the last one that a run beside these tests would take


def test_a_scratch_is_made_and_removed() -> None:
    with scratch() as place:
        assert place.stat().st_mode & 0o777 == 0o711
        deep = place
        for _ in range(300):
            deep = deep / "d"
        deep.mkdir(parents=True)
    assert not place.exists()


def test_no_room_is_the_machines_fault() -> None:
    with pytest.raises(MachineError, match="/no/such"), scratch(under=Path("/no/such")):
        pass


def test_lent_and_taken_back(full: Reach, place: Path) -> None:
    (place / "a/b").mkdir(parents=True)
    (place / "a/b/c").write_text("x")
    (place / "link").symlink_to("/etc/passwd")
    with lent(place, (), UID):
        assert {path.lstat().st_uid for path in (place, *place.rglob("*"))} == {UID}
        (place / "a/b/c").chmod(0o4700)
    assert {path.stat().st_uid for path in (place, *place.rglob("*"))} == {0}
    assert (place / "a/b/c").stat().st_mode & 0o7777 == 0o744
    assert place.stat().st_mode & 0o777 == 0o711
    assert Path("/etc/passwd").stat().st_uid == 0


def test_files_with_several_names_stay_with_their_owner(full: Reach, place: Path) -> None:
    (place / "outside").mkdir()
    (place / "outside/shadow").write_text("root's")
    inside = place / "inside"
    inside.mkdir()
    os.link(place / "outside/shadow", inside / "mine")
    with lent(inside, (), UID):
        assert (place / "outside/shadow").stat().st_uid == 0


def test_a_lent_scratch_is_no_litter(full: Reach) -> None:
    """A gatebot that is killed leaves its scratch lent; the next one must not take it for a leftover file."""
    with scratch() as place, lent(place, (), UID):
        assert place.stat().st_uid == UID
        assert place not in list(leftovers.of(UID))


def test_litter_is_found_and_removed(full: Reach) -> None:
    path = Path(f"/var/tmp/gatebot-litter-{os.getpid()}")
    path.touch()
    os.chown(path, UID, UID)
    assert path in list(leftovers.of(UID))
    leftovers.remove_of(UID)
    assert not path.exists()


def test_a_scratch_that_a_killed_gatebot_left_lent_comes_back(full: Reach, place: Path) -> None:
    os.chown(place, UID, 0)
    with lent(place, (), UID):
        pass
    assert place.stat().st_uid == 0


def test_nobody_else_may_write_where_a_scratch_is_walked(full: Reach, place: Path) -> None:
    """Another run could put a link there in the place of a directory that was listed: root would follow it."""
    (place / "a/b").mkdir(parents=True)
    (place / "a").chmod(0o777)
    with lent(place, (), UID):
        assert not (place / "a").stat().st_mode & 0o022
        (place / "a/b").chmod(0o777)
        (place / "a/b/theirs").mkdir()
        (place / "a/b/theirs").chmod(0o777)
        os.chown(place / "a/b/theirs", UID - 1, UID - 1)
    for folder in (place / "a", place / "a/b", place / "a/b/theirs"):
        assert folder.stat().st_uid == 0
        assert not folder.stat().st_mode & 0o022


def test_a_directory_is_closed_before_it_is_listed(full: Reach, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = place / "a/b"
    inner.mkdir(parents=True)
    (place / "a").chmod(0o777)
    inner.chmod(0o777)
    listed: list[int] = []
    real = os.scandir

    def listing(path: str) -> Iterator["os.DirEntry[str]"]:
        listed.append(Path(path).stat().st_mode & 0o022)
        return real(path)

    monkeypatch.setattr(os, "scandir", listing)
    with lent(place, (), UID):
        inner.chmod(0o777)
    assert len(listed) >= 6
    assert not any(listed)
