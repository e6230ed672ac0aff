"""Finds and fetches artifacts of earlier workflow runs: baselines from trusted runs, evidence from any given run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from gatebot.github import responses
from gatebot.github.api import PAGE, Api, Purpose
from gatebot.github.api_errors import GoneError, MissingError
from gatebot.github.archive import ArchiveError, Limits
from gatebot.github.download import Parcel, download

PERMISSION = "actions: read"
TRUSTED_EVENTS = ("push", "schedule", "workflow_dispatch")
MAX_REDIRECTS = 4


@dataclass(frozen=True, slots=True)
class Search:
    """The criteria of an artifact.

    Attributes:
        name: name of the artifact.
        commits: the wanted commit and its ancestors, the nearest first; artifacts of other commits are not accepted.
        branch: the default branch.
        repository_id: id of this repository; runs of forks are not accepted.
        workflow_path: path of the workflow that creates it, e.g. `.github/workflows/gatebot.yml`.
        now: the current time, with time zone.
        max_age: maximum age.
        most_pages: number of pages of 100 runs that are read for each kind of event.
        most_runs: number of runs whose artifacts are examined.
        conclusions: accepted conclusions of the run; it may fail because of another job of the same workflow.
    """

    name: str
    commits: Sequence[str]
    branch: str
    repository_id: int
    workflow_path: str
    now: datetime
    max_age: timedelta | None = None
    most_pages: int = 3
    most_runs: int = 30
    conclusions: frozenset[str] = frozenset({"success", "failure"})


@dataclass(frozen=True, slots=True)
class Found:
    """An artifact that meets the criteria.

    Attributes:
        run_id: id of the run that created it.
        commit: commit of the run.
        distance: number of commits between the wanted commit and this one; 0 if it is the wanted one.
        age: time since its creation.
        parcel: description of the artifact for `download`.
        beside: the other artifacts of that run, by name.
        why: why no nearer artifact was chosen; empty if it belongs to the wanted commit.
    """

    run_id: int
    commit: str
    distance: int
    age: timedelta
    parcel: Parcel
    beside: Mapping[str, Parcel] = field(default_factory=dict)
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such artifact; `why` gives the reasons."""

    why: tuple[str, ...]


@dataclass(slots=True)
class _Notes:
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line not in self.lines and len(self.lines) < 10:
            self.lines.append(line)


def fetch_baseline(
    api: Api, search: Search, into: Path, names: Sequence[str], limits: Limits | None = None
) -> Found | Absent:
    """Find the nearest artifact that is still available and unpack it.

    Args:
        api: GitHub's API.
        search: the criteria.
        into: a directory that does not exist yet; it is created only if an artifact is found.
        names: patterns of the files that the artifact may contain.
        limits: limits on the archive.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    notes = _Notes()
    for found in _candidates(api, search, notes):
        try:
            download(api, found.parcel, into, names, limits)
        except (GoneError, MissingError):
            notes.add(f"the artifact of {found.commit[:12]} has expired")
        except ArchiveError as error:
            notes.add(f"the artifact of {found.commit[:12]} is unusable: {error.message}")
        else:
            return replace(found, why=tuple(notes.lines))
    return Absent(tuple(notes.lines) or (f"no run of {search.branch} has left an artifact {search.name!r}",))


def find_baseline(api: Api, search: Search) -> Found | Absent:
    """Find the nearest artifact that is not marked as expired, without fetching it.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    notes = _Notes()
    for found in _candidates(api, search, notes):
        return found
    return Absent(tuple(notes.lines) or (f"no run of {search.branch} has left an artifact {search.name!r}",))


