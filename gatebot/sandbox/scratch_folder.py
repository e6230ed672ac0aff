"""The scratch directory: makes it, gives it to the sandbox uid during a run, and takes it back."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatebot.errors import MachineError
from gatebot.sandbox import environment, leftovers
from gatebot.sandbox.isolation import SANDBOX_UIDS

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def scratch(prefix: str = tempfile.template, under: Path | None = None) -> Iterator[Path]:
    """Yield a directory for runs, and remove it afterwards. Other users may enter it, but not list it.

    It has the name of an ordinary temporary folder, so that user code does not learn what made it.

    Raises:
        MachineError: it cannot be made.
    """
    try:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=under)).resolve()
        path.chmod(0o711)
    except OSError as error:
        raise _no_room("make a scratch directory in", under or Path(tempfile.gettempdir()), error) from error
    try:
        yield path
    finally:
        leftovers.remove(path)


@contextmanager
def lent(directory: Path, also: tuple[Path, ...], uid: int | None) -> Iterator[None]:
    """Give the scratch and further writable paths to `uid` while the block runs, and take them back afterwards.

    Files that come back belong to the scratch's first owner and are readable by everyone, so that one run's output can
    be another run's input; the scratch itself keeps its mode. Files with several hard links never change owner, because
    an earlier run could have linked a file of root into its scratch.

    Raises:
        MachineError: ownership cannot be changed, or the disk is full.
    """
    roots = [directory, *also]
    before = {root: root.stat() for root in roots}
    temporary = directory / environment.TEMPORARY
    try:
        temporary.mkdir(exist_ok=True)
        if uid is not None:
            for root in roots:
                _give(root, uid)
                os.chown(root, uid, before[root].st_gid)  # its group distinguishes it from leftovers
    except OSError as error:
        raise _no_room("prepare", directory, error) from error
    try:
        yield
    finally:
        for root, status in before.items():
            _take_back(root, status, uid)
        leftovers.remove(temporary)


def _give(root: Path, uid: int) -> None:
    for path, status in _walk(root):
        if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode) or _is_plain_file(status):
            os.chown(path, uid, uid, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) and status.st_mode & OTHERS_WRITE:
            os.chmod(path, stat.S_IMODE(status.st_mode) & ~OTHERS_WRITE)  # noqa: PTH101


def _take_back(root: Path, before: os.stat_result, uid: int | None) -> None:
    """Restore ownership and access. Below full (`uid` is None), restore only the user's access: a run can remove it."""
    owner = before.st_uid if before.st_uid not in SANDBOX_UIDS else os.geteuid()  # left by a killed gatebot
    for path, status in _walk(root):
        is_directory = stat.S_ISDIR(status.st_mode)
        foreign = status.st_uid != (os.geteuid() if uid is None else uid)
        if not (is_directory or stat.S_ISREG(status.st_mode)) or (foreign and not (is_directory and uid is not None)):
            continue  # directories of other runs are taken back too: their content could change during the walk
        if uid is not None:
            os.chown(path, owner, before.st_gid, follow_symlinks=False)
        readable = (0o755 if is_directory else 0o644) & (0o700 if uid is None else 0o777)
        mode = stat.S_IMODE(before.st_mode) if path == str(root) else status.st_mode & 0o777 & ~OTHERS_WRITE | readable
        os.chmod(path, mode)  # noqa: PTH101


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield `root` and all entries below it, each directory before its content. Links are not followed.

    The caller must close each directory to other users before it is listed. Otherwise another run with write access
    could replace a listed directory by a link to a directory of root.
    """
    queue = [str(root)]
    while queue:
        path = queue.pop()
        try:
            status = os.lstat(path)
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                queue += [entry.path for entry in os.scandir(path)]
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:  # nested too deep for a path; `remove` handles it
                raise


def _is_plain_file(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _no_room(doing: str, path: Path, error: OSError) -> MachineError:
    hint = (
        "Free some space."
        if error.errno in {errno.ENOSPC, errno.EDQUOT}
        else "Check who owns it and how it is mounted."
    )
    return MachineError(f"Cannot {doing} {path}: {error.strerror}.", hint)
