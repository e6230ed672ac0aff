"""Patterns become files, or an error that names what is near."""

from pathlib import Path

import pytest

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
    assert (place.scheme, place.path) == ("s3", None)


@pytest.mark.parametrize(
    ("pattern", "says", "hint"),
    [
        ("data/tikets.csv", "`data/tikets.csv` does not exist", "Did you mean `data/tickets.csv`"),
        ("data/*.parquet", "does not exist", "There are"),
        ("dat/tickets.csv", "does not exist", "`data`"),
        ("data", "is a folder", "`data/*.csv`"),
        ("ftp://host/a.csv", "cannot be read over ftp://", "https"),
        ("../outside.csv", "is not inside the repository", "data.fetch"),
        (".git/config", "is not inside the repository", "data.fetch"),
        ("/proc/self/environ", "is not inside the repository", "data.fetch"),
        ("data/link.csv", "is not inside the repository", "data.fetch"),
    ],
)
def test_what_is_not_read(folder: Path, pattern: str, says: str, hint: str) -> None:
    (folder / "data" / "link.csv").symlink_to(folder.parent / "outside.csv")
    with pytest.raises(UsageError) as caught:
        locate(Source(folder), (pattern,))
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_nothing_given(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"`data\.path` is not set"):
        locate(Source(folder), ())


def test_folders_that_are_allowed_beside_the_own(folder: Path) -> None:
    source = Source(folder, within=(folder, folder.parent))
    assert len(locate(source, ("../outside.csv",))) == 1