def find_in_run(api: Api, run_id: int, name: str, now: datetime) -> Found | Absent:
    """Find an artifact of one run. Its content deserves no more trust than that run.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    left = [artifact for artifact in _artifacts(api, run_id) if artifact.name == name]
    for artifact in left:
        if artifact.expired or artifact.workflow_run is None:
            return Absent((f"the artifact {name!r} of run {run_id} has expired",))
        return _found(artifact, run_id, artifact.workflow_run.head_sha, 0, now)
    return Absent((f"run {run_id} has left no artifact {name!r}",))


@dataclass(frozen=True, slots=True)
class HeadRun:
    """A workflow run of the gate for a pull request's head.

    Attributes:
        id: id of the run.
        attempt: number of the newest attempt.
        created_at: when GitHub created the run because of an event; the same for all attempts.
        started_at: when the newest attempt began.
    """

    id: int
    attempt: int
    created_at: datetime
    started_at: datetime

    def attempt_at(self, made: datetime) -> int:
        """Return the attempt that created something at this time."""
        return self.attempt if made >= self.started_at else max(1, self.attempt - 1)


def runs_of_head(api: Api, workflow_path: str, sha: str, repository_id: int, *, is_fork: bool) -> tuple[HeadRun, ...]:
    """Return the runs of one workflow for a pull request's head, the newest first.

    Args:
        api: GitHub's API.
        workflow_path: path of the workflow's file.
        sha: the head commit.
        repository_id: id of this repository.
        is_fork: whether the head is in a fork. If so, only runs of forks are returned, otherwise only runs of this
            repository.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    workflow = workflow_path.rpartition("/")[2]
    why = Purpose(f"list the runs of {workflow} for {sha[:12]}", PERMISSION)
    query = {"event": "pull_request", "head_sha": sha}
    try:
        pages = api.pages(
            api.path("actions", "workflows", workflow, "runs"),
            responses.Page[responses.WorkflowRun],
            why,
            query,
            most=3,
        )
        runs = [run for page in pages for run in page.items]
    except MissingError:
        return ()
    meant = [
        HeadRun(run.id, run.run_attempt, run.created_at, run.run_started_at or run.created_at)
        for run in runs
        if (run.event, run.head_sha) == ("pull_request", sha)
        and run.path.partition("@")[0] == workflow_path
        and run.repository.id == repository_id
        and (run.head_repository is None or run.head_repository.id != repository_id) == is_fork
    ]
    return tuple(sorted(meant, key=lambda run: -run.id))


