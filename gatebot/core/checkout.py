"""Safe access to files of a checkout: only below its root, through no link, regular files of limited size only."""

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
    """A path of a checkout must not be opened: it is a link or a device, leaves the root, or is too large."""


Enters = Callable[[PurePosixPath], bool]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder of untrusted files, whose names, kinds, contents and links an attacker may have chosen.

    Each component of a path is opened relative to the previous one, without following links (O_NOFOLLOW). So nothing
    outside the root is reached, even if a folder is replaced by a link at the same time.

    Attributes:
        root: the folder; the path to it is trusted.
    """

    root: Path

    def read(self, path: PurePosixPath | str, most: int) -> bytes:
        """Return the content of a regular file.

        Args:
            path: path relative to the root.
            most: limit in bytes; larger files are refused.

        Raises:
            FileNotFoundError: The file does not exist.
            UnsafePathError: The path must not be read.
        """
        with self.opened(path, most) as descriptor:
            pieces, left = [], most + 1  # a file that grows meanwhile is refused
            while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
                pieces.append(piece)
                left -= len(piece)
        if left <= 0:
            raise _too_large(path, most + 1, most)
        return b"".join(pieces)

    @contextmanager
    def opened(self, path: PurePosixPath | str, most: int | None = None) -> Iterator[int]:
        """Open a regular file for reading and yield its descriptor.

        Raises:
            FileNotFoundError: The file does not exist.
            UnsafePathError: The path must not be read.
        """
        with self._folder_of(path) as (folder, name):
            _require_regular(_status_of(name, folder, path), path)  # opening a device can have effects
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
        """Return the status of a path, or None if nothing exists there. A link is not followed.

        Raises:
            UnsafePathError: The path leads through a link or out of the root.
        """
        try:
            if not _parts(path):
                return self.root.stat()
            with self._folder_of(path) as (folder, name):
                return _status_of(name, folder, path)
        except FileNotFoundError:
            return None

    def is_file(self, path: PurePosixPath | str) -> bool:
        """Whether the path is a regular file that is reached without following a link."""
        try:
            status = self.status(path)
        except UnsafePathError:
            return False
        return status is not None and stat.S_ISREG(status.st_mode)

    def is_folder(self, path: PurePosixPath | str) -> bool:
        """Whether the path is a folder that is reached without following a link."""
        try:
            status = self.status(path)
        except UnsafePathError:
            return False
        return status is not None and stat.S_ISDIR(status.st_mode)

    def link(self, path: PurePosixPath | str) -> str:
        """Return the target of a symbolic link, as it is written in the link.

        Raises:
            FileNotFoundError: The path does not exist.
            UnsafePathError: The path is not a link.
        """
        with self._folder_of(path) as (folder, name):
            try:
                return os.readlink(name, dir_fd=folder)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    raise
                raise UnsafePathError(f"{_shown(path)} is not a symbolic link", HINT) from error

    def names(self, path: PurePosixPath | str = "") -> tuple[str, ...]:
        """Return the sorted names in a folder.

        Raises:
            FileNotFoundError: The folder does not exist.
            UnsafePathError: The path is not a folder, or must not be listed.
        """
        with self._folder(_parts(path), path) as folder:
            return tuple(sorted(entry.name for entry in os.scandir(folder)))

    def walked(self, path: PurePosixPath | str = "", enters: Enters | None = None) -> Iterator[PurePosixPath]:
        """Yield all files and links below a folder. Links are not followed.

        Args:
            path: path of the folder.
            enters: returns whether a subfolder is walked too; by default all are.

        Raises:
            FileNotFoundError: The folder does not exist.
            UnsafePathError: The path is not a folder, or must not be listed.
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
                    continue  # it was removed, or replaced by a link, after it was listed

    def resolved(self, path: PurePosixPath | str) -> PurePosixPath:
        """Resolve all links of a path, as long as they stay below the root.

        This supports links that a project uses within its own repository. To open the file, pass the returned path to
        `opened` or `read`, which check each component again.

        Raises:
            FileNotFoundError: The path does not exist.
            UnsafePathError: A link leads out of the root, or links form a cycle.
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
        """Yield a descriptor of the folder that contains the path, and the path's last component."""
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
    """Open a name in a folder and return its descriptor.

    Raises:
        FileNotFoundError: The name does not exist in the folder.
        UnsafePathError: The name is a link, or cannot be opened.
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
    """Split a path into its components.

    Raises:
        UnsafePathError: The path is absolute, contains `..`, or is not a valid path.
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
    """Format a path for a message: printable characters only, on one line, shortened."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(path))
    return text if len(text) <= 200 else f"{text[:199]}…"
