"""What gatebot keeps in its own folder: which kind, how large, when it was last used; and how it is removed."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError
from gatebot.repository.worktrees import TREE_PREFIX
from gatebot.sandbox.leftovers import remove

READY = "ready.json"
"""The file that is written last into an entry of a cache; its time tells when the entry was last used."""
_LOCK = ".lock"
_BLOCK = 512
_DRAFT = ".writing"
_OUTPUT = ("report.json", "comment.md", "report.html", "bug.md", "head", "base")
_EVIDENCE = ("report.json", "snapshot", "facts.json", "head", "base")
_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


class KeptKind(StrEnum):
    """What a part of the folder is."""

    ENVIRONMENT = "environment"
    PACKAGES = "downloaded packages"
    DATA = "fetched data"
    BASELINE = "baseline"
    RUN = "output of a run"
    LEFT = "left by an interrupted run"


FOLDERS = {
    "env": KeptKind.ENVIRONMENT,
    "proposed": KeptKind.ENVIRONMENT,
    "python": KeptKind.ENVIRONMENT,
    "packages": KeptKind.PACKAGES,
    "fetch": KeptKind.DATA,
    "baseline": KeptKind.BASELINE,
}
"""The folders whose entries are kept and used one by one."""


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part of the folder that can be removed by itself.

    Attributes:
        kind: what it is.
        name: its path relative to the folder; of a run's output, that of its first file.
        paths: everything that belongs to it, in the order in which it is removed.
        used_at: when it was last used or written, in seconds since the epoch.
    """

    kind: KeptKind
    name: str
    paths: tuple[PurePosixPath, ...]
    used_at: float

    @property
    def commit(self) -> str:
        """The commit of a baseline."""
        return PurePosixPath(self.name).name


def kept_parts(folder: Path) -> list[KeptPart]:
    """Return what gatebot itself has put into its folder; files that it does not know are left out.

    A link is a part by itself, and never followed.
    """
    checkout = Checkout(folder)
    if not folder.is_dir():
        return []
    parts = [part for name, kind in FOLDERS.items() for part in _entries(checkout, name, kind)]
    output = tuple(PurePosixPath(name) for name in _OUTPUT if checkout.status(name) is not None)
    if output:
        parts.append(KeptPart(KeptKind.RUN, str(output[0]), output, _newest(checkout, output)))
    for name in checkout.names():
        path = PurePosixPath(name)
        if name == _DRAFT or name.startswith(TREE_PREFIX):
            parts.append(KeptPart(KeptKind.LEFT, name, (path,), _newest(checkout, (path,))))
        elif name not in (*FOLDERS, *_OUTPUT) and _is_output(checkout, path):
            parts.append(KeptPart(KeptKind.RUN, name, (path,), _newest(checkout, (path,))))
    return parts


def _entries(checkout: Checkout, folder: str, kind: KeptKind) -> Iterator[KeptPart]:
    """Yield the entries of one folder, each with its lock."""
    if checkout.status(folder) is not None and not checkout.is_folder(folder):
        yield KeptPart(KeptKind.LEFT, folder, (PurePosixPath(folder),), 0.0)
        return
    names = checkout.names(folder) if checkout.is_folder(folder) else ()
    for name in names:
        path = PurePosixPath(folder, name)
        if kind is KeptKind.BASELINE and not _COMMIT.fullmatch(name):
            if name == _DRAFT:
                yield KeptPart(KeptKind.LEFT, str(path), (path,), _newest(checkout, (path,)))
            continue
        if name.endswith(_LOCK) and name.removesuffix(_LOCK) in names:
            continue
        lock = path.with_name(f"{name}{_LOCK}")
        paths = (path / READY, path, *((lock,) if lock.name in names else ()))
        here = tuple(each for each in paths if _exists(checkout, each))
        yield KeptPart(kind, str(path), here, _newest(checkout, here))


def _is_output(checkout: Checkout, path: PurePosixPath) -> bool:
    """Return whether a folder holds what `--out` or `--base` names."""
    return checkout.is_folder(path) and any(_exists(checkout, path / name) for name in _EVIDENCE)


def _exists(checkout: Checkout, path: PurePosixPath) -> bool:
    try:
        return checkout.status(path) is not None
    except UnsafePathError:
        return False


def _newest(checkout: Checkout, paths: Iterable[PurePosixPath]) -> float:
    statuses = (checkout.status(path) for path in paths)
    return max((status.st_mtime for status in statuses if status is not None), default=0.0)


@dataclass(slots=True)
class DiskUse:
    """Adds up the blocks of files, each file once, whatever the number of its names."""

    _names: Counter[tuple[int, int]]
    _files: dict[tuple[int, int], tuple[int, int]]

    @classmethod
    def of(cls, folder: Path, paths: Iterable[PurePosixPath]) -> "DiskUse":
        """Return the use of these paths below a folder, with all that lies in them."""
        use = cls(Counter(), {})
        for path in dict.fromkeys(paths):
            use.add(folder / path)
        return use

    def add(self, path: Path) -> None:
        """Add a file, or a tree of them. Links are not followed; what cannot be read is not counted."""
        queue = [str(path)]
        while queue:
            place = queue.pop()
            try:
                status = os.lstat(place)
                if stat.S_ISDIR(status.st_mode):
                    queue += [f"{place}/{name}" for name in os.listdir(place)]  # noqa: PTH208 - names alone
            except OSError:
                continue
            key = status.st_dev, status.st_ino
            links = 1 if stat.S_ISDIR(status.st_mode) else status.st_nlink
            self._names[key] += 1
            self._files[key] = status.st_blocks * _BLOCK, links

    @property
    def bytes(self) -> int:
        """The bytes that these files take."""
        return sum(size for size, _ in self._files.values())

    @property
    def freed(self) -> int:
        """The bytes that removing them gives back: not those of files that have names elsewhere, too."""
        return sum(size for key, (size, links) in self._files.items() if self._names[key] >= links)


def removed(folder: Path, part: KeptPart) -> None:
    """Remove a part. What marks it as complete goes first, so that an interruption leaves nothing that looks whole.

    Raises:
        MachineError: it cannot be removed.
    """
    checkout = Checkout(folder)
    for path in part.paths:
        if not _exists(checkout, path):  # also where a folder on the way has become a link
            continue
        remove(folder / path)
        if _exists(checkout, path):
            raise MachineError(f"{folder / path} cannot be removed", "See who owns it: ls -ld, and remove it yourself.")
