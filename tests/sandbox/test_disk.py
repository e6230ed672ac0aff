"""Disk use is found whatever the shape of the tree, and in slices."""

import os
from pathlib import Path

import pytest

from gatebot.sandbox import disk


def test_all_of_a_tree_counts(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(bytes(1 << 20))
    assert 1 << 20 <= disk.whole((tmp_path,)) < (1 << 20) + 20_000


def test_holes_do_not_count_and_empty_files_do(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert disk.whole((tmp_path,)) < 1 << 20
    for n in range(100):
        (tmp_path / f"{n}").touch()
    assert disk.whole((tmp_path,)) >= 100 * disk.LEAST


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(1 << 20))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/up").symlink_to(tmp_path)
    assert disk.whole((tmp_path / "d",)) < 1 << 19


def test_it_comes_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "SLICE", 10)
    for n in range(35):
        (tmp_path / f"{n}").touch()
    totals = list(disk.size((tmp_path,)))
    assert totals == sorted(totals)
    assert len(totals) == 4


def test_what_vanishes_meanwhile_is_nothing(tmp_path: Path) -> None:
    assert disk.whole((tmp_path / "gone",)) == 0


def test_a_tree_too_deep_to_be_named_is_over_any_limit(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(50):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.chdir(here)
    assert disk.whole((tmp_path,)) == disk.TOO_DEEP
