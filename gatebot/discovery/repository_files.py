"""Lists the files of a repository, and reads the relevant ones."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import UsageError

MOST_FILES = 20_000
MOST_TEXT = 1_000_000
SKIPPED = frozenset(
    {"node_modules", "venv", "env", "site-packages", "__pycache__", "mlruns", "wandb", "build", "dist", "tests", "test"}
)
READ_HIDDEN = frozenset({".github"})


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """The sorted files below a folder, without hidden folders, environments, tests and build results."""

    root: Path
    paths: tuple[PurePosixPath, ...]

    def named(self, *patterns: str) -> tuple[PurePosixPath, ...]:
        """Return the paths whose names match a pattern, those in shallow folders first."""
        found = [path for path in self.paths if any(path.match(pattern) for pattern in patterns)]
        return tuple(sorted(found, key=lambda path: (len(path.parts), path)))

    def text(self, path: PurePosixPath) -> str:
        """Return the text of a file, cut off at a maximum length; empty if it cannot be read."""
        try:
            with self.opened(path) as descriptor:
                return os.read(descriptor, MOST_TEXT).decode("utf-8", "replace")
        except (OSError, UnsafePathError):
            return ""

    def opened(self, path: PurePosixPath | str) -> AbstractContextManager[int]:
        """Return a descriptor for reading a file. A link to another file of the folder is followed.

        Raises:
            FileNotFoundError: the file does not exist.
            UnsafePathError: it is not a regular file, or lies outside of the folder.
        """
        checkout = Checkout(self.root)
        return checkout.opened(checkout.resolved(path))

    def __contains__(self, path: str) -> bool:
        return PurePosixPath(path) in self.paths


def repository_files(root: Path) -> RepositoryFiles:
    """List the files of a folder.

    Raises:
        UsageError: it is not a folder, or holds too many files.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder", "Give --config a path in the repository.")
    paths = []
    checkout = Checkout(root)
    for path in checkout.walked(enters=lambda folder: _is_worth_it(checkout, folder)):
        paths.append(path)
        if len(paths) > MOST_FILES:
            raise UsageError(
                f"{root} holds more than {MOST_FILES:,} files",
                "Run `gatebot init` in the project's own folder: --config path/to/gatebot.yml.",
            )
    return RepositoryFiles(root, tuple(sorted(paths)))


def _is_worth_it(checkout: Checkout, folder: PurePosixPath) -> bool:
    hidden = folder.name.startswith(".") and folder.name not in READ_HIDDEN
    return not (hidden or folder.name in SKIPPED or checkout.status(folder / "pyvenv.cfg"))
