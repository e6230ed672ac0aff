"""Tells which files of a training's copy of the repository were read, by the times that the kernel keeps.

So it does not matter in which language, process or library a file is opened, and nothing runs in the user's processes.
The user's own code can set these times, too: what is found here may be told, and must decide nothing.
"""

import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.collect import files
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.evidence.files_read.value import MAX_FILES, MAX_PATH, ReadFiles

NO_TIMES = "the file system keeps no times of access"
COPIED = "the project is installed as a copy of its code"


@dataclass(frozen=True, slots=True)
class ReadTrace:
    """What is needed to tell which files were read.

    Attributes:
        paths: the files of the copy.
        mark_ns: the time at which files that nobody has read since seem to have been written and read last.
        always: files that decide what is done without being read in the copy, such as locks and the data.
        why: why it cannot be told; empty if it can.
    """

    paths: files.Paths
    mark_ns: int
    always: frozenset[PurePosixPath] = frozenset()
    why: str = ""

    def found(self, tree: Path) -> ReadFiles:
        """Return the files that were read since `mark_unread`."""
        if self.why:
            return ReadFiles((), self.why)
        read = {str(path) for path in (*self.always, *_read(tree, self.paths, self.mark_ns))}
        if len(read) > MAX_FILES or any(len(path) > MAX_PATH for path in read):
            return ReadFiles((), f"more than {MAX_FILES:,} files were read, or their paths are too long")
        return ReadFiles(tuple(sorted(read)))


def mark() -> int:
    """Return a time a little before now, in nanoseconds: user code must not learn from an odd one that it is gated."""
    return time.time_ns() - 1_000_000_000


def mark_unread(tree: Path, paths: Iterable[PurePosixPath], mark_ns: int) -> None:
    """Mark the files of a fresh copy as unread. Files that are links to a shared copy keep its mark.

    File systems renew the time of access at the first reading after a file was written.
    """
    for path in paths:
        place = tree / path
        if place.lstat().st_nlink == 1:
            os.utime(place, ns=(mark_ns, mark_ns), follow_symlinks=False)


def keeps_times(folder: Path) -> bool:
    """Return whether reading a file of a folder leaves a trace there. File systems can be mounted without."""
    probe, mark_ns = folder / "probe", mark()
    probe.write_bytes(b"x")
    try:
        mark_unread(folder, (PurePosixPath(probe.name),), mark_ns)
        probe.read_bytes()
        return not _is_unread(probe.stat(), mark_ns)
    finally:
        probe.unlink()


def _read(tree: Path, paths: files.Paths, mark_ns: int) -> Iterable[PurePosixPath]:
    """Yield files that were read, and in doubt others: empty and changed ones, and those that have gone."""
    checkout = Checkout(tree)
    for path in paths:
        try:
            status = checkout.status(path)
        except (OSError, UnsafePathError):
            status = None
        if status is None or not _is_unread(status, mark_ns) or (stat.S_ISREG(status.st_mode) and not status.st_size):
            yield path


def _is_unread(status: os.stat_result, mark_ns: int) -> bool:
    return status.st_atime_ns == mark_ns == status.st_mtime_ns
