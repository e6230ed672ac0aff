"""Which files a training reads is seen whatever opens them, and where it cannot be seen that is said."""

import os
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gatebot.collect import collect
from gatebot.collect.read_files import NO_TIMES, ReadTrace, keeps_times, mark, mark_unread
from gatebot.evidence.files_read import FilesRead, ReadFiles
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit
from tests.collect.repository import PIPELINE, PLAIN_PYTHON, document, job, repository

FIT = Fit(Side.HEAD)
CODE = PIPELINE.replace(
    "def train(rows, seed, report):",
    """import pkg.used

def train(rows, seed, report):
    import subprocess
    open("params.yaml").read()
    subprocess.run(["cat", "by_a_command.txt"], check=True)
""",
).replace("def predict(model, rows):", 'def predict(model, rows):\n    open("classes.txt").read()')
FILES = {
    "pipeline.py": CODE,
    "pkg/__init__.py": "",
    "pkg/used.py": "VALUE = 1\n",
    "pkg/unused.py": "VALUE = 2\n",
    "params.yaml": "depth: 3\n",
    "by_a_command.txt": "x",
    "classes.txt": "yes no",
    "requirements.txt": "pandas",
    "gatebot.yml": "version: 1\n",
    "README.md": "words",
    "docs/x.py": "words",
}
READ = {
    *("pipeline.py", "pkg/__init__.py", "pkg/used.py", "params.yaml", "by_a_command.txt", "classes.txt"),
    *("requirements.txt", "gatebot.yml", "data/tickets.csv"),
}


def traced(root: Path, cache: Path, **sections: Any) -> ReadFiles | str:
    found = collect([FilesRead(FIT)], job(root, cache, document(**sections)))[Side.HEAD]
    return found.get(FilesRead(FIT), ReadFiles) or found.why_unmet(FilesRead(FIT))


BY_COMMAND = {
    "train": "sh -c 'cat params.yaml by_a_command.txt > {model}' {train} {model}",
    "predict": "sh -c 'cat classes.txt; exit 1' {rows} {predictions}",
}


@pytest.mark.whole
def test_what_modules_code_and_commands_open_is_read_and_nothing_else(open_path: Path, shared_cache: Path) -> None:
    found = traced(repository(open_path / "repo", FILES), shared_cache)
    assert isinstance(found, ReadFiles)
    assert (set(found.paths), found.why) == (READ, "")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ({"smoke": {"trace_reads": False}}, "`smoke.trace_reads` is off"),
        ({"model": BY_COMMAND}, "predicting ended with"),
    ],
)
def test_it_can_be_turned_off_and_tells_nothing_of_a_run_that_fails(
    open_path: Path, shared_cache: Path, sections: dict[str, Any], why: str
) -> None:
    found = traced(repository(open_path / "repo", FILES), shared_cache, **sections)
    assert isinstance(found, str)
    assert why in found


COPIED = """
import json, pathlib, shutil, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
shutil.copytree("pkg", site / "pkg")
(site / "own-1.dist-info").mkdir()
facts = {"url": pathlib.Path.cwd().as_uri(), "dir_info": {}}
(site / "own-1.dist-info/direct_url.json").write_text(json.dumps(facts))
"""


@pytest.mark.whole
def test_where_the_projects_code_is_installed_as_a_copy_nothing_is_told(open_path: Path) -> None:
    root = repository(open_path / "repo", {**FILES, "install.py": COPIED})
    found = traced(root, open_path / "cache", smoke={"setup": "python install.py", "python": PLAIN_PYTHON})
    assert found == ReadFiles((), "the project is installed as a copy of its code")


def test_what_was_not_read_is_told_from_what_was(tmp_path: Path) -> None:
    assert keeps_times(tmp_path), NO_TIMES
    names = ("read", "unread", "written", "empty", "gone", "swapped", "linked", "shared")
    for name in names:
        (tmp_path / name).write_text("" if name == "empty" else "x")
    (tmp_path / "linked").unlink()
    (tmp_path / "linked").symlink_to("read")
    os.link(tmp_path / "shared", tmp_path / "other name")
    marked = mark()
    mark_unread(tmp_path, map(PurePosixPath, names), marked)
    times = (tmp_path / "unread").stat()
    assert 0 < time.time() - times.st_atime < 3600, "times of 1970 would tell user code that it is watched"
    (tmp_path / "read").read_text()
    (tmp_path / "written").write_text("y")
    (tmp_path / "gone").unlink()
    (tmp_path / "swapped").unlink()
    (tmp_path / "swapped").mkdir()
    trace = ReadTrace(tuple(map(PurePosixPath, names)), marked, frozenset({PurePosixPath("data.csv")}))
    assert set(trace.found(tmp_path).paths) == {"read", "written", "empty", "gone", "swapped", "shared", "data.csv"}


def test_more_files_than_are_kept_are_not_told(tmp_path: Path) -> None:
    many = tuple(PurePosixPath(f"{number}") for number in range(5_001))
    found = ReadTrace(many, mark()).found(tmp_path)
    assert (found.paths, list(found.flaws())) == ((), [])
    assert "more than 5,000" in found.why
