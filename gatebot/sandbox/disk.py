"""How much disk a run has added, measured a slice at a time so that a hostile tree cannot hold the watch up."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

BLOCK = 512
LEAST = 1024  # what any entry counts: an inode is not free
SLICE = 5000  # entries looked at before the watch has its turn again
TOO_DEEP = 1 << 62


def size(roots: tuple[Path, ...]) -> Iterator[int]:
    """Walk the trees: yields the bytes found so far after each slice, and at last all (links not followed).

    A directory that nobody could name any more counts as more than any limit.
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
    """The same, in one go."""
    *_, total = size(roots)
    return total


def free(path: Path) -> int:
    """Bytes that an ordinary user may still write where `path` lies."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def _reopened(path: str) -> bool:
    """Whether a directory that the run (under our own uid) closed could be opened again."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o700 == 0o700:
            return False
        os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return False
    return True
