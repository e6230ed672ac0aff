import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect.shelf import NOTE, Shelf
from gatebot.errors import MachineError


def making(home: Path) -> dict[str, Any]:
    (home / "file").write_text("made")
    return {"of": "this"}


def test_what_was_made_once_is_not_made_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    first, second = shelf.get("d", making), shelf.get("d", making)
    assert (first.cached, second.cached) == (False, True)
    assert (first.path, first.note) == (second.path, second.note) == (second.path, {"of": "this"})
    assert (second.path / "file").read_text() == "made"


def test_what_failed_leaves_nothing(tmp_path: Path) -> None:
    def failing(home: Path) -> dict[str, Any]:
        making(home)
        raise MachineError("no")

    shelf = Shelf(tmp_path)
    with pytest.raises(MachineError, match="no"):
        shelf.get("d", failing)
    assert not (tmp_path / "d").exists()
    assert shelf.get("d", making).cached is False


@pytest.mark.parametrize("note", [None, "{", ""])
def test_what_an_interrupted_maker_left_is_made_anew(tmp_path: Path, note: str | None) -> None:
    left = tmp_path / "d/content"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    if note is not None:
        (tmp_path / "d" / NOTE).write_text(note)
    kept = Shelf(tmp_path).get("d", making)
    assert sorted(path.name for path in kept.path.iterdir()) == ["file"]


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    made = []

    def slowly(home: Path) -> dict[str, Any]:
        made.append(home)
        time.sleep(0.1)
        return making(home)

    threads = [threading.Thread(target=Shelf(tmp_path).get, args=("d", slowly)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_only_the_longest_unused_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, most=2)
    for name in ("old", "young", "used"):
        shelf.get(name, making)
    os.utime(tmp_path / "old" / NOTE, (0, 0))
    os.utime(tmp_path / "used" / NOTE, (0, 0))
    shelf.get("used", making)
    shelf.get("new", making)
    assert sorted(path.parent.name for path in tmp_path.glob(f"*/{NOTE}")) == ["new", "used", "young"]


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be used as a cache") as caught:
        Shelf(tmp_path / "file/shelf").get("d", making)
    assert "GATEBOT_CACHE" in caught.value.hint
