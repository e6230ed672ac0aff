import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect.cache import NOTE, Cache
from gatebot.errors import MachineError


def making(home: Path) -> dict[str, Any]:
    (home / "file").write_text("made")
    return {"of": "this"}


def test_what_was_made_once_is_not_made_again(tmp_path: Path) -> None:
    folders = Cache(tmp_path / "cache")
    first, second = folders.get("d", making), folders.get("d", making)
    assert (first.cached, second.cached) == (False, True)
    assert (first.path, first.note) == (second.path, second.note) == (second.path, {"of": "this"})
    assert (second.path / "file").read_text() == "made"


def test_what_failed_leaves_nothing(tmp_path: Path) -> None:
    def failing(home: Path) -> dict[str, Any]:
        making(home)
        raise MachineError("no")

    folders = Cache(tmp_path)
    with pytest.raises(MachineError, match="no"):
        folders.get("d", failing)
    assert not (tmp_path / "d").exists()
    assert folders.get("d", making).cached is False


@pytest.mark.parametrize("note", [None, "{", ""])
def test_what_an_interrupted_maker_left_is_made_anew(tmp_path: Path, note: str | None) -> None:
    left = tmp_path / "d/content"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    if note is not None:
        (tmp_path / "d" / NOTE).write_text(note)
    kept = Cache(tmp_path).get("d", making)
    assert sorted(path.name for path in kept.path.iterdir()) == ["file"]


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    made = []

    def slowly(home: Path) -> dict[str, Any]:
        made.append(home)
        time.sleep(0.1)
        return making(home)

    threads = [threading.Thread(target=Cache(tmp_path).get, args=("d", slowly)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_only_the_longest_unused_go(tmp_path: Path) -> None:
    folders = Cache(tmp_path, most=2)
    for name in ("old", "young", "used"):
        folders.get(name, making)
    os.utime(tmp_path / "old" / NOTE, (0, 0))
    os.utime(tmp_path / "used" / NOTE, (0, 0))
    folders.get("used", making)
    folders.get("new", making)
    assert sorted(path.parent.name for path in tmp_path.glob(f"*/{NOTE}")) == ["new", "used", "young"]


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be used as a cache") as caught:
        Cache(tmp_path / "file/cache").get("d", making)
    assert "GATEBOT_CACHE" in caught.value.hint


def committed(entry: Path) -> None:
    """An environment that a pull request brings along, with a note as it could write one."""
    (entry / "content").mkdir(parents=True)
    (entry / "content/file").write_text("planted")
    (entry / NOTE).write_text('{"note": {"of": "this"}, "seal": "0"}')


def changed(entry: Path) -> None:
    (entry / "content/file").write_text("planted")


def grown(entry: Path) -> None:
    (entry / "content/sitecustomize.py").write_text("planted")


def swapped_for_a_link(entry: Path) -> None:
    (entry / "content/file").unlink()
    (entry / "content/file").symlink_to("/etc/passwd")


def renamed(entry: Path) -> None:
    """Another folder that gatebot made, in the place of this one."""
    Cache(entry.parent).get("other", making)
    entry.rename(entry.with_name("away"))
    entry.with_name("other").rename(entry)


@pytest.mark.parametrize("plant", [committed, changed, grown, swapped_for_a_link, renamed])
def test_what_is_not_as_it_was_made_is_made_anew(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    folders = Cache(tmp_path / "cache")
    if plant is not committed:
        folders.get("d", making)
    plant(tmp_path / "cache/d")
    kept = folders.get("d", making)
    assert not kept.cached
    assert {path.name: path.read_text() for path in kept.path.iterdir()} == {"file": "made"}
    assert folders.get("d", making).cached


def test_what_is_found_counts_as_used(tmp_path: Path) -> None:
    folders = Cache(tmp_path)
    folders.get("d", making)
    os.utime(tmp_path / "d" / NOTE, (5, 5))
    assert folders.find("d") is not None
    assert (tmp_path / "d" / NOTE).stat().st_mtime > time.time() - 60
