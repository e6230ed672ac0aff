"""What gatebot keeps is known by kind and age, measured once, and removed without leaving its folder."""

import os
import time
from pathlib import Path

import pytest

from gatebot.repository.kept_files import READY, DiskUse, KeptKind, kept_parts, removed

COMMIT = "a" * 40
PLACES = {
    "env/1a/content/lib/x.py": (KeptKind.ENVIRONMENT, "env/1a"),
    "proposed/2b/content/x.py": (KeptKind.ENVIRONMENT, "proposed/2b"),
    "python/3c/content/bin/python": (KeptKind.ENVIRONMENT, "python/3c"),
    "fetch/4d/content/data.csv": (KeptKind.DATA, "fetch/4d"),
    f"baseline/{COMMIT}/snapshot/part": (KeptKind.BASELINE, f"baseline/{COMMIT}"),
    "baseline/.writing/part": (KeptKind.LEFT, "baseline/.writing"),
    "report.json": (KeptKind.RUN, "report.json"),
    "head/snapshot/part": (KeptKind.RUN, "head"),
    "base/snapshot/part": (KeptKind.RUN, "base"),
    "bug.md": (KeptKind.RUN, "bug.md"),
    "pr-12/head/snapshot/part": (KeptKind.RUN, "pr-12"),
    "gatebot-tree-x/tree/a.py": (KeptKind.LEFT, "gatebot-tree-x"),
    ".writing": (KeptKind.LEFT, ".writing"),
}
FOREIGN = (".gitignore", "in-use.lock", "notes.txt", "mine/table.csv", "baseline/.gitignore", "baseline/notes.md")


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


@pytest.mark.parametrize("name", PLACES)
def test_each_part_is_known_by_its_place(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    [part] = kept_parts(tmp_path)
    assert (part.kind, part.name) == PLACES[name]


@pytest.mark.parametrize("name", FOREIGN)
def test_what_gatebot_has_not_made_is_no_part(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    assert kept_parts(tmp_path) == []


def test_an_entry_is_as_old_as_its_last_use_and_goes_with_its_lock(tmp_path: Path) -> None:
    put(tmp_path, "env/1a/content/x.py", f"env/1a/{READY}", "env/1a.lock", "env/2b.lock")
    for place in ("env/1a", "env/1a.lock"):
        os.utime(tmp_path / place, (5, 5))
    now = time.time()
    os.utime(tmp_path / "env/1a" / READY, (now, now))
    first, second = kept_parts(tmp_path)
    assert first.used_at == pytest.approx(now, abs=1)
    assert [str(path) for path in first.paths] == [f"env/1a/{READY}", "env/1a", "env/1a.lock"]
    assert second.name == "env/2b.lock"
    removed(tmp_path, first)
    removed(tmp_path, second)
    assert list((tmp_path / "env").iterdir()) == []


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    own, outside = tmp_path / "own", tmp_path / "outside"
    put(outside, "1a/content/x", "head/x")
    own.mkdir()
    (own / "env").symlink_to(outside)
    (own / "head").symlink_to(outside / "head")
    put(own, "proposed/2b/content/x")
    (own / "proposed/3c").symlink_to(outside)
    (own / "proposed/2b/content/out").symlink_to(outside)
    for part in kept_parts(own):
        removed(own, part)
    assert sorted(path.name for path in own.iterdir()) == ["proposed"]
    assert (outside / "1a/content/x").exists()
    assert (outside / "head/x").exists()


def test_a_folder_that_has_become_a_link_meanwhile_is_not_entered(tmp_path: Path) -> None:
    own, outside = tmp_path / "own", tmp_path / "outside"
    put(own, "env/1a/content/x")
    put(outside, "1a/content/x")
    [part] = kept_parts(own)
    (own / "env").rename(own / "moved")
    (own / "env").symlink_to(outside)
    removed(own, part)
    assert (outside / "1a/content/x").exists()


def test_a_file_of_two_names_counts_once_and_frees_nothing_while_one_is_left(tmp_path: Path) -> None:
    put(tmp_path, "env/1a/x", "env/2b/other")
    (tmp_path / "env/1a/x").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "env/1a/x", tmp_path / "env/2b/x")
    one, other = kept_parts(tmp_path)
    both = DiskUse.of(tmp_path, (*one.paths, *other.paths))
    alone = DiskUse.of(tmp_path, one.paths)
    assert 100_000 <= both.bytes < 200_000
    assert both.freed == both.bytes
    assert alone.bytes >= 100_000 > alone.freed
