import os
from pathlib import Path

import pytest

from gatebot.collect.bounded_read import UnreadableError, forget, read, size


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert read(tmp_path / "a", 3) == b"abc"


def test_a_file_that_is_not_there_is_another_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a", 3)


def test_what_is_no_plain_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"abcd")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "way").symlink_to("folder")
    (tmp_path / "folder/inside").write_bytes(b"a")
    for name in ("large", "link", "folder", "pipe", "way/inside"):
        with pytest.raises(UnreadableError, match=Path(name).name):
            read(tmp_path / name, 3)


def test_sizes_do_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    assert size(tmp_path / "none") is None
    assert size(tmp_path / "d") is None
    (tmp_path / "d/a").write_bytes(bytes(10))
    (tmp_path / "d/e/b").write_bytes(bytes(5))
    (tmp_path / "d/link").symlink_to("/usr")
    assert size(tmp_path / "d/a") == 10
    assert size(tmp_path / "d") == 15 + len("/usr")


def test_what_lies_behind_a_link_is_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "file").write_text("kept")
    (tmp_path / "files").symlink_to("away")
    forget(tmp_path / "files" / "file")
    assert (tmp_path / "away" / "file").read_text() == "kept"
    forget(tmp_path / "away" / "file")
    forget(tmp_path / "away" / "file")
    assert not (tmp_path / "away" / "file").exists()


def test_a_folder_in_the_place_of_a_file_is_out_of_the_way(tmp_path: Path) -> None:
    (tmp_path / "answers.csv" / "deep").mkdir(parents=True)
    forget(tmp_path / "answers.csv")
    (tmp_path / "answers.csv").write_text("new")
    assert read(tmp_path / "answers.csv", 3) == b"new"
