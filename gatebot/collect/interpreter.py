"""Finds the Python that runs the user's code, and the folders that it must read, without running any of that code."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatebot.collect import bounded_read
from gatebot.core import processes
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import UsageError
from gatebot.repository import git
from gatebot.sandbox.environment import PATH

_OF_MANAGERS = ("PYENV_", "ASDF_", "MISE_", "XDG_")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+-]*")
_PATIENCE_S = 30
_MOST_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python interpreter and the folder of its programs, which comes first on the PATH of user commands.

    Attributes:
        python: the interpreter.
        folder: the folder of its programs.
        readable: the folders that must be granted so that it can run.
    """

    python: Path
    folder: Path
    readable: tuple[Path, ...]


def search_path(environ: Mapping[str, str]) -> str:
    """Return the PATH to search for programs: gatebot's own, so that tools that a workflow installed are found."""
    return environ.get("PATH") or PATH


def user_path(environ: Mapping[str, str]) -> str:
    """Return the PATH for user code: gatebot's own, without relative folders and folders with files of a commit.

    A workflow step may have put a folder of head's checkout on the PATH, while the command that runs may be base's and
    hold secrets.
    """
    folders = (folder for folder in search_path(environ).split(":") if folder.startswith("/"))
    return ":".join(folder for folder in folders if _holder(Path(folder)) is None)


def found(name: str, environ: Mapping[str, str], cwd: Path, root: Path | None = None) -> Interpreter | None:
    """Find the interpreter `name`, a program on the PATH or a path; None if there is none.

    If the program on the PATH is the launcher of a version manager, such as a shim of pyenv, the interpreter that it
    starts is returned.

    Args:
        name: the name or path, as written in the Recipe.
        environ: provides the PATH.
        cwd: the folder that paths are relative to.
        root: the root of the tree that the Recipe is from. No file of this tree may be an interpreter, or define what
            an interpreter needs to read.

    Raises:
        UsageError: the interpreter is a file of the tree, or a program on the PATH that git tracks.
    """
    interpreter = _found(name, environ, cwd)
    if interpreter is not None and root is not None:
        _require_not_of_the_tree(name, interpreter, root)
    return interpreter


def _found(name: str, environ: Mapping[str, str], cwd: Path) -> Interpreter | None:
    named = str(cwd / name) if "/" in name else shutil.which(name, path=search_path(environ))
    if named is None or not os.access(named, os.X_OK) or Path(named).is_dir():
        return None
    interpreter = at(Path(os.path.abspath(named)))  # noqa: PTH100 - a venv's python is a link that must not be followed
    if "/" in name:
        return interpreter
    _require_not_committed(name, interpreter.python)
    if interpreter.readable:
        return interpreter
    kept = {key: value for key, value in environ.items() if key in ("PATH", "HOME") or key.startswith(_OF_MANAGERS)}
    if version := _version_named_in(cwd.resolve()):
        kept.setdefault("PYENV_VERSION", version)
    behind = _started_by(interpreter.python, frozenset(kept.items()))
    return interpreter if behind is None else at(behind)


@cache
def _started_by(launcher: Path, environ: frozenset[tuple[str, str]]) -> Path | None:
    """Return the Python that a launcher on the PATH starts, as reported by that Python; None if it starts none.

    The launcher runs outside of the project, because no file of a pull request may choose what runs here.
    """
    asking = (str(launcher), "-I", "-c", "import sys; print(sys.executable)")
    try:
        done = processes.run(asking, env=dict(environ), timeout_s=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    python = Path(os.fsdecode(done.stdout.strip()))
    return python if done.returncode == 0 and python.is_absolute() and os.access(python, os.X_OK) else None


def _version_named_in(folder: Path) -> str:
    """Return the version in the nearest `.python-version`, for pyenv; empty if there is none or it holds a path."""
    for place in (folder, *folder.parents):
        try:
            words = bounded_read.read(place / ".python-version", _MOST_BYTES).decode("utf-8", "replace").split()
        except (OSError, bounded_read.UnreadableError):
            continue
        return words[0] if words and _VERSION.fullmatch(words[0]) else ""
    return ""


def _require_not_of_the_tree(name: str, interpreter: Interpreter, root: Path) -> None:
    """Refuse an interpreter that is part of a commit, and one that would let user code read the whole checkout.

    A file in a folder makes it count as an installation, and an installation is granted to user code as a whole.
    """
    real_root = root.resolve()
    program = interpreter.python
    for place in {program, program.parent.resolve() / program.name, program.resolve(), *interpreter.readable}:
        near = next((each for each in (root, real_root) if place.is_relative_to(each)), None)
        if near is None:
            continue
        if place == near or _is_tracked(root, place.relative_to(near)):
            raise UsageError(
                f"`smoke.python: {name}` is {program}, which the repository itself holds or describes",
                "Name a Python of the machine, or of an environment in a folder that git ignores, such as .venv.",
            )


def _require_not_committed(name: str, program: Path) -> None:
    """Refuse a program on the PATH that any git repository tracks: it would run without anyone noticing.

    A workflow step may have put a folder of the checkout on the PATH, and base's tree is in another place than head's.
    """
    holder = _holder(program)
    if holder is not None:
        raise UsageError(
            f"`{name}` on the PATH is {program}, which the repository {holder} holds",
            "Take that folder off the PATH, or name a Python of the machine in `smoke.python`.",
        )


def _holder(path: Path) -> Path | None:
    """Return the repository that tracks a file, or any file in a folder; None if there is none."""
    for place in {path, path.parent.resolve() / path.name, path.resolve()}:
        for folder in (place, *place.parents):
            if os.path.lexists(folder / ".git") and _is_tracked(folder, place.relative_to(folder)):
                return folder
    return None


def _is_tracked(root: Path, inside: Path) -> bool:
    """Return whether git tracks a file, anything in a folder, or a link or submodule on the path to it.

    A folder outside of git counts as not tracked.
    """
    if not (root / ".git").exists():
        return False
    if inside == Path():
        return bool(git.list_files(root, "--cached"))
    above = {os.fsencode(folder) for folder in inside.parents[:-1]}
    pathspecs = [inside.parts[0]] if above else [inside.as_posix()]
    listed = git.list_files(root, "--cached", "--", *pathspecs)
    within = os.fsencode(inside) + b"/"
    return any(name in above or name + b"/" == within or name.startswith(within) for name in listed)


def at(python: Path) -> Interpreter:
    """Return the interpreter at a path, with its installation and, for a virtual environment, its base installation."""
    folders = [python.parent.parent, python.resolve().parent.parent]
    home = _home_of(python.parent.parent)
    folders += [home.parent] if home else []
    granted = {folder.resolve() for folder in folders if _is_installation(folder)}
    return Interpreter(python, python.parent, tuple(sorted(granted)))


def _home_of(venv: Path) -> Path | None:
    """Return the folder of the Python that a virtual environment was made from."""
    try:
        lines = Checkout(venv).read("pyvenv.cfg", _MOST_BYTES * 10).decode("utf-8", "replace").splitlines()
    except (OSError, UnsafePathError):
        return None
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    return Path(settings["home"]) if settings.get("home") else None


def _is_installation(folder: Path) -> bool:
    """Return whether a folder is a Python installation. Other folders are not granted if a Recipe names them."""
    if folder == Path(folder.anchor):
        return False
    return (folder / "pyvenv.cfg").is_file() or any((folder / "lib").glob("python3*/os.py"))
