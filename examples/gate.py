"""Runs the real `gatebot` on a repository, as a process of its own, and reads the report that it leaves."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Gate:
    """What one run of gatebot said.

    Attributes:
        exit_code: of the process.
        out: where it left its files.
        said: what it printed, unless that went to the terminal.
    """

    exit_code: int
    out: Path
    said: str = ""

    @property
    def report(self) -> dict[str, Any]:
        """The whole report; empty where there is none."""
        path = self.out / REPORT
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return report

    @property
    def verdict(self) -> str:
        """`pass`, `blocked`, …; `none` where it came to none."""
        return str(self.report.get("verdict", "none"))

    @property
    def found(self) -> frozenset[str]:
        """Ids of the checks that are sure of something new, and do more than note it."""
        return frozenset(
            each["check"]
            for each in self.report.get("findings", ())
            if each["action"] != "note" and each["status"] in ("new", "worse") and not each["undecided"]
        )


def run_gate(
    folder: Path, *words: str, out: Path | None = None, show: bool = False, env: Mapping[str, str] | None = None
) -> Gate:
    """`gatebot run` in a repository, with the Python that runs this.

    Args:
        folder: of gatebot.yml.
        words: more arguments.
        out: where its files go; `.gatebot` in the folder by default.
        show: let it write to the terminal.
        env: more variables.
    """
    out = out or folder / ".gatebot"
    (out / REPORT).unlink(missing_ok=True)
    command = [sys.executable, "-m", "gatebot", "run", *words, "--out", str(out)]
    stream = None if show else subprocess.PIPE
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment(), **(env or {})},
        stdout=stream,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Gate(done.returncode, out, done.stdout or "")


def environment() -> dict[str, str]:
    """A laptop's: this Python first on the PATH, and nothing that says that this is a job on GitHub."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GIT_", "GATEBOT_"))}
    folders = [str(Path(sys.executable).parent), mine.get("PATH", os.defpath)]
    return {**mine, "PATH": os.pathsep.join(folders)}
