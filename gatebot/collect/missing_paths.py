"""Finds out which path a failed run asked for in vain, and why that path is not in the copy of the repository.

The path comes from the log, which user code has written: it is looked up in the commit, never opened outside of it.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gatebot.collect import files
from gatebot.collect.job import Tree
from gatebot.collect.workspace import Workspace
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import GateError
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.missing_path import MAX_PATH, Absence, MissingPath
from gatebot.repository.git import Repository

MOST_LINES = 40
MOST_POINTERS = 2_000
POINTER = b"version https://git-lfs.github.com/spec/"
MOST_POINTER_BYTES = 400
_NAMED = tuple(
    re.compile(expression)
    for expression in (
        r"No such file or directory:? \(os error 2\): (?P<path>[^'\"\n]{1,300})",
        r"No such file or directory: b?['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"Permission denied: b?['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"non-existent directory: ['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"Not a directory: b?['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"(?:cannot open|opening|open local) file ['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"cannot open (?:file|compressed file) ['\"](?P<path>[^'\"\n]{1,300})['\"]",
        r"(?:^|[ :])(?P<path>[^\s:'\"]{1,300}): (?:cannot open: )?No such file or directory$",
        r"['\"]?(?P<path>[^\s:'\"]{1,300})['\"]?:? (?:not found|does not exist)\.?$",
    )
)
_NO_ADVICE = tuple(map(PurePosixPath, ("/proc", "/sys", "/dev", "/usr", "/lib", "/lib64", "/bin", "/etc", "/tmp")))  # noqa: S108


@dataclass(frozen=True, slots=True)
class CommittedPaths:
    """What is known of a side's commit when one of its runs fails.

    Attributes:
        tree: the tree that is trained.
        paths: the files that user code gets.
        data: the data's files, which it does not get as files.
        others: further trees that may have a path that this one lacks: the checkout, and base's files.
        base: base's tree, if this is head and base's files are here.
    """

    tree: Tree
    paths: files.Paths
    data: frozenset[PurePosixPath]
    others: tuple[Path, ...] = ()
    base: Path | None = None


def explained(effects: Effects, known: CommittedPaths, workspace: Workspace) -> Effects:
    """Return the effects of a run with the path that it lacked, if its log names one and the reason is known."""
    if effects.ended not in (Ending.CRASHED, Ending.NO_OUTPUT) or not effects.log_tail:
        return effects
    missing = _missing(effects.log_tail, known, workspace) or _pointer(effects.log_tail, known)
    return effects if missing is None else replace(effects, missing=missing)


def _missing(log: tuple[str, ...], known: CommittedPaths, workspace: Workspace) -> MissingPath | None:
    asked = next(_asked(log), None)
    if asked is None:
        return None
    path = _in_repository(asked, known.tree.folder, workspace)
    if path is None:
        own = PurePosixPath(workspace.scratch)
        other = PurePosixPath(asked).is_absolute() and any(map(PurePosixPath(asked).is_relative_to, (own, *_NO_ADVICE)))
        return None if other else MissingPath(asked[:MAX_PATH], Absence.OUTSIDE)
    if len(str(path)) > MAX_PATH:
        return None
    copy = Checkout(workspace.tree)
    if path in known.data or any(path in each.parents for each in known.data):
        return MissingPath(str(path), Absence.DATA)
    if _exists(copy, path):
        return None
    return _absent(path, known, copy)


def _absent(path: PurePosixPath, known: CommittedPaths, copy: Checkout) -> MissingPath | None:
    """Return why a path of the repository is not in the copy; None if nothing is known of it."""
    if (module := _submodule_of(path, known.tree.path)) is not None:
        return MissingPath(str(path), Absence.SUBMODULE, str(module))
    if any(_exists(Checkout(root), path) for root in known.others) or _is_ignored(path, known.tree.path):
        removed = known.base is not None and _exists(Checkout(known.base), path)
        return MissingPath(str(path), Absence.REMOVED if removed else Absence.IGNORED)
    folder = next((each for each in reversed(path.parents[:-1]) if not _exists(copy, each)), None)
    return None if folder is None else MissingPath(str(path), Absence.FOLDER, str(folder))


def _asked(log: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths that the last lines of a log say are missing, the last one first."""
    for line in reversed(log[-MOST_LINES:]):
        for expression in _NAMED:
            found = expression.search(line)
            if found is not None and found["path"].isprintable():
                yield found["path"].strip()
                break


def _in_repository(asked: str, folder: PurePosixPath, workspace: Workspace) -> PurePosixPath | None:
    """Return a path relative to the repository; None if it leads out of it.

    Paths of the copy are relative in logs already. A relative path counts from where commands start, or from the root.
    """
    path = PurePosixPath(asked)
    if path.is_absolute():
        if not path.is_relative_to(workspace.tree):
            return None
        path = path.relative_to(workspace.tree)
    elif not path.is_relative_to(folder):
        path = folder / path
    plain = PurePosixPath(os.path.normpath(path))
    return None if ".." in plain.parts or plain.is_absolute() else plain


def _exists(checkout: Checkout, path: PurePosixPath) -> bool:
    try:
        return checkout.status(path) is not None
    except (OSError, UnsafePathError):
        return False


def _submodule_of(path: PurePosixPath, root: Path) -> PurePosixPath | None:
    """Return the submodule that a path lies in, if its folder is empty here."""
    if not (root / ".git").exists():
        return None
    above = [str(each) for each in (path, *path.parents[:-1])]
    try:
        listed = Repository(root).ask("ls-files", "-s", "-z", "--", *above)
    except GateError:
        return None
    modules = (entry.partition(b"\t")[2] for entry in listed.split(b"\0") if entry.startswith(b"160000 "))
    found = next((PurePosixPath(os.fsdecode(name)) for name in modules if os.fsdecode(name) in above), None)
    return found if found is not None and not _has_files(Checkout(root), found) else None


def _has_files(checkout: Checkout, folder: PurePosixPath) -> bool:
    try:
        return bool(checkout.names(folder))
    except (OSError, UnsafePathError):
        return False


def _is_ignored(path: PurePosixPath, root: Path) -> bool:
    if not (root / ".git").exists():
        return False
    asked = ("--no-literal-pathspecs", "check-ignore", "--quiet", "--no-index", "--", f"./{path}")  # no magic after ./
    return Repository(root).attempt(*asked).returncode == 0


def _pointer(log: tuple[str, ...], known: CommittedPaths) -> MissingPath | None:
    """Return the file of Git LFS without its content that a log names, or else the first there is."""
    attributes = (path for path in known.paths if path.name == ".gitattributes")
    if not any(b"filter=lfs" in _start(known.tree.path, path, 1 << 16) for path in attributes):
        return None
    found = list(_pointers(known))
    named = (path for path in found if any(path.name in line for line in log[-MOST_LINES:]))
    path = next(named, found[0] if found else None)
    return None if path is None or len(str(path)) > MAX_PATH else MissingPath(str(path), Absence.POINTER)


def _pointers(known: CommittedPaths) -> Iterable[PurePosixPath]:
    for path in known.paths[:MOST_POINTERS]:
        if _start(known.tree.path, path, MOST_POINTER_BYTES).startswith(POINTER):
            yield path


def _start(root: Path, path: PurePosixPath, most: int) -> bytes:
    """Return a small file; empty if it is large, no regular file, or cannot be read."""
    checkout = Checkout(root)
    try:
        status = checkout.status(path)
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return b""
        return checkout.read(path, most)
    except (OSError, UnsafePathError):
        return b""
