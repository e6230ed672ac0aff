"""Which Python runs the user's code, and which folders it needs to be able to read. Found without running its code."""

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


def user_path(environ: Mapping[str, str]) -> str:
    """The PATH of user code: gatebot's own, without folders in which commits have put anything, and relative ones.

    A step can have put a folder of head's checkout there, and what runs may be base's, with secrets.
    """
    folders = (folder for folder in search_path(environ).split(":") if folder.startswith("/"))
    return ":".join(folder for folder in folders if _holder(Path(folder)) is None)


def found(name: str, environ: Mapping[str, str], cwd: Path, root: Path | None = None) -> Interpreter | None:
    """The interpreter called `name`: a program on the PATH, or a path; None where there is none.

    What is on the PATH may be the launcher of a version manager, such as a shim of pyenv: then it is the one behind it.

    Args:
        name: as a recipe says it.
        environ: has the PATH.
        cwd: where paths start.
        root: of the tree whose recipe it is: no file of it may be an interpreter, or say what one needs to read.

    Raises:
        UsageError: it is such a file, or stands on the PATH and is of any commit.
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
            words = bounded_read.read(place / ".python-version", _MOST_BYTES).decode("utf-8", "replace").split()
        except (OSError, bounded_read.UnreadableError):
            continue
        return words[0] if words and _VERSION.fullmatch(words[0]) else ""
    return ""


def _require_not_of_the_tree(name: str, interpreter: Interpreter, root: Path) -> None:
    """Refuse an interpreter that a commit brings along, and one that would let user code read all of the checkout.

    A folder counts as an installation because of a file in it, and is then granted to user code as a whole.
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
    """Refuse a program of the PATH that git tracks, wherever that is: it would be started, or come first, unseen.

    A step can have put a folder of the checkout on the PATH, and base's tree lies elsewhere than head's.
    """
    holder = _holder(program)
    if holder is not None:
        raise UsageError(
            f"`{name}` on the PATH is {program}, which the repository {holder} holds",
            "Take that folder off the PATH, or name a Python of the machine in `smoke.python`.",
        )


def _holder(path: Path) -> Path | None:
    """The repository that tracks a file, or anything in a folder; None where none does."""
    for place in {path, path.parent.resolve() / path.name, path.resolve()}:
        for folder in (place, *place.parents):
            if os.path.lexists(folder / ".git") and _is_tracked(folder, place.relative_to(folder)):
                return folder
    return None


def _is_tracked(root: Path, inside: Path) -> bool:
    """Whether git tracks a file, anything in a folder, or a link or submodule on the way there.

    Of a folder without git, nobody brought anything.
    """
    if not (root / ".git").exists():
        return False
    if inside == Path():
        return bool(git.list_files(root, "--cached"))
    above = {os.fsencode(folder) for folder in inside.parents[:-1]}
    tops = [inside.parts[0]] if above else [inside.as_posix()]
    listed = git.list_files(root, "--cached", "--", *tops)
    within = os.fsencode(inside) + b"/"
    return any(name in above or name + b"/" == within or name.startswith(within) for name in listed)


def at(python: Path) -> Interpreter:
    """The interpreter at a path, with the installation and, for a virtual environment, the one below it."""
    folders = [python.parent.parent, python.resolve().parent.parent]
    home = _home_of(python.parent.parent)
    folders += [home.parent] if home else []
    granted = {folder.resolve() for folder in folders if _is_installation(folder)}
    return Interpreter(python, python.parent, tuple(sorted(granted)))


def _home_of(venv: Path) -> Path | None:
    """Where the Python lies that a virtual environment was made from."""
    try:
        lines = Checkout(venv).read("pyvenv.cfg", _MOST_BYTES * 10).decode("utf-8", "replace").splitlines()
    except (OSError, UnsafePathError):
        return None
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    return Path(settings["home"]) if settings.get("home") else None


def _is_installation(folder: Path) -> bool:
    """Whether this is where a Python lives: nothing else may be granted because a recipe names a path in it."""
    if folder == Path(folder.anchor):
        return False
    return (folder / "pyvenv.cfg").is_file() or any((folder / "lib").glob("python3*/os.py"))
