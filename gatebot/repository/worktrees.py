"""Temporary additional work trees of a commit."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gatebot.core.checkout import Checkout
from gatebot.repository.git import Repository, no_filters

TREE_PREFIX = "gatebot-tree-"
YOUNG_S = 60.0


@contextmanager
def worktree(repository: Repository, name: str, parent: Path | None = None) -> Iterator[Path]:
    """Create an additional work tree of a commit and remove it at the end. Hooks and filters (Git LFS) do not run.

    This also removes work trees that killed processes left in the same folder; those in use are locked.

    Args:
        repository: the repository that contains the commit.
        name: the commit.
        parent: folder for the work tree; default: the system's temporary directory.

    Raises:
        UsageError: The commit does not exist.
        MachineError: The work tree cannot be created.
    """
    sha = repository.fetched(name)
    _sweep(Path(parent or tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=TREE_PREFIX, dir=parent) as scratch, _locked(Path(scratch)):
        tree = Path(scratch).resolve() / "tree"
        if os.geteuid() == 0:  # git runs as the owner of the repository
            owner = repository.git_dir.stat()
            os.chown(tree.parent, owner.st_uid, owner.st_gid)
        with _checked_out(repository, sha, tree):
            yield tree


@contextmanager
def _checked_out(repository: Repository, sha: str, tree: Path) -> Iterator[None]:
    """Check out a commit at `tree`, together with those of its submodules that this repository has fetched."""
    home = Path(os.fsdecode(repository.ask("rev-parse", "--path-format=absolute", "--git-common-dir")).rstrip("\n"))
    places = [home, tree.parent]
    try:
        add = ("worktree", "add", "--quiet", "--detach", "--", str(tree), sha)
        repository.ask(*no_filters(repository), *add, writable=places)
        with ExitStack() as inner:
            for path, commit in _submodules(repository, sha):
                if Checkout(repository.root).is_folder(path) and os.path.lexists(repository.root / path / ".git"):
                    module = Repository(repository.root / path)
                    if module.find(commit):  # a SHA identifies the content, whatever its origin
                        inner.enter_context(_checked_out(module, commit, tree / path))
            yield
    finally:
        repository.attempt("worktree", "remove", "--force", "--force", "--", str(tree), writable=places)
        repository.attempt("worktree", "prune", writable=places)


def _submodules(repository: Repository, sha: str) -> list[tuple[str, str]]:
    """Return the path and the commit of each submodule."""
    listed = repository.ask("ls-tree", "-r", "-z", "--full-tree", sha)
    entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry.startswith(b"160000 ")]
    return [(os.fsdecode(path), meta.split()[2].decode()) for meta, _, path in entries]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder; the kernel releases it even if this process is killed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove gatebot's work trees that are no longer locked. Those that belong to another user, or are in use, stay."""
    for folder in parent.glob(f"{TREE_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime < YOUNG_S:  # its process may not have locked it yet
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
