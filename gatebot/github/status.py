"""Commit statuses on the head commit, which branch protection requires. The newest run takes precedence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gatebot.errors import ExitCode, GateError
from gatebot.github import responses
from gatebot.github.api import Api, Purpose
from gatebot.github.api_errors import ApiError, ForbiddenError, MissingError
from gatebot.github.outcome import NotPermitted, Superseded, Written
from gatebot.github.run_order import RunOrder, home_of
from gatebot.github.status_log import RUNNING, State, Status, StatusLog, context_of, shortened

__all__ = ["Place", "Safeguards", "State", "Status", "StatusLog", "context_of", "shortened"]

PERMISSION = "statuses: write"
MAX_SETTLING = 6  # maximum rounds until jobs that end together agree
ENDED = "gatebot ended without a verdict: cancelled, out of time or crashed; run it again"


@dataclass(frozen=True, slots=True)
class Safeguards:
    """Safeguards against an older run overwriting the result of a newer one. Only tests switch them off.

    Attributes:
        defers: before a run writes, it checks whether a newer run exists.
        settles: places that a run reads again, and corrects, after it has written.
    """

    defers: bool = True
    settles: frozenset[str] = frozenset({"status", "aggregate", "comment", "check run"})


ALL = Safeguards()


@dataclass(frozen=True, slots=True)
class Place:
    """The place where a job writes its status.

    Attributes:
        sha: the head commit.
        url: address of the run, which encodes its order.
        project: None in a repository with one project.
        branch: the branch to merge into; empty for the default branch.
        projects: projects whose statuses the aggregate sums up; empty if there is no aggregate.
        read_only: the token is known to be read-only (`Event.expects_read_only_token`), so a refusal is not a failure.
        safeguards: all safeguards, except in tests of what happens without them.
    """

    sha: str
    url: str
    project: str | None = None
    branch: str = ""
    projects: tuple[str, ...] = ()
    read_only: bool = False
    safeguards: Safeguards = ALL

    @property
    def context(self) -> str:
        """The name of the status."""
        return context_of(self.project, self.branch)

    @property
    def aggregate(self) -> str:
        """The name of the status that sums up those of all projects."""
        return context_of(None, self.branch)

    def amends(self, log: StatusLog) -> Iterator[Status]:
        """Yield the statuses that must be written so that GitHub shows the right ones."""
        return log.amends(self.context, self.projects, self.url, self.branch)

    @property
    def order(self) -> RunOrder:
        """The order of this run; an address that is not a run's is older than any run."""
        return RunOrder.of_url(self.url, self.url) or RunOrder.of_run(0)


Outcome = Written | NotPermitted | Superseded


def begin(api: Api, place: Place) -> Outcome:
    """Write a pending status, unless a newer run exists.

    Raises:
        GateError: The status was not written although it should have been (exit code 6).
    """
    return _say(api, place, Status(place.context, State.PENDING, RUNNING, place.url))


def conclude(api: Api, place: Place, state: State, description: str) -> Outcome:
    """Write the final status, unless a newer run has begun on the same commit.

    The caller must call `settle` after everything else is published.

    Raises:
        GateError: As for `begin`.
    """
    return _say(api, place, Status(place.context, state, shortened(description), place.url))


def settle(api: Api, place: Place) -> StatusLog:
    """Read the statuses again and correct them until they are right.

    GitHub shows the status that was written last. Each run reads the statuses after it has written, so the last run to
    write sees all of them. In the end GitHub shows the status of the newest run, in whatever order the writes arrived.

    Returns:
        The statuses of the commit.

    Raises:
        GateError: As for `begin`.
        ApiError: The statuses cannot be read.
    """
    log = read(api, place)
    for _ in range(MAX_SETTLING):
        amends = [each for each in place.amends(log) if _settles(place, each)]
        if not amends:
            break
        for status in amends:
            if isinstance(write(api, place.sha, status, read_only=place.read_only), NotPermitted):
                return log
        log = read(api, place)
    return log


def finish(api: Api, place: Place) -> tuple[bool, StatusLog]:
    """Replace a pending status of this run by an error, so that no pull request waits forever; then settle.

    This is for a final step with `if: always()`. Statuses of other runs and of other tools are kept, and so is a
    status that is pending on purpose.

    Returns:
        Whether the status was still pending, and the current statuses of the commit.

    Raises:
        GateError: As for `begin`.
        ApiError: The statuses cannot be read.
    """
    log = read(api, place)
    left = log.word(place.context)
    if left is not None and left.is_running and left.url == place.url:
        write(api, place.sha, replace(left, state=State.ERROR, description=ENDED), read_only=place.read_only)
        return True, settle(api, place)
    if any(True for _ in place.amends(log)):
        log = settle(api, place)
    return False, log


def write(api: Api, sha: str, status: Status, *, read_only: bool = False) -> Written | NotPermitted:
    """Write a status.

    Args:
        api: GitHub's API.
        sha: the head commit.
        status: the status; its description is cut to GitHub's limit.
        read_only: the token is known to be read-only (`Event.expects_read_only_token`), so a refusal is not a failure.

    Raises:
        GateError: The status was not written although it should have been (exit code 6).
    """
    try:
        written = api.send(
            "POST",
            api.path("statuses", sha),
            responses.CommitStatus,
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
    if written.creator is not None:
        api.is_called(written.creator.login)
    return Written(status.url, created=True)


def read(api: Api, place: Place) -> StatusLog:
    """Read all statuses of a commit.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    return log_of(api, place.sha, place.url)


def log_of(api: Api, sha: str, url: str) -> StatusLog:
    """Read all statuses of a commit; `url` is the address of a run of this repository.

    Raises:
        ApiError: A request fails; the subclass tells the cause.
    """
    why = Purpose(f"list the statuses of {sha[:12]}", "statuses: read")
    pages = api.pages(api.path("commits", sha, "statuses"), responses.Page[responses.CommitStatus], why)
    rows = (
        Status(s.context, State(s.state), s.description or "", s.target_url or "") for page in pages for s in page.items
    )
    return StatusLog(home_of(url), tuple(rows))


def _say(api: Api, place: Place, status: Status) -> Outcome:
    """Write a status and the resulting aggregate, unless a newer run exists."""
    try:
        log = read(api, place)
    except ApiError:  # without them the status is written anyway
        return write(api, place.sha, status, read_only=place.read_only)
    newer = log.newer(place.context, place.order) if place.safeguards.defers else None
    if newer is not None:
        if newer != log.latest(place.context):
            settle(api, place)
        return Superseded(f"a newer run has the word: {newer.url}")
    written = write(api, place.sha, status, read_only=place.read_only)
    if isinstance(written, Written):
        for amend in place.amends(log.with_(status)):
            if amend.context == place.aggregate and place.projects:
                write(api, place.sha, amend, read_only=place.read_only)
    return written


def _settles(place: Place, status: Status) -> bool:
    is_sum = status.context == place.aggregate and bool(place.projects)
    return ("aggregate" if is_sum else "status") in place.safeguards.settles
