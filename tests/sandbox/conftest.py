"""A scratch to run in, and an interpreter that the sandbox uid may use."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatebot.sandbox import Command, Completed, Isolation, Limits, Reach, identity, probe, run, scratch

HERE = Path(__file__).parent
PACKAGE = Path(identity.__file__).parents[1]
REACH = probe()
IS_ROOT = os.geteuid() == 0
NOBODY = 65534


def open_to_all(program: str) -> bool:
    """Whether every directory on the way to the program may be passed by everybody."""
    return all(parent.stat().st_mode & 0o001 for parent in Path(program).resolve().parents)


def find_python() -> str:
    """This interpreter, or the system's where this one lies in a closed home directory."""
    candidates = (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3")
    return next(path for path in candidates if Path(path).exists() and open_to_all(path))


PYTHON = find_python()


@pytest.fixture(params=list(reversed(Isolation)))
def reach(request: pytest.FixtureRequest) -> Reach:
    """Every level that can be reached here, the highest first."""
    level: Isolation = request.param
    if level > REACH.level:
        pytest.skip(f"{level} cannot be reached: {'; '.join(REACH.reasons)}")
    return REACH.at(level)


@pytest.fixture
def full() -> Reach:
    """Level full, or a skipped test."""
    if REACH.level < Isolation.FULL:
        pytest.skip("; ".join(REACH.reasons))
    return REACH


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests below full must not depend on the developer's environment."""
    monkeypatch.setattr("gatebot.sandbox.execution.initial_environ", dict)
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def place() -> Iterator[Path]:
    """A scratch. Not pytest's tmp_path: its parents are closed to other users."""
    with scratch(f"gatebot-test-{os.getpid()}-") as path:
        yield path


Hostile = Callable[..., Completed]


@pytest.fixture
def hostile(place: Path, reach: Reach) -> Hostile:
    """Runs a mode of hostile.py at each level."""
    shutil.copy(HERE / "hostile.py", place)

    def start(mode: str, **limits: Any) -> Completed:
        argv = (PYTHON, "-I", str(place / "hostile.py"), mode)
        python = (Path(PYTHON).resolve().parents[1],)
        limit = Limits(**{"seconds": 60, **limits})
        return run(Command(argv, place, isolation=reach.level, limits=limit, readable=python), reach=reach)

    return start


def python(place: Path, code: str, reach: Reach | None = None, **fields: Any) -> Completed:
    """Run a line of Python in the sandbox."""
    fields = {"readable": (Path(PYTHON).resolve().parents[1],), "isolation": Isolation.NONE, **fields}
    return run(Command((PYTHON, "-I", "-c", code), place, **fields), reach=reach)


def play_scenario(*options: str, uid: int | None = None, token: str = "") -> dict[str, Any]:
    """scenario.py in a process of its own, as another user if asked."""
    with scratch("gatebot-play-") as stage:
        stage.chmod(0o755)
        shutil.copytree(PACKAGE / "sandbox", stage / "gatebot/sandbox", ignore=shutil.ignore_patterns("__pycache__"))
        (stage / "gatebot/core").mkdir()
        for name in ("__init__.py", "errors.py", "core/__init__.py", "core/processes.py"):
            shutil.copy(PACKAGE / name, stage / "gatebot" / name)
        for name in ("scenario.py", "hostile.py"):
            shutil.copy(HERE / name, stage)
        done = subprocess.run(
            [PYTHON, "-B", str(stage / "scenario.py"), *options],
            env={"PYTHONPATH": str(stage), "PATH": "/usr/bin:/bin", "TMPDIR": "/tmp"}
            | ({"GITHUB_TOKEN": token} if token else {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **({"user": uid, "group": uid, "extra_groups": []} if uid is not None else {}),  # type: ignore[call-overload]
        )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result
