"""Commit statuses: the gate that branch protection looks at, on the head commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatebot.errors import ExitCode, GateError
from gatebot.github import answers
from gatebot.github.api import Api, Purpose
from gatebot.github.result import NotPermitted, Superseded, Unchanged, Written
from gatebot.github.trouble import ApiError, ForbiddenError, MissingError

AGGREGATE = "gatebot"
PERMISSION = "statuses: write"
MAX_DESCRIPTION = 140
MAX_SETTLING = 4  # rounds in which two jobs that end together agree on the aggregate


class State(StrEnum):
    """What branch protection understands; only `success` lets a pull request through."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `url` is where its details are; by it a run knows its own statuses."""

    context: str
    state: State
    description: str
    url: str


def context_of(project: str | None = None) -> str:
    """The name of a project's status; in a repository of one project that is `gatebot` itself."""
    return f"{AGGREGATE} / {project}" if project else AGGREGATE


def begin(api: Api, sha: str, context: str, url: str, *, read_only: bool = False) -> Written | NotPermitted:
    """Say that the verdict is on its way.

    Raises:
        GateError: as `write`.
    """
    return write(api, sha, Status(context, State.PENDING, "running", url), read_only=read_only)


def conclude(api: Api, sha: str, status: Status, *, read_only: bool = False) -> Written | NotPermitted | Superseded:
    """Write the final status, unless a newer run has begun on the same commit: then the word is its.

    Raises:
        GateError: as `write`.
    """
    try:
        past = [s for s in history(api, sha) if s.context == status.context]
    except ApiError:
        past = []  # not seeing is no reason to leave the commit pending
    newest = past[0] if past else status
    begun = newest.state is State.PENDING and newest.url != status.url
    if begun and any(earlier.url == status.url for earlier in past):
        return Superseded(f"a newer run has begun: {newest.url}")
    return write(api, sha, status, read_only=read_only)


def write(api: Api, sha: str, status: Status, *, read_only: bool = False) -> Written | NotPermitted:
    """Write a status.

    Args:
        api: GitHub.
        sha: the head commit.
        status: its description is cut to what GitHub takes.
        read_only: the token is known to be read-only (`Event.expects_read_only_token`): refusal is no failure.

    Raises:
        GateError: exit code 6; the status should have been written and was not.
    """
    try:
        api.send(
            "POST",
            api.path("statuses", sha),
            answers.Nothing,
            Purpose(f"write the status {status.context!r} on {sha[:12]}", PERMISSION),
            {
                "state": status.state.value,
                "target_url": status.url,
                "description": shortened(status.description),
                "context": status.context,
            },
        )
    except (ForbiddenError, MissingError) as error:
        if read_only:
            return NotPermitted(error.message, error.hint)
        raise GateError(error.message, error.hint, ExitCode.STATUS_NOT_WRITTEN) from error
    except ApiError as error:
        raise GateError(error.message, error.hint, ExitCode.STATUS_NOT_WRITTEN) from error
    return Written(status.url, created=True)


def finish_pending(api: Api, sha: str, url: str, *, read_only: bool = False) -> tuple[str, ...]:
    """Turn what this run left pending into an error, so that no pull request waits forever.

    For a last step with `if: always()`. Statuses of other runs and of other tools stay.

    Args:
        api: GitHub.
        sha: the head commit.
        url: the run's, as it was given to `begin`.
        read_only: as for `write`.

    Returns:
        The contexts that were still pending.
    """
    left = [s for s in latest(api, sha) if s.url == url and s.state is State.PENDING and _is_ours(s.context)]
    words = "gatebot ended without a verdict: cancelled, out of time or crashed; run it again"
    for status in left:
        write(api, sha, Status(status.context, State.ERROR, words, url), read_only=read_only)
    return tuple(status.context for status in left)


def aggregate(
    api: Api, sha: str, projects: Sequence[str], url: str, *, read_only: bool = False
) -> Written | Unchanged | NotPermitted:
    """Bring `gatebot` in line with `gatebot / <project>`; for the end of every project's job.

    Two jobs that end together may each have read the other's older state: so it is read again after writing,
    until it stays.

    Args:
        api: GitHub.
        sha: the head commit.
        projects: all that must have succeeded; one that has no status yet counts as pending.
        url: where the details are.
        read_only: as for `write`.

    Raises:
        GateError: as `write`.
    """
    outcome: Written | Unchanged = Unchanged(url)
    for _ in range(MAX_SETTLING):
        known = {status.context: status for status in latest(api, sha)}
        wanted = summarised(projects, known.values())
        now = known.get(AGGREGATE)
        if now is not None and (now.state, now.description) == (wanted[0], shortened(wanted[1])):
            return outcome
        written = write(api, sha, Status(AGGREGATE, *wanted, url), read_only=read_only)
        if isinstance(written, NotPermitted):
            return written
        outcome = written
    return outcome


def summarised(projects: Sequence[str], statuses: Iterable[Status]) -> tuple[State, str]:
    """The state and description of the aggregate: the worst of its parts, and which they are."""
    states = {status.context: status.state for status in statuses}
    found = {project: states.get(context_of(project), State.PENDING) for project in projects}
    for state in (State.FAILURE, State.ERROR, State.PENDING):
        names = [project for project in projects if found[project] is state]
        if names:
            return state, f"{len(names)} of {len(projects)} projects {_WORDS[state]}: {', '.join(names)}"
    return State.SUCCESS, f"{len(projects)} of {len(projects)} projects pass"


_WORDS = {State.FAILURE: "blocked", State.ERROR: "in error", State.PENDING: "not yet judged"}


def latest(api: Api, sha: str) -> tuple[Status, ...]:
    """The newest status of every context on a commit."""
    newest: dict[str, Status] = {}
    for status in history(api, sha):
        newest.setdefault(status.context, status)
    return tuple(newest.values())


def history(api: Api, sha: str) -> tuple[Status, ...]:
    """Every status of a commit, newest first."""
    why = Purpose(f"list the statuses of {sha[:12]}", "statuses: read")
    pages = api.pages(api.path("commits", sha, "statuses"), answers.Page[answers.CommitStatus], why)
    return tuple(
        Status(s.context, State(s.state), s.description or "", s.target_url or "") for page in pages for s in page.items
    )


def shortened(words: str) -> str:
    """One line of at most 140 characters, counted as GitHub might at worst count them (UTF-16 units)."""
    line = " ".join(words.split())
    if _units(line) <= MAX_DESCRIPTION:
        return line
    while _units(line) > MAX_DESCRIPTION - 1:
        line = line[:-1]
    return line + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_ours(context: str) -> bool:
    return context == AGGREGATE or context.startswith(f"{AGGREGATE} / ")
