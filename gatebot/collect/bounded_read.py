"""Reads files that user code wrote: symbolic links are not followed, and the size is limited."""

import os
import secrets
import stat
from pathlib import Path


class UnreadableError(Exception):
    """A file that user code wrote cannot be used. The message gives the reason."""


def read(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file.

    The run that could change the file must have ended.

    Raises:
        FileNotFoundError: the file does not exist.
        UnreadableError: it is a link, a device, a pipe or too large.
    """
    if path.parent.resolve() != path.parent:
        raise UnreadableError(f"{path.name} lies behind a symbolic link")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableError(f"{path.name} is not a file that can be read ({error.strerror})") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        os.close(descriptor)
        regular = stat.S_ISREG(status.st_mode)
        why = f"has {status.st_size} bytes, more than the {most} that are accepted" if regular else "is no regular file"
        raise UnreadableError(f"{path.name} {why}")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most)


def forget(path: Path) -> None:
    """Delete a file that user code may have written, unless its folder is reached through a symbolic link.

    A folder in its place may hold any number of files, so it is only renamed.
    """
    if path.parent.resolve() != path.parent:
        return
    try:
        path.unlink(missing_ok=True)
    except (IsADirectoryError, PermissionError):
        path.rename(path.with_name(secrets.token_hex(8)))


def size(path: Path) -> int | None:
    """Return the bytes of a file or of all files in a directory (links not followed), or None if there are none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return status.st_size
    total, queue, found = 0, [path], False
    while queue:
        with os.scandir(queue.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    queue.append(Path(entry.path))
                else:
                    found = True
                    total += entry.stat(follow_symlinks=False).st_size
    return total if found else None
