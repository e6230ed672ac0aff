"""Evidence that workflow runs have left as artifacts: main's baselines, and what one run is judged again by."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gatebot.baseline.artifact import ArtifactStore, Fetched
from gatebot.baseline.store import Part
from gatebot.core.needs import Side
from gatebot.errors import MachineError
from gatebot.github import artifacts
from gatebot.github.api import Api
from gatebot.github.api_errors import ApiError, MissingError
from gatebot.github.archive import ArchiveError
from gatebot.github.download import Parcel, download
from gatebot.github.event import Event
from gatebot.run.output import ANCHOR, COMMENT_FILE, FACTS_FILE, PAGE_FILE, REPORT_FILE

_COMPANION = re.compile(r"-(?:approve|publish)(?=\.ya?ml$)")  # gatebot-approve.yml stands beside gatebot.yml

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
"""What each artifact may hold, relative to the run's output folder."""


def artifact_name(project: str, part: Part) -> str:
    """Of a run's evidence, or of its labels, which no job that runs user code fetches."""
    return f"gatebot-{project}" if part is Part.SNAPSHOT else f"gatebot-{project}-labels"


def gate_of(path: str) -> str:
    """The workflow that leaves baselines: this job's own, or the one that `init` put this job's beside."""
    return _COMPANION.sub("", path)


def artifact_store(api: Api, event: Event, project: str, max_age_s: float | None) -> ArtifactStore:
    """Baselines that runs of the default branch have left. The workflow's own upload steps fill it."""
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
        known = beside.get(commits[0]) if len(commits) == 1 else None  # of the run whose other part was taken
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
    """Head's part of an artifact, in its place."""
    folder = unpacked / Side.HEAD / part.file.parent
    if not folder.is_dir():
        return Fetched(None, (f"the artifact of {(fetched.commit or '')[:12]} holds no {part} of its own commit",))
    folder.rename(into)
    return fetched


def made_at(api: Api, run_id: int, project: str) -> datetime | None:
    """When a run has left evidence that can still be had; None where it has not.

    Raises:
        ApiError: by cause.
    """
    now = datetime.now(UTC)
    try:
        found = artifacts.find_in_run(api, run_id, artifact_name(project, Part.SNAPSHOT), now)
    except MissingError:  # the run itself is gone
        return None
    return now - found.age if isinstance(found, artifacts.Found) else None


def fetch_run(api: Api, run_id: int, project: str, into: Path) -> tuple[str, ...]:
    """Unpack the evidence and the labels of one run side by side, as the run itself had them.

    Returns:
        Why the labels are not there; empty where they are.

    Raises:
        MachineError: the evidence is not there, or cannot be used.
        ApiError: by cause.
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
