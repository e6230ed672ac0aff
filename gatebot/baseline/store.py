"""What every store of baselines answers: the nearest Snapshot among a commit and its ancestors, and why that one."""

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
    """The two things that are kept of a commit, apart, so that whoever may see one need not see the other."""

    SNAPSHOT = "snapshot"
    LABELS = "labels"

    @property
    def file(self) -> Path:
        """Where it lies in a folder."""
        return SNAPSHOT_FILE if self is Part.SNAPSHOT else TRUTH_FILE


@dataclass(frozen=True, slots=True)
class Found:
    """A baseline.

    Attributes:
        snapshot: with labels where they were asked for.
        commit: what it is of.
        distance: commits between the wanted one and this, 0 if it is the wanted one.
        age_s: seconds since it was made.
        source: the store.
        reason: why this one, in words.
    """

    snapshot: Snapshot
    commit: str
    distance: int
    age_s: float
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no baseline, and why, in words."""

    source: str
    reason: str


class Store(Protocol):
    """A place for Snapshots of main."""

    def find(self, commits: Sequence[str], now: datetime, *, labels: bool = False) -> Found | Missing:
        """The nearest baseline that can be read.

        Args:
            commits: full ids: the wanted commit first, then its ancestors, the nearest first.
            now: the time, aware.
            labels: fetch the labels too. `collect` never does.

        Raises:
            MachineError: the store cannot be asked: that is not the same as having none.
        """

    def keep(self, folder: Path, commit: str, *, spared: Collection[str] = ()) -> None:
        """Keeps the Snapshot and the labels that lie in a folder as the baseline of a commit.

        Args:
            folder: of the Snapshot.
            commit: what it is of.
            spared: commits whose baselines stay, however old: a release that others are held against.

        Raises:
            SnapshotError: there is no readable Snapshot in the folder.
            UsageError: it is of another commit.
            MachineError: the store cannot be written.
        """


@dataclass(frozen=True, slots=True, order=True)
class Made:
    """Which of two baselines of one commit counts: that of the newer run, and without runs the one made later."""

    run: int
    attempt: int
    at: datetime

    @classmethod
    def of(cls, about: SnapshotProvenance) -> Self:
        """Of a Snapshot."""
        return cls(*about.run, about.created_at)

    @classmethod
    def of_bytes(cls, data: bytes | None) -> Self | None:
        """Of what is stored; None where that is nothing that can be read."""
        try:
            return None if data is None else cls.of(parse(data).about)
        except SnapshotError:
            return None


class Backend(Protocol):
    """What a store of bytes answers. Nothing that lies on it counts as a baseline before intake has read it."""

    @property
    def source(self) -> str:
        """The store, in words, without credentials."""

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Those of `commits` that may be there, in the same order."""

    def get(self, commit: str, part: Part) -> bytes | None:
        """One part of one commit; None where it is not there."""

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Keeps the parts of one commit so that the Snapshot never appears before its labels.

        What a newer run has left of the same commit stays, also where both come at once.
        Commits that are `spared` stay, however old: a release that others are held against.
        """


@dataclass(frozen=True, slots=True)
class BackendStore:
    """The `Store` over a `Backend`."""

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
    """A full commit id, so that it can stand in a path, a ref or an address.

    Raises:
        UsageError: it is none.
    """
    if not _COMMIT.fullmatch(text):
        raise UsageError(f"{text[:80]!r} is not a full commit id")
    return text


def check_commit(folder: Path, commit: str) -> Snapshot:
    """The Snapshot in a folder, with its labels, if it is of this commit.

    Raises:
        SnapshotError: there is no readable one.
        UsageError: it is of another commit.
    """
    snapshot = read_whole(folder)
    if snapshot.about.commit != commit_id(commit):
        raise UsageError(
            f"the Snapshot in {folder} is of commit {snapshot.about.commit or '(none)'}, not of {commit}",
            "Collect again on a clean tree of that commit.",
        )
    return snapshot


def why(distance: int, notes: Sequence[str]) -> str:
    """Why the baseline at this distance was taken."""
    which = "of the wanted commit itself"
    if distance:
        which = f"{distance} {'commit' if distance == 1 else 'commits'} before the wanted one: no nearer one is kept"
    return "; ".join([which, *notes[:MAX_NOTES]])


def why_none(commits: int, notes: Sequence[str]) -> str:
    """Why none of so many commits has a baseline."""
    searched = f"none is kept for the wanted commit or the {commits - 1} before it" if commits > 1 else "none is kept"
    return "; ".join([searched, *notes[:MAX_NOTES]])
