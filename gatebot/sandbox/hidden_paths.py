"""Closes hidden paths to all users but their owner during a run, and restores them even if gatebot was killed."""

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gatebot.errors import GateError, MachineError
from gatebot.sandbox import landlock
from gatebot.sandbox.command import Command
from gatebot.sandbox.identity import state
from gatebot.sandbox.isolation import Isolation, Reach


@contextmanager
def hidden(command: Command, reach: Reach) -> Iterator[None]:
    """Hide `command.hidden` and `command.denied` from the run while the block runs.

    Landlock hides everything that is not granted. Other paths are closed by their file mode at level full, where the
    run has its own uid. A hidden directory that contains granted paths stays accessible, and its other entries are
    closed. Denied paths, and hidden paths that are granted themselves, are closed whatever is granted. Several runs may
    hide the same path; the last run to end restores it.

    Raises:
        GateError: below level full, a path to hide lies inside a granted path (exit 5).
        MachineError: a file mode cannot be changed.
    """
    closings = [closing for path in _there(command.hidden) for closing in _outside(path, command.granted)]
    exposed = list(dict.fromkeys([*_there(command.denied), *closings]))
    if reach.landlock:
        exposed = [p for p in exposed if landlock.covers(command.granted, p)]
    with ExitStack() as stack:
        if reach.level is Isolation.FULL:
            open_leftovers()
            for path in exposed:
                stack.enter_context(_closed(path))
        elif exposed and reach.landlock:
            raise GateError(
                f"{exposed[0]} lies inside a path that the sandbox may read; only full isolation could hide it.",
                "Grant its neighbours one by one, or run gatebot as root in a container.",
            )
        yield


def open_leftovers() -> None:
    """Restore the modes of paths that a killed gatebot process left closed."""
    with _journal() as journal:
        for entry in journal.iterdir():
            _open_if_last(entry)


def _outside(path: Path, granted: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the paths to close so that of `path` only the granted paths inside stay visible."""
    inner = [grant for grant in granted if grant.is_relative_to(path) and grant != path]
    if not path.is_dir() or not inner:
        yield path
        return
    for child in path.iterdir():
        if child not in inner and not child.is_symlink():
            yield from _outside(child, granted)


def _there(paths: tuple[Path, ...]) -> list[Path]:
    return [path.resolve() for path in paths if path.exists()]


@contextmanager
def _closed(path: Path) -> Iterator[None]:
    with _journal() as journal:
        entry = journal / hashlib.sha256(os.fsencode(path)).hexdigest()
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            if not entry.exists():
                _write(entry, {"path": str(path), "mode": mode})
            holder = os.open(entry, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(holder, fcntl.LOCK_SH)
            path.chmod(mode & 0o700)
        except OSError as error:
            raise MachineError(f"{path} cannot be hidden: {error.strerror}.") from error
    try:
        yield
    finally:
        os.close(holder)
        with _journal():
            _open_if_last(entry)


def _open_if_last(entry: Path) -> None:
    """Restore the mode, unless another run still holds the entry or has restored it."""
    try:
        lock = os.open(entry, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note = json.loads(entry.read_text())
        if Path(note["path"]).exists():
            Path(note["path"]).chmod(note["mode"])
        entry.unlink()
    except BlockingIOError:
        return
    finally:
        os.close(lock)


def _write(entry: Path, note: dict[str, object]) -> None:
    """Write a note atomically, because a partly written note could not be used to restore the path."""
    draft = state("drafts") / entry.name
    with draft.open("w") as file:
        json.dump(note, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(entry)


@contextmanager
def _journal() -> Iterator[Path]:
    """Yield the directory of notes, locked for one process and thread at a time."""
    lock = os.open(state("locks") / "hiding", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield state("hidden")
    finally:
        os.close(lock)
