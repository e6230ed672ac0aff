"""Second work trees of a commit, for as long as they are needed."""

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
    """A second work tree of a commit, gone afterwards. Neither hooks nor filters (Git LFS) run in it.

    Those that killed processes have left in the same place go, too: a lock tells them from those in use.

    Args:
        repository: the one that has it.
        name: the commit.
        parent: where to make it; default: the system's temporary directory.

    Raises:
        UsageError: no such commit.
        MachineError: it cannot be made.
    """
    sha = repository.fetched(name)
    _sweep(Path(parent or tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=TREE_PREFIX, dir=parent) as scratch, _locked(Path(scratch)):
        tree = Path(scratch).resolve() / "tree"
        if os.geteuid() == 0:  # git is who owns the repository
            owner = repository.git_dir.stat()
            os.chown(tree.parent, owner.st_uid, owner.st_gid)
        with _checked_out(repository, sha, tree):
            yield tree


@contextmanager
def _checked_out(repository: Repository, sha: str, tree: Path) -> Iterator[None]:
    """A work tree of a commit at a place, with those of its submodules that this one has fetched."""
    home = Path(os.fsdecode(repository.ask("rev-parse", "--path-format=absolute", "--git-common-dir")).rstrip("\n"))
    places = [home, tree.parent]
    try:
        add = ("worktree", "add", "--quiet", "--detach", "--", str(tree), sha)
        repository.ask(*no_filters(repository), *add, writable=places)
        with ExitStack() as inner:
            for path, commit in _submodules(repository, sha):
                if Checkout(repository.root).is_folder(path) and os.path.lexists(repository.root / path / ".git"):
                    module = Repository(repository.root / path)
                    if module.find(commit):  # its name is its content, wherever it was fetched from
                        inner.enter_context(_checked_out(module, commit, tree / path))
            yield
    finally:
        repository.attempt("worktree", "remove", "--force", "--force", "--", str(tree), writable=places)
        repository.attempt("worktree", "prune", writable=places)


def _submodules(repository: Repository, sha: str) -> list[tuple[str, str]]:
    """Path and commit of each submodule."""
    listed = repository.ask("ls-tree", "-r", "-z", "--full-tree", sha)
    entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry.startswith(b"160000 ")]
    return [(os.fsdecode(path), meta.split()[2].decode()) for meta, _, path in entries]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """A lock on a folder that the kernel lets go when this process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove our work trees that nobody holds any more. What another user has left, or holds, stays."""
    for folder in parent.glob(f"{TREE_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime < YOUNG_S:  # its owner may not have locked it yet
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
