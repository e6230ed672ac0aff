"""Baselines as artifacts of workflow runs; the caller provides the functions that access the GitHub API."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot.baseline.store import Found, Missing, Part, check_commit, commit_id, why, why_none
from gatebot.evidence.intake import read, read_truth
from gatebot.evidence.snapshot import Snapshot, SnapshotError

MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of a fetch: the commit whose artifact was unpacked, or None; and why not that of a nearer commit."""

    commit: str | None
    notes: tuple[str, ...] = ()


Fetch = Callable[[Part, Sequence[str], Path], Fetched]
"""Unpacks one part from the nearest commit with a trusted artifact into a folder that does not exist yet."""

Send = Callable[[Part, str, Path], None]
"""Uploads a folder with one part of a commit."""


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """A `Store` of workflow artifacts. The `fetch` function decides which runs are trusted.

    Attributes:
        fetch: fetches a part.
        send: uploads a part; None if a later step of the workflow uploads the folder.
        source: name of the store for people.
    """

    fetch: Fetch
    send: Send | None = None
    source: str = "workflow artifact"

    def find(self, commits: Sequence[str], now: datetime, *, labels: bool = False) -> Found | Missing:
        """See `Store`."""
        notes: list[str] = []
        left = [commit_id(commit) for commit in commits]
        for _ in range(MAX_TRIES):
            with TemporaryDirectory(prefix="gatebot-artifact-") as scratch:
                try:
                    fetched, snapshot = self._fetch(left, Path(scratch), labels=labels)
                except _UnusableError as trouble:
                    notes += [*trouble.notes, f"that of {trouble.commit[:12]} cannot be used: {trouble.message}"]
                    left = left[left.index(trouble.commit) + 1 :]
                    continue
            notes += fetched.notes
            if snapshot is None or fetched.commit is None:
                break
            distance = commits.index(fetched.commit)
            age_s = max(0.0, (now - snapshot.about.created_at).total_seconds())
            return Found(snapshot, fetched.commit, distance, age_s, self.source, why(distance, notes))
        return Missing(self.source, why_none(len(commits), notes))

    def keep(self, folder: Path, commit: str, *, spared: Collection[str] = ()) -> None:
        """See `Store`."""
        snapshot = check_commit(folder, commit)
        if self.send is None:
            return
        if snapshot.truth is not None:
            self.send(Part.LABELS, commit, folder / Part.LABELS.file.parent)
        self.send(Part.SNAPSHOT, commit, folder / Part.SNAPSHOT.file.parent)

    def _fetch(self, commits: Sequence[str], folder: Path, *, labels: bool) -> tuple[Fetched, Snapshot | None]:
        fetched = self.fetch(Part.SNAPSHOT, commits, folder / Part.SNAPSHOT.file.parent)
        if fetched.commit is None:
            return fetched, None
        try:
            snapshot = read(folder)
            if snapshot.about.commit != fetched.commit:
                raise SnapshotError(f"it is of commit {snapshot.about.commit or '(none)'}"[:100])
            if labels:
                if self.fetch(Part.LABELS, [fetched.commit], folder / Part.LABELS.file.parent).commit is None:
                    raise SnapshotError("its labels are missing")
                snapshot = replace(snapshot, truth=read_truth(folder))
        except SnapshotError as trouble:
            raise _UnusableError(fetched.commit, fetched.notes, trouble.message) from trouble
        return fetched, snapshot


class _UnusableError(Exception):
    """An artifact exists but cannot be used."""

    def __init__(self, commit: str, notes: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.commit, self.notes, self.message = commit, notes, message
