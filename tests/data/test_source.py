"""Patterns become files, or an error that names what is near."""

import os
import socket
from pathlib import Path

import pytest

from gatebot.data.digest import content
from gatebot.data.read import read
from gatebot.data.source import Source, locate
from gatebot.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "repo"
    (home / "data").mkdir(parents=True)
    for name in ("tickets.csv", "ticket_types.csv", "[odd].csv"):
        (home / "data" / name).write_text("x\n1\n")
    (home / ".git").mkdir()
    (home / ".git" / "config").write_text("token")
    (tmp_path / "outside.csv").write_text("x\n1\n")
    return home


def names(folder: Path, *patterns: str) -> list[str]:
    return [place.name for place in locate(Source(folder), patterns)]


def test_patterns_keep_their_order_and_globs_are_sorted(folder: Path) -> None:
    assert names(folder, "data/tickets.csv", "data/t*.csv") == ["data/tickets.csv", "data/ticket_types.csv"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    assert names(folder, "data/[odd].csv") == ["data/[odd].csv"]


def test_addresses_pass_as_they_are(folder: Path) -> None:
    (place,) = locate(Source(folder), ("s3://bucket/a/*.parquet",))
    assert place.path is None


@pytest.mark.parametrize(
    ("pattern", "says", "hint"),
    [
        ("data/tikets.csv", "`data/tikets.csv` does not exist", "Did you mean `data/tickets.csv`"),
        ("data/*.parquet", "does not exist", "Did you mean"),
        ("dat/tickets.csv", "does not exist", "`data`"),
        ("data", "is a folder", "`data/*.csv`"),
        ("../outside.csv", "leads out of the repository", "data.fetch"),
        ("data/../../outside.csv", "leads out of the repository", "data.fetch"),
        (".git/config", "is not inside the project's own files", "data.fetch"),
        (".gatebot/labels.csv", "is not inside the project's own files", "data.fetch"),
        ("data/../.git/config", "is not inside the project's own files", "data.fetch"),
        ("data/token.csv", "is not inside the project's own files", "data.fetch"),
        ("/proc/self/environ", "is not inside the repository", "data.fetch"),
        ("data/link.csv", "leads out of the repository", "data.fetch"),
        ("data/l*.csv", "leads out of the repository", "data.fetch"),
        ("data/up.csv", "leads out of the repository", "data.fetch"),
        ("away/outside.csv", "leads out of the repository", "data.fetch"),
        ("away/*.csv", "leads out of the repository", "data.fetch"),
        ("data/round.csv", "its links go in a circle", "data.fetch"),
        ("data/pipe.csv", "is a pipe; only regular files are read", "data.fetch"),
        ("data/p*.csv", "is a pipe; only regular files are read", "data.fetch"),
        ("data/socket.csv", "is a socket; only regular files are read", "data.fetch"),
        ("data/two*", "its name holds a control character", "data.fetch"),
    ],
)
def test_what_is_not_read(folder: Path, pattern: str, says: str, hint: str) -> None:
    (folder / "data" / "link.csv").symlink_to(folder.parent / "outside.csv")
    (folder / "data" / "up.csv").symlink_to("../../outside.csv")
    (folder / "away").symlink_to("..")
    (folder / "data" / "token.csv").symlink_to("../.git/config")
    (folder / "data" / "round.csv").symlink_to("round.csv")
    (folder / "data" / "two\nlines").write_text("x\n1\n")
    (folder / ".gatebot").mkdir()
    (folder / ".gatebot" / "labels.csv").write_text("x\n1\n")
    os.mkfifo(folder / "data" / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        before = Path.cwd()
        os.chdir(folder / "data")  # the paths of sockets are short
        listening.bind("socket.csv")
        os.chdir(before)
    with pytest.raises(UsageError) as caught:
        locate(Source(folder), (pattern,))
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_nothing_given(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"`data\.path` is not set"):
        locate(Source(folder), ())


def test_a_project_below_the_root_may_name_what_lies_beside_it(folder: Path) -> None:
    (folder / "project").mkdir()
    (folder / "project" / "near.csv").write_text("x\n1\n")
    source = Source(folder / "project", root=folder)
    places = locate(source, ("near.csv", "../data/tickets.csv", str(folder / "data" / "ticket_types.csv")))
    assert [place.name for place in places] == ["near.csv", "../data/tickets.csv", "../data/ticket_types.csv"]
    assert [str(place.path) for place in places] == [
        "project/near.csv",
        "data/tickets.csv",
        "data/ticket_types.csv",
    ]


def test_links_that_stay_inside_lead_to_data(folder: Path) -> None:
    (folder / "store").mkdir()
    (folder / "store" / "2026.csv").write_text("x\n1\n")
    (folder / "data" / "now.csv").symlink_to("../store/2026.csv")
    (folder / "latest").symlink_to("store")
    for pattern in ("data/now.csv", "data/n*.csv", "latest/2026.csv", "latest/*.csv", "late*/*.csv"):
        (place,) = locate(Source(folder), (pattern,))
        assert str(place.path) == "store/2026.csv"
        assert read(Source(folder, (pattern,))).frame.height == 1


def test_globs_search_folders_and_neither_hidden_ones_nor_git(folder: Path) -> None:
    for name in ("a/1.csv", "a/b/2.csv", ".hidden/3.csv", ".git/4.csv", ".gatebot/5.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n1\n")
    (folder / "a" / "broken.csv").symlink_to("gone.csv")
    assert names(folder, "**/[0-9].csv") == ["a/1.csv", "a/b/2.csv"]
    assert names(folder, "a/**") == ["a/1.csv", "a/b/2.csv"]
    assert names(folder, "a/*/*.csv") == ["a/b/2.csv"]
    assert names(folder, ".hidden/*.csv") == [".hidden/3.csv"]
    assert names(folder, "*/?.csv") == ["a/1.csv"]


def test_a_sparse_file_is_refused_by_its_size(folder: Path) -> None:
    with (folder / "data" / "sparse.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UsageError, match=r"`data/sparse.csv` is not read: .* has [0-9,]* bytes; at most"):
        read(Source(folder, ("data/sparse.csv",)))


def test_a_file_that_is_swapped_for_a_link_is_not_followed(folder: Path) -> None:
    """Between looking and reading: what was a file is a link, and what was a folder, too."""
    source = Source(folder, ("data/tickets.csv",))
    (place,) = locate(source, source.path)
    assert place.path is not None
    (folder / "data" / "tickets.csv").unlink()
    (folder / "data" / "tickets.csv").symlink_to(folder.parent / "outside.csv")
    with pytest.raises(UsageError, match="symbolic link"):
        content(source, place.path, place.name)
    (folder / "data").rename(folder / "old")
    (folder / "data").symlink_to(folder.parent)
    with pytest.raises(UsageError, match="symbolic link"):
        content(source, place.path, place.name)
