"""Which Python runs the user's code, and which folders it needs to be able to read. Found without running its code."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatebot import processes
from gatebot.collect import untrusted
from gatebot.sandbox.environment import PATH

_OF_MANAGERS = ("PYENV_", "ASDF_", "MISE_", "XDG_")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+-]*")
_PATIENCE_S = 30
_MOST_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Programs that the user's commands find first.

    Attributes:
        python: the interpreter.
        folder: of its programs, first on the PATH.
        readable: what must be granted for it to run.
    """

    python: Path
    folder: Path
    readable: tuple[Path, ...]


def search_path(environ: Mapping[str, str]) -> str:
    """Where programs are looked for: gatebot's own PATH, so that tools which a workflow set up are found."""
    return environ.get("PATH") or PATH


def found(name: str, environ: Mapping[str, str], cwd: Path) -> Interpreter | None:
    """The interpreter called `name`: a program on the PATH, or a path; None where there is none.

    What is on the PATH may be the launcher of a version manager, such as a shim of pyenv: then it is the one behind it.
    """
    named = str(cwd / name) if "/" in name else shutil.which(name, path=search_path(environ))
    if named is None or not os.access(named, os.X_OK) or Path(named).is_dir():
        return None
    interpreter = at(Path(os.path.abspath(named)))  # noqa: PTH100 - a venv's python is a link that must not be followed
    if interpreter.readable or "/" in name:
        return interpreter
    kept = {key: value for key, value in environ.items() if key in ("PATH", "HOME") or key.startswith(_OF_MANAGERS)}
    if version := _version_named_in(cwd.resolve()):
        kept.setdefault("PYENV_VERSION", version)
    behind = _started_by(interpreter.python, frozenset(kept.items()))
    return interpreter if behind is None else at(behind)


@cache
def _started_by(launcher: Path, environ: frozenset[tuple[str, str]]) -> Path | None:
    """The Python that a launcher on the PATH starts, as it says itself; None where it starts none.

    It is asked outside of the project, because what is run here is for no file of a pull request to say.
    """
    asking = (str(launcher), "-I", "-c", "import sys; print(sys.executable)")
    try:
        done = processes.run(asking, env=dict(environ), timeout_s=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    python = Path(os.fsdecode(done.stdout.strip()))
    return python if done.returncode == 0 and python.is_absolute() and os.access(python, os.X_OK) else None


def _version_named_in(folder: Path) -> str:
    """The version that the nearest `.python-version` names for pyenv; empty where none does, or a path instead."""
    for place in (folder, *folder.parents):
        try:
            words = untrusted.read(place / ".python-version", _MOST_BYTES).decode("utf-8", "replace").split()
        except (OSError, untrusted.UnreadableError):
            continue
        return words[0] if words and _VERSION.fullmatch(words[0]) else ""
    return ""


def at(python: Path) -> Interpreter:
    """The interpreter at a path, with the installation and, for a virtual environment, the one below it."""
    folders = [python.parent.parent, python.resolve().parent.parent]
    marker = python.parent.parent / "pyvenv.cfg"
    if marker.is_file():
        settings = dict(line.split("=", 1) for line in marker.read_text().splitlines() if "=" in line)
        home = {key.strip(): value.strip() for key, value in settings.items()}.get("home")
        folders += [Path(home).parent] if home else []
    granted = {folder.resolve() for folder in folders if _is_installation(folder)}
    return Interpreter(python, python.parent, tuple(sorted(granted)))


def _is_installation(folder: Path) -> bool:
    """Whether this is where a Python lives: nothing else may be granted because a recipe names a path in it."""
    if folder == Path(folder.anchor):
        return False
    return (folder / "pyvenv.cfg").is_file() or any((folder / "lib").glob("python3*/os.py"))
