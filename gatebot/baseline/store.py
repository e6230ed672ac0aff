"""The interface of all stores of baselines, which find the nearest Snapshot among a commit and its ancestors."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from gatebot.errors import UsageError
from gatebot.evidence.intake import SNAPSHOT_FILE, TRUTH_FILE, content, parse, parse_truth, read_whole
from gatebot.evidence.snapshot import Snapshot, SnapshotError, SnapshotProvenance

MAX_NOTES = 5

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Part(StrEnum):
    """The two parts of a baseline. They are stored separately, so that access can be granted separately."""

    SNAPSHOT = "snapshot"
    LABELS = "labels"

    @property
    def file(self) -> Path:
        """The path of the part in the folder of a baseline."""
        return SNAPSHOT_FILE if self is Part.SNAPSHOT else TRUTH_FILE


@dataclass(frozen=True, slots=True)
class Found:
    """A baseline that was found.

    Attributes:
        snapshot: the Snapshot, with labels if they were requested.
        commit: commit of the baseline.
        distance: number of commits between the wanted commit and this one; 0 if it is the wanted one.
        age_s: seconds since the baseline was created.
        source: name of the store.
        reason: why this baseline was chosen.
    """

    snapshot: Snapshot
    commit: str
    distance: int
    age_s: float
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no baseline; `reason` says why."""

    source: str
    reason: str


class Store(Protocol):
    """A store of baselines."""

    def find(self, commits: Sequence[str], now: datetime, *, labels: bool = False) -> Found | Missing:
        """Find the nearest baseline that can be read.

        Args:
            commits: full SHAs: the wanted commit first, then its ancestors, the nearest first.
            now: the current time, with time zone.
            labels: fetch the labels too; `collect` never does this.

        Raises:
            MachineError: The store is not accessible, which is not the same as having no baseline.
        """

    def keep(self, folder: Path, commit: str, *, spared: Collection[str] = ()) -> None:
        """Store the Snapshot and the labels in a folder as the baseline of a commit.

        Args:
            folder: folder with the Snapshot.
            commit: commit of the Snapshot.
            spared: commits whose baselines are never removed, such as a release that head is compared with.

        Raises:
            SnapshotError: The folder contains no readable Snapshot.
            UsageError: The Snapshot belongs to another commit.
            MachineError: The store cannot be written.
        """


@dataclass(frozen=True, slots=True, order=True)
class Made:
    """The order of baselines of one commit: the one of the newer run or, without runs, the later one is used."""

    run: int
    attempt: int
    at: datetime

    @classmethod
    def of(cls, about: SnapshotProvenance) -> Self:
        """Create it from the provenance of a Snapshot."""
        return cls(*about.run, about.created_at)

    @classmethod
    def of_bytes(cls, data: bytes | None) -> Self | None:
        """Create it from a stored Snapshot; None if that cannot be read."""
        try:
            return None if data is None else cls.of(parse(data).about)
        except SnapshotError:
            return None


class Backend(Protocol):
    """The interface of a backend that stores bytes. They count as a baseline only after `intake` has read them."""

    @property
    def source(self) -> str:
        """The name of the store for people, without credentials."""

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Return those of `commits` that may have a baseline, in the same order."""

    def get(self, commit: str, part: Part) -> bytes | None:
        """Return one part of one commit; None if it is missing."""

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Store the parts of one commit; the Snapshot never appears before its labels.

        A baseline of the same commit from a newer run is kept, even if both runs write at the same time. Baselines of
        commits in `spared` are never removed, such as a release that head is compared with.
        """


@dataclass(frozen=True, slots=True)
class BackendStore:
    """A `Store` on top of a `Backend`."""

    backend: Backend

    def find(self, commits: Sequence[str], now: datetime, *, labels: bool = False) -> Found | Missing:
        """See `Store`."""
        notes: list[str] = []
        for commit in self.backend.held([commit_id(commit) for commit in commits]):
            try:
                snapshot = self._get(commit, labels=labels)
            except SnapshotError as trouble:
                notes.append(f"that of {commit[:12]} cannot be used: {trouble.message}")
                continue
            if snapshot is not None:
                distance = commits.index(commit)
                age_s = max(0.0, (now - snapshot.about.created_at).total_seconds())
                return Found(snapshot, commit, distance, age_s, self.backend.source, why(distance, notes))
        return Missing(self.backend.source, why_none(len(commits), notes))

    def keep(self, folder: Path, commit: str, *, spared: Collection[str] = ()) -> None:
        """See `Store`."""
        snapshot = check_commit(folder, commit)
        there = [part for part in Part if part is Part.SNAPSHOT or snapshot.truth is not None]
        parts = {part: content(folder, part.file) for part in there}
        self.backend.put(commit, Made.of(snapshot.about), parts, spared=spared)

    def _get(self, commit: str, *, labels: bool) -> Snapshot | None:
        data = self.backend.get(commit, Part.SNAPSHOT)
        if data is None:
            return None
        snapshot = parse(data)
        if snapshot.about.commit != commit:
            raise SnapshotError(f"it is of commit {snapshot.about.commit or '(none)'}"[:100])
        if not labels:
            return snapshot
        truth = self.backend.get(commit, Part.LABELS)
        if truth is None:
            raise SnapshotError("its labels are missing")
        return replace(snapshot, truth=parse_truth(truth))


def commit_id(text: str) -> str:
    """Return the text if it is a full SHA, which is safe to use in a path, a ref or an address.

    Raises:
        UsageError: The text is not a full SHA.
    """
    if not _COMMIT.fullmatch(text):
        raise UsageError(f"{text[:80]!r} is not a full commit id")
    return text


def check_commit(folder: Path, commit: str) -> Snapshot:
    """Read the Snapshot in a folder, with its labels, and check that it belongs to this commit.

    Raises:
        SnapshotError: There is no readable Snapshot.
        UsageError: The Snapshot belongs to another commit.
    """
    snapshot = read_whole(folder)
    if snapshot.about.commit != commit_id(commit):
        raise UsageError(
            f"the Snapshot in {folder} is of commit {snapshot.about.commit or '(none)'}, not of {commit}",
            "Collect again on a clean tree of that commit.",
        )
    return snapshot


def why(distance: int, notes: Sequence[str]) -> str:
    """Return why the baseline at this distance was chosen."""
    which = "of the wanted commit itself"
    if distance:
        which = f"{distance} {'commit' if distance == 1 else 'commits'} before the wanted one: no nearer one is kept"
    return "; ".join([which, *notes[:MAX_NOTES]])


def why_none(commits: int, notes: Sequence[str]) -> str:
    """Return why none of this number of commits has a baseline."""
    searched = f"none is kept for the wanted commit or the {commits - 1} before it" if commits > 1 else "none is kept"
    return "; ".join([searched, *notes[:MAX_NOTES]])
