"""Files and folders that appear whole or not at all, and are on the disk when they do."""

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
    """One writer at a time in a folder, and a free path in it for what shall be renamed into place.

    What stands at that path when a writer comes was left by one that was killed, and is removed.

    Raises:
        MachineError: the disk is full, or the folder may not be written.
    """
    temporary = folder / _TEMPORARY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # the kernel lets go when the process ends, however it ends
            remove(temporary)
            yield temporary
        finally:
            os.close(descriptor)
    except OSError as trouble:
        raise MachineError(f"{folder} cannot be written: {trouble.strerror}", "Is the disk full?") from trouble


def remove(path: Path) -> None:
    """Removes a file or a folder, or nothing where there is none. A link is removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush(data: bytes, path: Path) -> None:
    """Writes a new file and waits until it is on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
