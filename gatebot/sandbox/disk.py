"""Measures the disk usage of a run in small steps, so that a hostile tree cannot block the limit monitor."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

BLOCK = 512
LEAST = 1024  # the minimum size that is counted for an entry, because inodes take space
SLICE = 5000  # entries that are examined before the limit monitor continues
TOO_DEEP = 1 << 62


def size(roots: tuple[Path, ...]) -> Iterator[int]:
    """Walk the trees without following links; yield the bytes found so far after each step, and the total at the end.

    A directory whose path is too long to be opened counts as exceeding any limit.
    """
    total = seen = 0
    queue = [str(root) for root in roots]
    while queue:
        path = queue.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    total += max(LEAST, status.st_blocks * BLOCK)
                    seen += 1
                    if stat.S_ISDIR(status.st_mode):
                        queue.append(entry.path)
                    if not seen % SLICE:
                        yield total
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            if _reopened(path):
                queue.append(path)
        except OSError:
            total = TOO_DEEP
            break
    yield total


def whole(roots: tuple[Path, ...]) -> int:
    """Return the total size in one step."""
    *_, total = size(roots)
    return total


def free(path: Path) -> int:
    """Return the bytes that an ordinary user can still write to the file system of `path`."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def _reopened(path: str) -> bool:
    """Reopen a directory that the run (under gatebot's own uid) closed, and return whether that worked."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o700 == 0o700:
            return False
        os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return False
    return True
