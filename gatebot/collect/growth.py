"""Tells how a folder grows while a long command fills it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import Event, Thread

from gatebot.repository.kept_files import DiskUse

EVERY_S = 5.0

Tell = Callable[[str, int | None], None]
"""Receives what runs, and the bytes that it has written so far; None when it starts."""


def untold(_what: str, _size: int | None) -> None:
    """Tell nobody."""


def bytes_in(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk."""
    return DiskUse.of(folder.parent, (PurePosixPath(folder.name),)).bytes


@contextmanager
def growing(folder: Path, what: str, tell: Tell, every_s: float = EVERY_S) -> Iterator[None]:
    """Tell that something starts, and then again and again how large the folder is, until the block ends."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(every_s):
            tell(what, bytes_in(folder))

    thread = Thread(target=watch, daemon=True)
    tell(what, None)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
