"""Writes files and folders atomically and flushes them to the disk."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatebot.errors import MachineError

_TEMPORARY = ".writing"


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Lock a folder for one writer, and yield a free temporary path in it, to be renamed to its final name.

    Anything at this path was left by a writer that was killed, and is removed first.

    Raises:
        MachineError: the disk is full, or the folder may not be written.
    """
    temporary = folder / _TEMPORARY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # the kernel releases the lock when the process ends
            remove(temporary)
            yield temporary
        finally:
            os.close(descriptor)
    except OSError as trouble:
        raise MachineError(f"{folder} cannot be written: {trouble.strerror}", "Is the disk full?") from trouble


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists. A link is removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush(data: bytes, path: Path) -> None:
    """Write a new file, and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
