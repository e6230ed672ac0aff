"""Files outside the scratch: where user code can leave them, how large they are, and their removal."""

import os
from collections.abc import Iterator
from pathlib import Path

from gatebot.core import processes

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
OPEN_TO_ALL = (SHARED_MEMORY, Path("/tmp"), Path("/var/tmp"))  # noqa: S108


def of(uid: int, places: tuple[Path, ...] = OPEN_TO_ALL) -> Iterator[Path]:
    """What `uid` made in the directories open to all: it has its group, too, which a lent scratch has not."""
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
    """Remove all that `uid` left in the directories open to all."""
    for path in of(uid):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or a tree, however deep: `rm` does not recurse in memory as `shutil.rmtree` does."""
    processes.start(("/bin/rm", "-rf", "--", str(path.absolute())), env={}).wait()
