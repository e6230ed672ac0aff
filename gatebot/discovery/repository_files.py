"""Which files a repository holds, and the text of those that are worth reading."""

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
    """Files below a folder, sorted; hidden folders, environments, tests and build results are left out."""

    root: Path
    paths: tuple[PurePosixPath, ...]

    def named(self, *patterns: str) -> tuple[PurePosixPath, ...]:
        """Those that match one of the patterns, by their names; the shallow ones first."""
        found = [path for path in self.paths if any(path.match(pattern) for pattern in patterns)]
        return tuple(sorted(found, key=lambda path: (len(path.parts), path)))

    def text(self, path: PurePosixPath) -> str:
        """What a file says; nothing where it is no text, or far too long."""
        try:
            with self.opened(path) as descriptor:
                return os.read(descriptor, MOST_TEXT).decode("utf-8", "replace")
        except (OSError, UnsafePathError):
            return ""

    def opened(self, path: PurePosixPath | str) -> AbstractContextManager[int]:
        """A descriptor of a file, for reading; a link to another file of the folder is followed.

        Raises:
            FileNotFoundError: there is none.
            UnsafePathError: it is no regular file, or lies outside.
        """
        checkout = Checkout(self.root)
        return checkout.opened(checkout.resolved(path))

    def __contains__(self, path: str) -> bool:
        return PurePosixPath(path) in self.paths


def repository_files(root: Path) -> RepositoryFiles:
    """Walk a folder.

    Raises:
        UsageError: it is no folder, or holds far too many files.
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
