"""Folders that are costly to make, kept by digest: made once by whoever comes first, whole or not at all."""

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
from gatebot.sandbox.leftovers import remove

NOTE = "ready.json"
MOST_NOTE_BYTES = 1 << 20

Make = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A folder of the cache: where it is, what its maker noted, and whether it was there before."""

    path: Path
    note: dict[str, Any]
    cached: bool


@dataclass(frozen=True, slots=True)
class Cache:
    """Folders of one kind below a cache.

    Attributes:
        root: where they stand.
        most: how many are kept; the longest unused ones go first.
    """

    root: Path
    most: int = 8

    def find(self, digest: str) -> CacheEntry | None:
        """The folder of this digest, or None where it was not made here, or has changed since.

        Raises:
            MachineError: the cache cannot be used.
        """
        entry = self.root / digest
        with self._locked(digest):
            note = _note(entry, entry / "content")
        return None if note is None else CacheEntry(entry / "content", note, cached=True)

    def get(self, digest: str, make: Make) -> CacheEntry:
        """The folder of this digest, made now if it is not there.

        A folder counts only once its note is written, which is the last thing that happens, and as long as the seal in
        it holds; anything else that lies there is removed. Folders stay where they are made: environments hold their
        own path.

        Args:
            digest: names it.
            make: fills an empty folder, and returns what is worth noting.

        Raises:
            MachineError: the cache cannot be written, or whatever `make` raises.
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
            draft = entry / f"{NOTE}.new"
            text = json.dumps(made)
            draft.write_text(json.dumps({"note": text, "seal": seal(content, text)}))
            draft.replace(entry / NOTE)
        self._thin_out(keep=digest)
        return CacheEntry(content, made, cached=False)

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
        """Remove the longest unused folders; what was used within a day may be in use."""
        used = {path.parent: path.stat().st_mtime for path in self.root.glob(f"*/{NOTE}") if path.parent.name != keep}
        old = sorted((at, entry) for entry, at in used.items() if at < time.time() - 86400)
        for _, entry in old[: max(0, len(used) + 1 - self.most)]:
            (entry / NOTE).unlink()
            remove(entry)


def _note(entry: Path, content: Path) -> dict[str, Any] | None:
    """What the maker noted; None where none of this machine has made what lies there, or it has changed since."""
    try:
        said = json.loads(Checkout(entry).read(NOTE, MOST_NOTE_BYTES))
        note: dict[str, Any] = json.loads(said["note"])
        return note if holds(content, str(said["note"]), str(said["seal"])) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError, UnsafePathError):
        return None
