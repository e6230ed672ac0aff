"""A developer's machine: a git repository, and the real `gatebot` as a process in it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

from gatebot.cli.main import main
from gatebot.github.api import Pace
from tests.container.scenario import git

from .quick import HURRIED

QUICK = (sys.executable, "-m", "tests.cli.quick")
ROOT = Path(__file__).parents[2]
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN", "INPUT_TOKEN")


@dataclass(frozen=True, slots=True)
class Done:
    """What a process left behind."""

    code: int
    out: str
    err: str


def plain_environment(home: Path) -> dict[str, str]:
    """No token, no workflow job, no colours."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "XDG_STATE_HOME") if name in os.environ}
    return {**kept, "HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT)}


def start(folder: Path, *args: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `gatebot ARGS` in a folder, in a session of its own."""
    return subprocess.Popen(
        [*QUICK, *args],
        cwd=folder,
        env={**plain_environment(folder.parent), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def gatebot(folder: Path, *args: str, env: Mapping[str, str] | None = None) -> Done:
    """Run `gatebot ARGS` in a folder to its end."""
    with start(folder, *args, env=env) as process:
        out, err = process.communicate(timeout=300)
    return Done(process.returncode, out, err)


def inside(folder: Path, *args: str, env: Mapping[str, str] | None = None) -> Done:
    """The same in this process, which has imported everything already: for tables of small cases."""
    out, err = StringIO(), StringIO()
    environment = {**plain_environment(folder.parent), **(env or {})}
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(Pace.__init__, "__defaults__", HURRIED),
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(args)
    return Done(code, out.getvalue(), err.getvalue())


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Write files below a folder; None deletes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case None:
                path.unlink()
            case str():
                path.write_text(content)
            case bytes():
                path.write_bytes(content)


def commit(folder: Path, files: Mapping[str, str | bytes | None], branch: str = "") -> str:
    """Commit files, on a new branch where one is named."""
    if branch:
        git(folder, "checkout", "--quiet", "-b", branch)
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"commit {branch}")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """A git repository whose main holds these files."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    commit(folder, files)
    return folder


def report_in(folder: Path) -> dict[str, Any]:
    """The report.json of a folder."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report
