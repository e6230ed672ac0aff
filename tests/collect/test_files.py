import os
from pathlib import Path, PurePosixPath

import pytest

from gatebot.collect import files
from gatebot.errors import MachineError
from tests.collect.repository import git, write


def names(paths: files.Paths) -> list[str]:
    return [path.as_posix() for path in paths]


def test_what_git_tracks_and_what_is_new_but_not_what_is_ignored_or_deleted(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "deleted.py": "", "ünï.py": "", "sub/b.py": "", ".gitignore": "*.log\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    write(tmp_path, {".venv/lib/huge.so": "", "lib/__pycache__/x.pyc": ""})
    write(tmp_path, {"new.py": "", "x.log": "", ".gatebot/secret": "", ".dvc/cache/ab": "", ".dvc/config": ""})
    (tmp_path / "deleted.py").unlink()
    assert names(files.listed(tmp_path)) == [".dvc/config", ".gitignore", "a.py", "new.py", "sub/b.py", "ünï.py"]


def test_a_submodule_is_listed_with_its_files(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    for root in (inner, outer):
        write(root, {"f.py": ""})
        git(root, "init", "-q")
        git(root, "add", ".")
        git(root, "commit", "-qm", "x")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "lib")
    assert names(files.listed(outer)) == [".gitmodules", "f.py", "lib/f.py"]


def test_a_folder_without_git_is_walked(tmp_path: Path) -> None:
    write(
        tmp_path, {"a/b.py": "", ".venv/lib/x.py": "", ".conda/lib/x.py": "", "node_modules/y.js": "", ".gatebot/z": ""}
    )
    (tmp_path / "to").symlink_to("a")
    assert names(files.listed(tmp_path)) == ["a/b.py", "to"]


def test_a_broken_repository_is_the_machines_fault(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "nonsense"})
    with pytest.raises(MachineError, match="git cannot list"):
        files.listed(tmp_path)


def test_a_hook_of_the_repository_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    files.listed(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("data/a.csv", ["data/a.csv"]),
        ("./data/a.csv", ["data/a.csv"]),
        ("data/*.csv", ["data/a.csv"]),
        ("data/**", ["data/a.csv", "data/deep/b.csv"]),
        ("data/**/*.csv", ["data/a.csv", "data/deep/b.csv"]),
        ("**/*.csv", ["data/a.csv", "data/deep/b.csv", "top.csv"]),
        ("data", ["data/a.csv", "data/deep/b.csv"]),
        ("data/", ["data/a.csv", "data/deep/b.csv"]),
        ("?op.csv", ["top.csv"]),
        ("dat", []),
        ("**", ["data/a.csv", "data/deep/b.csv", "readme.md", "top.csv"]),
        ("data/**/a.csv", ["data/a.csv"]),
        ("d*a/*.c*v", ["data/a.csv"]),
        ("*a*a*", ["data/a.csv", "data/deep/b.csv"]),
        ("*.*.csv", []),
        ("data/deep/**/b.csv", ["data/deep/b.csv"]),
        ("s3://bucket/data/*.csv", []),
    ],
)
def test_patterns(pattern: str, matches: list[str]) -> None:
    paths = tuple(map(PurePosixPath, ["data/a.csv", "data/deep/b.csv", "top.csv", "readme.md"]))
    assert sorted(names(tuple(files.matching(paths, [pattern])))) == matches


@pytest.mark.parametrize("pattern", ["*a" * 40 + "*b", "**/" * 40 + "b", "*" * 200 + "b", "?*" * 60 + "b"])
def test_a_pattern_that_is_made_to_take_for_ever_does_not(pattern: str) -> None:
    paths = (PurePosixPath("a" * 250), PurePosixPath("/".join(["a"] * 100)))
    assert files.matching(paths, [pattern]) == frozenset()


def test_copies_keep_links_and_modes_and_link_only_what_is_large(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    write(source, {"run.sh": "#!/bin/sh\n", "large": "x" * 100, "private": "y" * 100})
    (source / "run.sh").chmod(0o700)
    (source / "private").chmod(0o600)
    (source / "to").symlink_to("/nowhere")
    os.mkfifo(source / "pipe")
    files.copied(source, tuple(files.walked(source)), target, link=True, least=50)
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "large").samefile(source / "large")
    assert not (target / "private").samefile(source / "private")
    assert (target / "private").stat().st_mode & 0o777 == 0o644
    assert (target / "to").readlink() == Path("/nowhere")
    assert not (target / "pipe").exists()
    files.copied(source, [PurePosixPath("large")], tmp_path / "copy", link=False, least=50)
    assert not (tmp_path / "copy/large").samefile(source / "large")


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="gone"):
        files.copied(tmp_path, [PurePosixPath("gone")], tmp_path / "target", link=False)


def test_digests_tell_names_contents_and_links_apart(tmp_path: Path) -> None:
    write(tmp_path, {"a": "1", "b": "1"})
    a, b = PurePosixPath("a"), PurePosixPath("b")
    digests = {files.digest(tmp_path, paths) for paths in ([a], [b], [a, b])}
    write(tmp_path, {"a": "2"})
    digests.add(files.digest(tmp_path, [a]))
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("b")
    digests.add(files.digest(tmp_path, [a]))
    assert len(digests) == 5
    assert files.digest(tmp_path, [a, b]) == files.digest(tmp_path, [b, a])


def test_a_new_file_with_several_names_is_not_handed_out(tmp_path: Path) -> None:
    """It may be a file from outside, to which an earlier step of the job gave another name."""
    root = tmp_path / "root"
    write(root, {"a.py": "", "both.py": ""})
    (tmp_path / "outside").write_text("secret")
    git(root, "init", "-q")
    git(root, "add", ".")
    (root / "new.py").write_text("")
    (root / "outside.txt").hardlink_to(tmp_path / "outside")
    (tmp_path / "second").hardlink_to(root / "both.py")
    assert names(files.listed(root)) == ["a.py", "both.py", "new.py"]
