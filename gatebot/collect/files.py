"""Selects the files of a tree that user code gets, and provides them: as copies, or as links to large files."""

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError
from gatebot.repository import git, own_folder

LARGE = 64 << 20  # bytes; smaller files are copied, because a training may overwrite its committed model
NEVER = frozenset({".git", own_folder.NAME})
MOST_FOLDERS = 500
COPIES_OF_DATA = (PurePosixPath(".dvc/cache"), PurePosixPath(".dvc/tmp"))
NOT_WALKED = frozenset(
    {".venv", ".conda", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)

Paths = tuple[PurePosixPath, ...]


def listed(root: Path) -> Paths:
    """Return the sorted files of a working tree: tracked and untracked but not ignored; in a plain folder, all files.

    Raises:
        MachineError: git cannot list them.
    """
    found = _by_git(root) if (root / ".git").exists() else walked(root, skip=NOT_WALKED)
    return tuple(sorted(path for path in found if not is_kept_back(path)))


def walked(root: Path, skip: frozenset[str] = frozenset()) -> Iterable[PurePosixPath]:
    """Return all files and links below a folder, except those in skipped folders."""
    return Checkout(root).walked(enters=lambda folder: folder.name not in skip | NEVER)


def empty_folders(root: Path) -> Paths:
    """Return folders of a working tree that no file of a commit is in: empty ones, and ignored ones without files.

    Code that writes into such a folder finds it here, although no commit has it. Hidden folders, environments and what
    lies below the first hundreds are left out.
    """
    with_files = {parent for path in listed(root) for parent in path.parents}
    found: list[PurePosixPath] = []
    checkout, queue, seen = Checkout(root), [PurePosixPath()], 0
    while queue and seen < MOST_FOLDERS:
        folder, seen = queue.pop(0), seen + 1
        for name in _folder_names(checkout, folder):
            queue.append(folder / name)
            if folder / name not in with_files:
                found.append(folder / name)
    return tuple(found)


def _folder_names(checkout: Checkout, folder: PurePosixPath) -> list[str]:
    try:
        if checkout.status(folder / "pyvenv.cfg") is not None:
            return []
        names = (name for name in checkout.names(folder) if not name.startswith(".") and name not in NOT_WALKED)
        return [name for name in names if checkout.is_folder(folder / name)]
    except (OSError, UnsafePathError):
        return []


def _by_git(root: Path) -> Iterable[PurePosixPath]:
    checkout = Checkout(root)
    known = _git_names(root, "--cached")
    new = {name for name in _git_names(root, "--others", "--exclude-standard") if not _is_byproduct(name)}
    for name in known | new:
        path = PurePosixPath(name)
        try:
            status = checkout.status(path)
        except UnsafePathError:
            continue  # a link is in place of a folder that git knows: what it leads to is not part of the tree
        if status is None:
            continue
        if not stat.S_ISDIR(status.st_mode):
            if name in known or status.st_nlink == 1:  # a file with several hard links may be a file from outside
                yield path
        elif (root / path / ".git").exists():  # a submodule, or a repository inside this one
            yield from (path / inner for inner in listed(root / path))
        else:  # git lists a repository without a work tree as one entry
            yield from (path / inner for inner in walked(root / path, skip=NOT_WALKED))


def _git_names(root: Path, *which: str) -> set[str]:
    return {os.fsdecode(name) for name in git.list_files(root, *which)}


def _is_byproduct(name: str) -> bool:
    """Return whether an untracked file lies in an environment or a cache folder that is not ignored."""
    return bool(NOT_WALKED.intersection(PurePosixPath(name).parts))


def is_kept_back(path: PurePosixPath) -> bool:
    """Return whether user code never gets a file: files of gatebot and git, and caches that hold data."""
    return bool(NEVER.intersection(path.parts)) or any(path.is_relative_to(cache) for cache in COPIES_OF_DATA)


def matching(paths: Paths, patterns: Iterable[str]) -> frozenset[PurePosixPath]:
    """Return the paths that a pattern names: a file, a folder with its content, or a glob with `*`, `?` and `**`."""
    tests = [_test(pattern) for pattern in patterns]
    return frozenset(path for path in paths if any(test(path) for test in tests))


def _test(pattern: str) -> Callable[[PurePosixPath], bool]:
    """Return a test of whether a path, or a folder that contains it, matches.

    The time is linear in the length of the pattern times the length of the path.
    """
    parts = [None if part == "**" else _shape(part) for part in pattern.removeprefix("./").rstrip("/").split("/")]

    def matches(path: PurePosixPath) -> bool:
        reached = _skipped({0}, parts)
        for name in path.parts:
            reached = _skipped({after for at in reached for after in _after(at, name, parts)}, parts)
        return len(parts) in reached

    return matches


def _after(at: int, name: str, parts: Sequence["re.Pattern[str] | None"]) -> Iterable[int]:
    """Return the possible positions in a pattern after one more part of a path."""
    if at == len(parts):
        return (at,)  # below a folder that matches
    shape = parts[at]
    if shape is None:
        return (at, at + 1)
    return (at + 1,) if shape.fullmatch(name) else ()


def _skipped(reached: set[int], parts: Sequence["re.Pattern[str] | None"]) -> set[int]:
    """Add the positions where `**` matches no folder; not at the end, where it matches the content of a folder."""
    for at in range(len(parts) - 1):
        if at in reached and parts[at] is None:
            reached.add(at + 1)
    return reached


def _shape(part: str) -> "re.Pattern[str]":
    """Return the expression for a name with `*` and `?`.

    Text between two stars is matched at its first occurrence without backtracking, so that the time stays linear.
    """
    first, *others = ["".join("." if char == "?" else re.escape(char) for char in piece) for piece in part.split("*")]
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(first + middle + "".join(f".*{piece}" for piece in others[-1:]), re.DOTALL)


def copied(
    source: Path, paths: Iterable[PurePosixPath], target: Path, *, link: bool, least: int = LARGE, dated: bool = False
) -> None:
    """Copy files into another folder, or hard-link those that are large and readable by everyone.

    Symbolic links are copied as links and never followed here. In the sandbox, they lead only to what the sandbox
    allows.

    Args:
        source: the folder with the files.
        paths: the files, relative to it.
        target: the folder to copy to.
        link: whether to make hard links.
        least: the minimum size in bytes of a file that is linked.
        dated: whether copies keep their modification time.

    Raises:
        MachineError: the disk is full, or a file cannot be read.
        UnsafePathError: a path leads through a link.
    """
    checkout = Checkout(source)
    made: set[Path] = set()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in paths:
            to = target / path
            if to.parent not in made:
                to.parent.mkdir(parents=True, exist_ok=True)
                made.add(to.parent)
            _copy(checkout, path, to, link=link, least=least, dated=dated)
    except FileNotFoundError as error:
        raise MachineError(f"{error.filename} vanished while it was copied.") from error
    except OSError as error:
        raise MachineError(f"{error.filename or target} cannot be copied: {error.strerror}.") from error


def added(texts: Mapping[PurePosixPath, str], target: Path) -> Paths:
    """Write further files into a copy of a tree, which has none of these names, and return their paths.

    Raises:
        UnsafePathError: the folder of a file is a link, or a file in the tree.
    """
    checkout = Checkout(target)
    for path, text in texts.items():
        status = checkout.status(path.parent)
        if status is not None and not stat.S_ISDIR(status.st_mode):
            raise UnsafePathError(f"{path.parent} is not a folder", "Name another place.")
        to = target / path
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
        to.chmod(0o644)
    return tuple(texts)


def _copy(checkout: Checkout, path: PurePosixPath, target: Path, *, link: bool, least: int, dated: bool) -> None:
    status = checkout.status(path)
    if status is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if stat.S_ISLNK(status.st_mode):
        target.symlink_to(checkout.link(path))
    elif stat.S_ISREG(status.st_mode):  # not sockets and pipes
        with checkout.opened(path) as descriptor:
            status = os.fstat(descriptor)
            can_link = link and status.st_size >= least and status.st_mode & stat.S_IROTH
            if not (can_link and _linked(descriptor, target)):
                _require_room(status, path, target)
                with open(descriptor, "rb", closefd=False) as content, target.open("xb") as copy:
                    shutil.copyfileobj(content, copy, 1 << 20)
                target.chmod(0o755 if status.st_mode & 0o111 else 0o644)
                if dated:
                    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _require_room(status: os.stat_result, path: PurePosixPath, target: Path) -> None:
    """Check the free space first: a sparse file takes little space at its source, but its full length as a copy."""
    if status.st_size >= LARGE and status.st_size > shutil.disk_usage(target.parent).free:
        hint = "Free some space, or take the file out of the repository."
        raise MachineError(f"{path} has {status.st_size:,} bytes, more than the disk has left.", hint)


def _linked(descriptor: int, target: Path) -> bool:
    """Make a hard link; return False if that fails, as across file systems or for some files of other users."""
    try:
        # Links the very file that was checked. Python follows the first link only if it is given a folder as well.
        os.link(f"/proc/self/fd/{descriptor}", target, src_dir_fd=descriptor, follow_symlinks=True)
    except OSError:
        return False
    return True


def digest(root: Path, paths: Iterable[PurePosixPath]) -> str:
    """Return one digest of names and contents; equal files give the same digest."""
    checkout = Checkout(root)
    hasher = blake2b(digest_size=16)
    for path in sorted(paths):
        status = checkout.status(path)
        is_link = status is not None and stat.S_ISLNK(status.st_mode)
        content = os.fsencode(checkout.link(path)) if is_link else _content(checkout, path, status)
        kind = b"link" if is_link else b"file"
        hasher.update(b"%d %s %s %s" % (len(os.fsencode(path)), os.fsencode(path), kind, content))
    return hasher.hexdigest()


def _content(checkout: Checkout, path: PurePosixPath, status: os.stat_result | None) -> bytes:
    hasher = blake2b(digest_size=16)
    if status is not None and stat.S_ISREG(status.st_mode):
        with checkout.opened(path) as descriptor:
            while chunk := os.read(descriptor, 1 << 20):
                hasher.update(chunk)
    return hasher.digest()
