"""Which Python runs the user's code, and which folders it needs to be able to read. Found without running it."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gatebot.sandbox.environment import PATH


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
    """The interpreter called `name`: a program on the PATH, or a path; None where there is none."""
    named = str(cwd / name) if "/" in name else shutil.which(name, path=search_path(environ))
    if named is None or not os.access(named, os.X_OK) or Path(named).is_dir():
        return None
    return at(Path(os.path.abspath(named)))  # noqa: PTH100 - a venv's python is a link that must not be followed


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
