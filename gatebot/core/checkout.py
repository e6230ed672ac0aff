"""The one way to open a path of a checkout: beneath its root, through no link, regular files only, of limited size."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.errors import UsageError

MOST_LINKS = 40
HINT = "Replace it by a regular file."
LINK_HINT = "Links may lead to places inside the repository only."
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class UnsafePathError(UsageError):
    """A path of a checkout is nothing that may be opened: a link, a device, outside of the root, too large."""


Enters = Callable[[PurePosixPath], bool]


@dataclass(frozen=True, slots=True)
class Checkout:
    """Files that somebody else has chosen: names, kinds, contents and links.

    Every component of a path is opened by itself and beneath the one before, without following links (O_NOFOLLOW).
    So nothing outside of the root is ever reached, also while somebody swaps a folder for a link.

    Attributes:
        root: the folder; the path to it is trusted.
    """

    root: Path

    def read(self, path: PurePosixPath | str, most: int) -> bytes:
        """The content of a regular file.

        Args:
            path: relative to the root.
            most: bytes; larger files are refused.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is none that may be read.
        """
        with self.opened(path, most) as descriptor:
            pieces, left = [], most + 1  # a file that grows meanwhile is cut off
            while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
                pieces.append(piece)
                left -= len(piece)
        if left <= 0:
            raise _too_large(path, most + 1, most)
        return b"".join(pieces)

    @contextmanager
    def opened(self, path: PurePosixPath | str, most: int | None = None) -> Iterator[int]:
        """A descriptor of a regular file, for reading.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is none that may be read.
        """
        with self._folder_of(path) as (folder, name):
            _require_regular(_status_of(name, folder, path), path)  # a device acts when it is opened
            descriptor = _opened(name, _FILE, folder, path)
        try:
            status = os.fstat(descriptor)
            _require_regular(status, path)
            if most is not None and status.st_size > most:
                raise _too_large(path, status.st_size, most)
            yield descriptor
        finally:
            os.close(descriptor)

    def status(self, path: PurePosixPath | str) -> os.stat_result | None:
        """What stands at a path, a link itself and not what it leads to; None where there is nothing.

        Raises:
            UnsafePathError: the way there leads through a link, or out of the root.
        """
        try:
            if not _parts(path):
                return self.root.stat()
            with self._folder_of(path) as (folder, name):
                return _status_of(name, folder, path)
        except FileNotFoundError:
            return None

    def is_file(self, path: PurePosixPath | str) -> bool:
        """Whether a regular file stands at a path, with no link on the way."""
        try:
            status = self.status(path)
        except UnsafePathError:
            return False
        return status is not None and stat.S_ISREG(status.st_mode)

    def is_folder(self, path: PurePosixPath | str) -> bool:
        """Whether a folder stands at a path, with no link on the way."""
        try:
            status = self.status(path)
        except UnsafePathError:
            return False
        return status is not None and stat.S_ISDIR(status.st_mode)

    def link(self, path: PurePosixPath | str) -> str:
        """Where a symbolic link leads, as it stands there.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is no link.
        """
        with self._folder_of(path) as (folder, name):
            try:
                return os.readlink(name, dir_fd=folder)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    raise
                raise UnsafePathError(f"{_shown(path)} is not a symbolic link", HINT) from error

    def names(self, path: PurePosixPath | str = "") -> tuple[str, ...]:
        """The names in a folder, sorted.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is no folder that may be listed.
        """
        with self._folder(_parts(path), path) as folder:
            return tuple(sorted(entry.name for entry in os.scandir(folder)))

    def walked(self, path: PurePosixPath | str = "", enters: Enters | None = None) -> Iterator[PurePosixPath]:
        """All files and links below a folder. Links are not followed.

        Args:
            path: of the folder.
            enters: says of a folder in it whether it is walked, too.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is no folder that may be listed.
        """
        parts = _parts(path)
        with self._folder(parts, path) as folder:
            entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in os.scandir(folder)]
        here = PurePosixPath(*parts)
        for name, is_folder in sorted(entries):
            if not is_folder:
                yield here / name
            elif enters is None or enters(here / name):
                try:
                    yield from self.walked(here / name, enters)
                except (FileNotFoundError, UnsafePathError):
                    continue  # it went, or was swapped for a link, while we looked

    def resolved(self, path: PurePosixPath | str) -> PurePosixPath:
        """The path without links that a path leads to, where it stays beneath the root all the way.

        For what a project legitimately links within its own repository. What is opened afterwards is opened by the
        path that this returns, component by component again.

        Raises:
            FileNotFoundError: nothing is there.
            UnsafePathError: a link leads out of the root, or links go in a circle.
        """
        done: list[str] = []
        todo = list(reversed(PurePosixPath(path).parts))
        links = 0
        while todo:
            name = todo.pop()
            if name == "..":
                if not done:
                    raise UnsafePathError(f"{_shown(path)} leads out of the repository", LINK_HINT)
                done.pop()
                continue
            here = PurePosixPath(*done, name)
            if here.is_absolute():
                raise UnsafePathError(f"{_shown(path)} leads out of the repository", LINK_HINT)
            status = self.status(here)
            if status is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(here))
            if not stat.S_ISLNK(status.st_mode):
                done.append(name)
                continue
            links += 1
            if links > MOST_LINKS:
                raise UnsafePathError(f"{_shown(path)}: its links go in a circle", LINK_HINT)
            todo += reversed(PurePosixPath(self.link(here)).parts)
        return PurePosixPath(*done)

    @contextmanager
    def _folder_of(self, path: PurePosixPath | str) -> Iterator[tuple[int, str]]:
        """The folder that a path lies in, open, and the path's last name."""
        parts = _parts(path)
        if not parts:
            raise UnsafePathError("the root of the repository is a folder, not a file", HINT)
        with self._folder(parts[:-1], path) as folder:
            yield folder, parts[-1]

    @contextmanager
    def _folder(self, parts: tuple[str, ...], path: PurePosixPath | str) -> Iterator[int]:
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in parts:
                inner = _opened(name, _FOLDER, folder, path)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _opened(name: str, flags: int, folder: int, path: PurePosixPath | str) -> int:
    """A descriptor of what bears a name in a folder.

    Raises:
        FileNotFoundError: nothing does.
        UnsafePathError: it is a link, or nothing that can be opened.
    """
    try:
        return os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISLNK(kind):
                which = "is" if PurePosixPath(path).name == name else f"lies behind {_shown(name)},"
                raise UnsafePathError(f"{_shown(path)} {which} a symbolic link, which is not followed", HINT) from error
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
        raise UnsafePathError(f"{_shown(path)} cannot be opened: {error.strerror}", HINT) from error


def _status_of(name: str, folder: int, path: PurePosixPath | str) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnsafePathError(f"{_shown(path)} cannot be looked at: {error.strerror}", HINT) from error


def _parts(path: PurePosixPath | str) -> tuple[str, ...]:
    """The components of a path.

    Raises:
        UnsafePathError: it is absolute, goes up, or is no path at all.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise UnsafePathError(f"{_shown(path)} leads out of the repository", "Give a path inside the repository.")
    if "\0" in str(path):
        raise UnsafePathError(f"{_shown(path)} is no path", "Give a path inside the repository.")
    return pure.parts


def _require_regular(status: os.stat_result, path: PurePosixPath | str) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISLNK, "a symbolic link, which is not followed"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    kind = next((words for test, words in kinds if test(status.st_mode)), "a device")
    raise UnsafePathError(f"{_shown(path)} is {kind}; only regular files are read", HINT)


def _too_large(path: PurePosixPath | str, size: int, most: int) -> UnsafePathError:
    return UnsafePathError(f"{_shown(path)} has {size:,} bytes; at most {most:,} are read", "Make it smaller.")


def _shown(path: PurePosixPath | str) -> str:
    """A path as one line of a message."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(path))
    return text if len(text) <= 200 else f"{text[:199]}…"
