"""Reads untrusted bytes into a Snapshot or a Truth. All other input raises SnapshotError."""

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gatebot.evidence.bundle import LIMITS, Bundle, Limits
from gatebot.evidence.manifest import snapshot_of, truth_of
from gatebot.evidence.packed import Incoming
from gatebot.evidence.snapshot import Snapshot, SnapshotError
from gatebot.evidence.truth import Truth

SNAPSHOT_FILE = Path("snapshot", "snapshot.zip")
TRUTH_FILE = Path("labels", "truth.zip")

T = TypeVar("T")


def parse(data: bytes, limits: Limits = LIMITS) -> Snapshot:
    """Parse the Snapshot in these bytes, without its labels.

    Raises:
        SnapshotError: the bytes are not a valid Snapshot.
    """
    return _parsed(data, limits, snapshot_of)


def parse_truth(data: bytes, limits: Limits = LIMITS) -> Truth:
    """Parse the labels in these bytes.

    Raises:
        SnapshotError: the bytes are not valid labels.
    """
    return _parsed(data, limits, truth_of)


def read(folder: Path, limits: Limits = LIMITS) -> Snapshot:
    """Read the Snapshot that `store.write` wrote to a folder, without its labels.

    Raises:
        SnapshotError: there is none, or it cannot be read; the message names the file.
    """
    return _read(folder, SNAPSHOT_FILE, limits, parse)


def read_truth(folder: Path, limits: Limits = LIMITS) -> Truth:
    """Read the labels that `store.write_truth` wrote to a folder.

    Raises:
        SnapshotError: there are none, or they cannot be read; the message names the file.
    """
    return _read(folder, TRUTH_FILE, limits, parse_truth)


def read_whole(folder: Path, limits: Limits = LIMITS) -> Snapshot:
    """Read the Snapshot in a folder with its labels; without labels if the folder has no `labels`.

    Raises:
        SnapshotError: either cannot be read; the message names the file.
    """
    snapshot = read(folder, limits)
    has_labels = os.path.lexists(folder / TRUTH_FILE.parent)
    return replace(snapshot, truth=read_truth(folder, limits)) if has_labels else snapshot


def _parsed(data: bytes, limits: Limits, build: Callable[[bytes, Incoming], T]) -> T:
    bundle = Bundle(data, limits)
    arrays = Incoming(bundle.array, limits.arrays)
    found = build(bundle.manifest(), arrays)
    if bundle.names != arrays.names:
        raise SnapshotError("the file holds arrays that no evidence refers to")
    return found


def content(folder: Path, name: Path, limits: Limits = LIMITS) -> bytes:
    """Return the unparsed bytes of `SNAPSHOT_FILE` or `TRUTH_FILE` in a folder.

    Raises:
        SnapshotError: the file does not exist, is too large, or is reached through a link; the message names the file.
    """
    path = folder / name
    try:
        return _bytes(path, limits)
    except FileNotFoundError as trouble:
        raise SnapshotError(f"{path} does not exist", f"`gatebot collect --out {folder}` writes it.") from trouble
    except (OSError, ValueError) as trouble:  # ValueError: a NUL in the path
        raise SnapshotError(f"{path} cannot be read: {trouble}") from trouble


def _read(folder: Path, name: Path, limits: Limits, parse_bytes: Callable[[bytes, Limits], T]) -> T:
    data = content(folder, name, limits)
    try:
        return parse_bytes(data, limits)
    except SnapshotError as trouble:
        raise SnapshotError(f"{folder / name}: {trouble.message}", trouble.hint) from trouble


def _bytes(path: Path, limits: Limits) -> bytes:
    """Return the content of a regular file. It must be the only entry of its folder, and neither may be a link."""
    with os.scandir(path.parent) as entries:
        strangers = [entry.name for _, entry in zip(range(9), entries, strict=False) if entry.name != path.name]
    if path.parent.is_symlink() or strangers:
        raise SnapshotError(f"{path.parent} must be a real folder that holds {path.name} alone")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > limits.file:
            raise SnapshotError(f"{path} must be a plain file of at most {limits.file:,} bytes")
        return file.read(limits.file + 1)
