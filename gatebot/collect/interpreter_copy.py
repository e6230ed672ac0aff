"""Makes a Python in a private folder usable for the sandbox's user, with hard links in an open folder."""

import os
import re
import stat
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gatebot.collect import files
from gatebot.collect.cache import Cache
from gatebot.collect.interpreter import Interpreter, at
from gatebot.errors import MachineError

_BEING_WRITTEN = re.compile(r"\.pyc\.\d+$")
OPEN_CACHE = Path("/var/cache/environments")  # the name must tell user code nothing


def is_open(path: Path) -> bool:
    """Return whether every user may enter a path and read it."""
    real = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in real.parents) and bool(
        real.stat().st_mode & stat.S_IROTH
    )


def open_place(cache: Path) -> Path:
    """Return a folder that the sandbox's user can reach: the cache, or another folder if the cache is private.

    Raises:
        MachineError: the folder cannot be made.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if is_open(cache):
            return cache
        place = place_beside(cache)
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(
            f"{error.filename} cannot be made: {error.strerror}.", "Set GATEBOT_CACHE to a folder that all may read."
        ) from error
    return place


def place_beside(cache: Path) -> Path:
    """Return the folder that stands in for a private cache; it may not exist."""
    return OPEN_CACHE / blake2b(os.fsencode(cache.resolve()), digest_size=8).hexdigest()


def opened(interpreter: Interpreter, cache: Path) -> Interpreter:
    """Return the interpreter, or a mirror of it if other users cannot reach it.

    Python finds its library relative to its program, so an installation works in any folder. A virtual environment
    names its base installation, so its mirror is a small virtual environment that refers to the mirrored base.

    Raises:
        MachineError: the mirror cannot be made.
    """
    python = interpreter.python
    base = python.resolve().parent.parent
    venv = python.parent.parent if (python.parent.parent / "pyvenv.cfg").is_file() else None
    closed = [home for home in (base, venv) if home is not None and not is_open(home)]
    if not closed:
        return interpreter
    folders = Cache(cache / "python")
    skip = frozenset[str]() if venv is None or _sees_base(venv) else frozenset({"site-packages"})
    open_base = _mirrored(folders, base, skip) if base in closed else base
    program = open_base / "bin" / python.resolve().name
    if venv is None:
        return at(program)
    library = _mirrored(folders, venv, frozenset()) / "lib" if venv in closed else venv / "lib"
    kept = folders.get(_digest(venv, open_base), lambda home: _led(home, venv, program, library))
    made = at(kept.path / "bin" / python.name)
    return replace(made, readable=(*made.readable, library.resolve()))


def _mirrored(folders: Cache, installation: Path, skip: frozenset[str]) -> Path:
    """Return a mirror of an installation.

    It includes the bytecode, which is valid only for files with the same modification time; user code writes none.
    """

    def make(home: Path) -> dict[str, Any]:
        whole = (path for path in files.walked(installation, skip) if not _BEING_WRITTEN.search(path.name))
        files.copied(installation, whole, home, link=True, least=0, dated=True)
        return {"of": str(installation)}

    return folders.get(f"{_digest(installation)}-{len(skip)}", make).path


def _sees_base(venv: Path) -> bool:
    """Return whether a virtual environment can import the packages of its base installation."""
    settings = (venv / "pyvenv.cfg").read_text().lower().replace(" ", "")
    return "include-system-site-packages=true" in settings


def _led(home: Path, venv: Path, program: Path, library: Path) -> dict[str, Any]:
    """Write a virtual environment whose program and library are in other folders."""
    settings = re.sub(r"(?m)^home\s*=.*$", f"home = {program.parent}", (venv / "pyvenv.cfg").read_text())
    (home / "pyvenv.cfg").write_text(settings)
    (home / "bin").mkdir()
    for name in ("python", "python3", program.name):
        (home / "bin" / name).symlink_to(program)
    for name in ("lib", "lib64"):
        (home / name).symlink_to(library)
    return {"of": str(venv)}


def _digest(*installations: Path) -> str:
    """Return a digest of the installations' paths and of when packages were last installed or removed."""
    hasher = blake2b(digest_size=12)
    for home in installations:
        sites = sorted(home.glob("lib/python3*/site-packages"))
        hasher.update(f"{home} {[(str(site), site.stat().st_mtime_ns) for site in sites]}".encode())
    return hasher.hexdigest()
