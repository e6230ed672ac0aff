"""Files of user code outside of the scratch: where they can be, and how they are removed."""

import os
from collections.abc import Iterator
from pathlib import Path

from gatebot.core import processes

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
OPEN_TO_ALL = (SHARED_MEMORY, Path("/tmp"), Path("/var/tmp"))  # noqa: S108


def of(uid: int, places: tuple[Path, ...] = OPEN_TO_ALL) -> Iterator[Path]:
    """Yield what `uid` made in directories open to all. Its group is `uid` too, unlike that of a scratch in use."""
    for place in places:
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if status.st_uid == uid == status.st_gid:
                        yield Path(entry.path)
        except FileNotFoundError:
            continue


def remove_of(uid: int) -> None:
    """Remove everything that `uid` left in the directories open to all."""
    for path in of(uid):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or a tree of any depth: `rm` does not recurse in memory, unlike `shutil.rmtree`."""
    processes.start(("/bin/rm", "-rf", "--", str(path.absolute())), env={}).wait()
