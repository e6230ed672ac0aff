"""Fetches evidence from workflow artifacts: main's baselines, and the evidence of a run that is judged again."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot.baseline.artifact import ArtifactStore, Fetched
from gatebot.baseline.store import Part
from gatebot.errors import MachineError
from gatebot.evidence.need import Side
from gatebot.github import artifacts
from gatebot.github.api import Api
from gatebot.github.api_errors import ApiError, MissingError
from gatebot.github.archive import ArchiveError
from gatebot.github.download import Parcel, download
from gatebot.github.event import Event
from gatebot.run.output import ANCHOR, COMMENT_FILE, FACTS_FILE, PAGE_FILE, REPORT_FILE

_COMPANION = re.compile(r"-(?:approve|publish)(?=\.ya?ml$)")  # gatebot-approve.yml is in the same folder as gatebot.yml

FILES = {
    Part.SNAPSHOT: (
        *(f"{side}/{Part.SNAPSHOT.file}" for side in Side),
        f"{Side.HEAD}/{ANCHOR}/{Part.SNAPSHOT.file}",
        f"{Side.HEAD}/{FACTS_FILE}",
        REPORT_FILE,
        COMMENT_FILE,
        PAGE_FILE,
    ),
    Part.LABELS: tuple(f"{side}/{Part.LABELS.file}" for side in Side),
}
"""The files that each artifact may hold, relative to the run's output folder."""


def artifact_name(project: str, part: Part) -> str:
    """Return the name of the artifact with a run's evidence or labels. Jobs with user code never fetch labels."""
    return f"gatebot-{project}" if part is Part.SNAPSHOT else f"gatebot-{project}-labels"


def gate_of(path: str) -> str:
    """Return the workflow that stores baselines: this job's own, or the one that `init` wrote beside it."""
    return _COMPANION.sub("", path)


def artifact_store(api: Api, event: Event, project: str, max_age_s: float | None) -> ArtifactStore:
    """Return the store of baselines from runs of the default branch. The workflow's own upload steps fill it."""
    beside: dict[str, Mapping[str, Parcel]] = {}

    def fetch(part: Part, commits: Sequence[str], into: Path) -> Fetched:
        search = artifacts.Search(
            name=artifact_name(project, part),
            commits=commits,
            branch=event.default_branch,
            repository_id=event.repository_id,
            workflow_path=gate_of(event.run.workflow_path),
            now=datetime.now(UTC),
            max_age=None if max_age_s is None else timedelta(seconds=max_age_s),
        )
        known = beside.get(commits[0]) if len(commits) == 1 else None  # the same run as the other part
        with TemporaryDirectory(prefix="gatebot-artifact-", dir=into.parent) as scratch:
            unpacked = Path(scratch, "all")
            try:
                if known is not None and search.name in known:
                    download(api, known[search.name], unpacked, FILES[part])
                    return _taken(unpacked, part, into, Fetched(commits[0]))
                found = artifacts.fetch_baseline(api, search, unpacked, FILES[part])
            except (ApiError, ArchiveError) as trouble:
                return Fetched(None, (trouble.message,))
            if isinstance(found, artifacts.Absent):
                return Fetched(None, found.why)
            beside[found.commit] = found.beside
            return _taken(unpacked, part, into, Fetched(found.commit, found.why))

    return ArtifactStore(fetch)


def _taken(unpacked: Path, part: Part, into: Path, fetched: Fetched) -> Fetched:
    """Move head's part of an artifact to its place."""
    folder = unpacked / Side.HEAD / part.file.parent
    if not folder.is_dir():
        return Fetched(None, (f"the artifact of {(fetched.commit or '')[:12]} holds no {part} of its own commit",))
    folder.rename(into)
    return fetched


def made_at(api: Api, run_id: int, project: str) -> datetime | None:
    """Return when a run stored evidence that is still available, or None if there is none.

    Raises:
        ApiError: the request failed; the subclass tells the cause.
    """
    now = datetime.now(UTC)
    try:
        found = artifacts.find_in_run(api, run_id, artifact_name(project, Part.SNAPSHOT), now)
    except MissingError:  # the run itself was deleted
        return None
    return now - found.age if isinstance(found, artifacts.Found) else None


def fetch_run(api: Api, run_id: int, project: str, into: Path) -> tuple[str, ...]:
    """Unpack the evidence and the labels of one run into one folder, in the layout of the run's output folder.

    Returns:
        The reasons why the labels are missing; empty if they are there.

    Raises:
        MachineError: the evidence is missing or cannot be used.
        ApiError: a request failed; the subclass tells the cause.
    """
    into.mkdir(parents=True)
    missing: list[str] = []
    for part in Part:
        found = artifacts.find_in_run(api, run_id, artifact_name(project, part), datetime.now(UTC))
        if isinstance(found, artifacts.Absent):
            missing += found.why
            if part is Part.SNAPSHOT:
                raise MachineError("; ".join(found.why), "run the gate again: its stored evidence is gone")
            continue
        unpacked = into / f".{part}"
        try:
            download(api, found.parcel, unpacked, FILES[part])
        except ArchiveError as error:
            raise MachineError(f"the evidence of run {run_id} cannot be used: {error.message}") from error
        for file in sorted(path for path in unpacked.rglob("*") if path.is_file()):
            place = into / file.relative_to(unpacked)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.rename(place)
    return tuple(missing)
