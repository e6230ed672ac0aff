"""A cache of folders that are expensive to make, stored by digest. A folder is made once, completely or not at all."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatebot.collect.seal import holds, seal
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.errors import MachineError
from gatebot.repository.kept_files import READY
from gatebot.sandbox.leftovers import remove

NOTE = READY
MOST_NOTE_BYTES = 1 << 20

Make = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A folder in the cache, the note of the function that made it, and whether it existed before."""

    path: Path
    note: dict[str, Any]
    cached: bool


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache for folders of one kind.

    Attributes:
        root: where the folders are stored.
        most: how many folders are kept; the least recently used ones are removed first.
    """

    root: Path
    most: int = 8

    def find(self, digest: str) -> CacheEntry | None:
        """Return the folder for a digest, or None if it was not made here or has changed since.

        Raises:
            MachineError: the cache cannot be used.
        """
        entry = self.root / digest
        with self._locked(digest):
            note = _note(entry, entry / "content")
            if note is None:
                return None
            os.utime(entry / NOTE)
            return CacheEntry(entry / "content", note, cached=True)

    def get(self, digest: str, make: Make) -> CacheEntry:
        """Return the folder for a digest, and make it if it does not exist.

        A folder is valid only if its note exists, which is written last, and if the seal in the note matches. Anything
        else under this digest is removed. Folders are never moved, because environments contain their own path.

        Args:
            digest: the name of the folder.
            make: fills an empty folder, and returns the note to store with it.

        Raises:
            MachineError: the cache cannot be written. Errors of `make` are passed on.
        """
        entry = self.root / digest
        with self._locked(digest):
            note = _note(entry, entry / "content")
            if note is not None:
                os.utime(entry / NOTE)
                return CacheEntry(entry / "content", note, cached=True)
            remove(entry)
            content = entry / "content"
            content.mkdir(parents=True)
            try:
                made = make(content)
            except BaseException:
                remove(entry)
                raise
            _finish(entry, made)
        self._thin_out(keep=digest)
        return CacheEntry(content, made, cached=False)

    @contextmanager
    def extended(self, digest: str) -> Iterator[Path]:
        """Yield the folder for a digest, to which the block adds; nobody else uses it meanwhile.

        A folder that was not made here, or that has changed since, is made anew: empty.

        Raises:
            MachineError: the cache cannot be written.
        """
        entry = self.root / digest
        content = entry / "content"
        with self._locked(digest):
            if _note(entry, content) is None:
                remove(entry)
                content.mkdir(parents=True)
            else:
                (entry / NOTE).unlink()
            try:
                yield content
            finally:
                _finish(entry, {})

    @contextmanager
    def reading(self, digest: str) -> Iterator[Path | None]:
        """Yield the folder for a digest while nobody adds to it; None if there is none that was made here.

        Raises:
            MachineError: the cache cannot be used.
        """
        entry = self.root / digest
        with self._locked(digest):
            found = _note(entry, entry / "content")
            yield None if found is None else entry / "content"

    @contextmanager
    def _locked(self, digest: str) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.root / f"{digest}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MachineError(
                f"{self.root} cannot be used as a cache: {error.strerror}.", "Set GATEBOT_CACHE to a folder of yours."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _thin_out(self, keep: str) -> None:
        """Remove the least recently used folders, except those used in the last 24 hours: they may be in use."""
        used = {path.parent: path.stat().st_mtime for path in self.root.glob(f"*/{NOTE}") if path.parent.name != keep}
        old = sorted((at, entry) for entry, at in used.items() if at < time.time() - 86400)
        for _, entry in old[: max(0, len(used) + 1 - self.most)]:
            (entry / NOTE).unlink()
            remove(entry)


def _finish(entry: Path, made: dict[str, Any]) -> None:
    """Write the note of a folder that is complete, and seal both."""
    draft = entry / f"{NOTE}.new"
    text = json.dumps(made)
    draft.write_text(json.dumps({"note": text, "seal": seal(entry / "content", text)}))
    draft.replace(entry / NOTE)


def _note(entry: Path, content: Path) -> dict[str, Any] | None:
    """Return the stored note, or None if this machine did not make the folder or its content has changed."""
    try:
        sealed_note = json.loads(Checkout(entry).read(NOTE, MOST_NOTE_BYTES))
        note: dict[str, Any] = json.loads(sealed_note["note"])
        return note if holds(content, str(sealed_note["note"]), str(sealed_note["seal"])) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError, UnsafePathError):
        return None
