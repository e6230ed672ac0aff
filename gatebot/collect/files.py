"""Which files of a tree user code gets, and how it gets them: copies, and links to what is large."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from gatebot.errors import MachineError

LARGE = 64 << 20  # bytes; smaller files are copied, because a training may well write its committed model anew
GATES_OWN = ".gatebot"
NEVER = frozenset({".git", GATES_OWN})
COPIES_OF_DATA = (PurePosixPath(".dvc/cache"), PurePosixPath(".dvc/tmp"))
NOT_WALKED = frozenset({".venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache"})

Paths = tuple[PurePosixPath, ...]


def listed(root: Path) -> Paths:
    """Files of a working tree, sorted: what git tracks and what is new and not ignored; all of a plain folder.

    Raises:
        MachineError: git cannot list them.
    """
    found = _by_git(root) if (root / ".git").exists() else walked(root, skip=NOT_WALKED)
    return tuple(sorted(path for path in found if not is_kept_back(path)))


def walked(root: Path, skip: frozenset[str] = frozenset()) -> Iterable[PurePosixPath]:
    """All files and links below a folder, but for what lies in folders that are skipped."""
    for folder, names, files in os.walk(root):
        at = PurePosixPath(Path(folder).relative_to(root).as_posix())
        links = [name for name in names if Path(folder, name).is_symlink()]
        names[:] = [name for name in names if name not in links and name not in skip | NEVER]
        yield from (at / name for name in (*files, *links))


def _by_git(root: Path) -> Iterable[PurePosixPath]:
    known = _git_names(root, "--cached")
    new = {name for name in _git_names(root, "--others", "--exclude-standard") if not _is_byproduct(name)}
    for name in known | new:
        path = root / name
        if path.is_dir() and not path.is_symlink():  # a submodule, or a repository inside this one
            yield from (PurePosixPath(name) / inner for inner in listed(path))
        elif os.path.lexists(path):
            yield PurePosixPath(name)


def _git_names(root: Path, *which: str) -> set[str]:
    git = ["git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", str(root)]
    answer = subprocess.run(
        [*git, "ls-files", "-z", *which],
        capture_output=True,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", "LC_ALL": "C"},
    )
    if answer.returncode:
        why = answer.stderr.decode(errors="replace").strip().splitlines()
        raise MachineError(f"git cannot list the files of {root}: {why[-1] if why else 'no reason given'}.")
    return {os.fsdecode(name) for name in answer.stdout.split(b"\0") if name}


def _is_byproduct(name: str) -> bool:
    """Whether an untracked file lies in an environment or a cache that nobody ignored."""
    return bool(NOT_WALKED.intersection(PurePosixPath(name).parts))


def is_kept_back(path: PurePosixPath) -> bool:
    """Whether user code never gets it: the gate's own files, git's, and caches that hold data."""
    return bool(NEVER.intersection(path.parts)) or any(path.is_relative_to(cache) for cache in COPIES_OF_DATA)


def matching(paths: Paths, patterns: Iterable[str]) -> frozenset[PurePosixPath]:
    """Those of the paths that a pattern names: a file, a folder with all in it, or a glob with `*`, `?` and `**`."""
    tests = [_test(pattern) for pattern in patterns]
    return frozenset(path for path in paths if any(test(path) for test in tests))


def _test(pattern: str) -> Callable[[PurePosixPath], bool]:
    plain = pattern.removeprefix("./").rstrip("/")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", plain)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    shape = re.compile("".join(meaning.get(piece, re.escape(piece)) for piece in pieces) + "(?:/.*)?")
    return lambda path: shape.fullmatch(path.as_posix()) is not None


def copied(source: Path, paths: Iterable[PurePosixPath], target: Path, *, link: bool, least: int = LARGE) -> None:
    """Put files below another folder, as links where `link` is true, they have `least` bytes and are open to all.

    Symbolic links stay what they are: they are never followed here, and lead nowhere in the sandbox that the
    sandbox does not allow.

    Raises:
        MachineError: the disk is full, or a file cannot be read.
    """
    made: set[Path] = set()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in paths:
            to = target / path
            if to.parent not in made:
                to.parent.mkdir(parents=True, exist_ok=True)
                made.add(to.parent)
            _copy(source / path, to, link=link, least=least)
    except FileNotFoundError as error:
        raise MachineError(f"{error.filename} vanished while it was copied.") from error
    except OSError as error:
        raise MachineError(f"{error.filename or target} cannot be copied: {error.strerror}.") from error


def _copy(source: Path, target: Path, *, link: bool, least: int) -> None:
    status = source.lstat()
    if stat.S_ISLNK(status.st_mode):
        target.symlink_to(os.readlink(source))  # noqa: PTH115 - a Path would normalise it
    elif stat.S_ISREG(status.st_mode):  # not sockets and pipes
        can_link = link and status.st_size >= least and status.st_mode & stat.S_IROTH
        if not (can_link and _linked(source, target)):
            shutil.copyfile(source, target)
            target.chmod(0o755 if status.st_mode & 0o111 else 0o644)


def _linked(source: Path, target: Path) -> bool:
    """Whether a hard link could be made: not to another file system, and not everywhere to another user's file."""
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True


def digest(root: Path, paths: Iterable[PurePosixPath]) -> str:
    """One digest of names and contents; the same for the same files."""
    hasher = blake2b(digest_size=16)
    for path in sorted(paths):
        file = root / path
        kind = b"link" if file.is_symlink() else b"file"
        content = os.fsencode(os.readlink(file)) if file.is_symlink() else _content(file)  # noqa: PTH115
        hasher.update(b"%d %s %s %s" % (len(os.fsencode(path)), os.fsencode(path), kind, content))
    return hasher.hexdigest()


def _content(file: Path) -> bytes:
    hasher = blake2b(digest_size=16)
    if file.is_file():
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                hasher.update(chunk)
    return hasher.digest()