def ancestors(api: Api, sha: str, most: int = 100) -> tuple[str, ...]:
    """Return a commit and its ancestors, the newest first; for shallow clones that lack the history.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"list the commits before {sha[:12]}", "contents: read")
    pages = api.pages(api.path("commits"), responses.Page[responses.Commit], why, {"sha": sha}, most=-(-most // 100))
    return tuple(commit.sha for page in pages for commit in page.items)[:most]


def _candidates(api: Api, search: Search, notes: _Notes) -> Iterator[Found]:
    """Yield matching artifacts lazily, the nearest commit first and, for one commit, the newest first."""
    distances = {sha: distance for distance, sha in reversed(list(enumerate(search.commits)))}
    looked = 0
    for listed in _lists(api, search, notes):
        runs = [run for run in listed if run.head_sha in distances and _is_trusted(run, search)]
        for run in sorted(runs, key=lambda run: (distances[run.head_sha], -run.id)):
            if run.status != "completed":
                notes.add(f"the run for {run.head_sha[:12]} is still {str(run.status).replace('_', ' ')}")
            elif run.conclusion not in search.conclusions:
                notes.add(f"the run for {run.head_sha[:12]} ended as {str(run.conclusion).replace('_', ' ')}")
            elif looked >= search.most_runs:
                notes.add(f"looked at {looked} runs only")
                return
            else:
                looked += 1
                yield from _usable(api, run, distances[run.head_sha], search, notes)


def _usable(api: Api, run: responses.WorkflowRun, distance: int, search: Search, notes: _Notes) -> Iterator[Found]:
    short = run.head_sha[:12]
    left = _artifacts(api, run.id)
    artifacts = [artifact for artifact in left if artifact.name == search.name]
    if not artifacts:
        notes.add(f"the run for {short} left no artifact {search.name!r}")
    for artifact in artifacts:
        made = artifact.created_at or run.created_at
        if artifact.expired:
            notes.add(f"the artifact of {short} has expired")
        elif search.max_age is not None and search.now - made > search.max_age:
            notes.add(f"the artifact of {short} is {(search.now - made).days} days old")
        elif not _belongs(artifact, run, search):
            notes.add(f"the artifact of {short} does not belong to its run")
        else:
            beside = {a.name: _parcel(a) for a in reversed(left) if not a.expired and _belongs(a, run, search)}
            found = _found(artifact, run.id, run.head_sha, distance, search.now)
            yield replace(found, beside=beside, why=tuple(notes.lines))


def _lists(api: Api, search: Search, notes: _Notes) -> Iterator[list[responses.WorkflowRun]]:
    """Yield lists of runs lazily.

    For a single commit, its runs are listed. For several, the runs of the branch are listed, for all events and the
    newest commit first. Runs of forks with the same branch name could flood this list, so finally the runs are listed
    for those events that only the branch itself can cause.
    """
    if len(search.commits) < 2:
        yield from _listed(api, search, {"head_sha": search.commits[0]} if search.commits else {}, notes)
        return
    seen: set[int] = set()
    for page in _listed(api, search, {"branch": search.branch}, notes):
        yield page
        seen.update(run.id for run in page)
        if len(page) < PAGE:
            return
    of_branch = [_listed(api, search, {"branch": search.branch, "event": event}, notes) for event in TRUSTED_EVENTS]
    yield [run for pages in of_branch for page in pages for run in page if run.id not in seen]


def _listed(api: Api, search: Search, query: Mapping[str, str], notes: _Notes) -> Iterator[list[responses.WorkflowRun]]:
    """Yield pages of runs of the workflow, the newest first."""
    workflow = search.workflow_path.rpartition("/")[2]
    if not query or not workflow:
        return
    why = Purpose(f"list the runs of {workflow} on {search.branch}", PERMISSION)
    path, asked = api.path("actions", "workflows", workflow, "runs"), {**query, "exclude_pull_requests": "true"}
    try:
        for page in api.pages(path, responses.Page[responses.WorkflowRun], why, asked, most=search.most_pages):
            yield page.items
    except MissingError:
        notes.add(f"{workflow} is not known on {search.branch} yet")


def _is_trusted(run: responses.WorkflowRun, search: Search) -> bool:
    """Whether a run meets the criteria; each is checked again, because query filters are not reliable."""
    return (
        run.event in TRUSTED_EVENTS
        and run.head_branch == search.branch
        and run.path.partition("@")[0] == search.workflow_path
        and run.repository.id == search.repository_id
        and run.head_repository is not None
        and run.head_repository.id == search.repository_id
    )


def _belongs(artifact: responses.Artifact, run: responses.WorkflowRun, search: Search) -> bool:
    source_run = artifact.workflow_run
    expected = (run.id, run.head_sha, search.repository_id, search.repository_id)
    return (
        source_run is not None
        and (source_run.id, source_run.head_sha, source_run.repository_id, source_run.head_repository_id) == expected
    )


def _artifacts(api: Api, run_id: int) -> list[responses.Artifact]:
    """Return the artifacts of a run, the newest first."""
    why = Purpose(f"list the artifacts of run {run_id}", PERMISSION)
    path = api.path("actions", "runs", run_id, "artifacts")
    pages = api.pages(path, responses.Page[responses.Artifact], why, most=5)
    return sorted((artifact for page in pages for artifact in page.items), key=lambda artifact: -artifact.id)


def _parcel(artifact: responses.Artifact) -> Parcel:
    return Parcel(artifact.id, artifact.name, artifact.size_in_bytes, artifact.digest or "")


def _found(artifact: responses.Artifact, run_id: int, commit: str, distance: int, now: datetime) -> Found:
    age = now - artifact.created_at if artifact.created_at else timedelta(0)
    return Found(run_id, commit, distance, age, _parcel(artifact))
