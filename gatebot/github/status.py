"""Commit statuses: the gate that branch protection looks at, on the head commit; the newest run has the last word."""

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
MAX_SETTLING = 6  # rounds in which jobs that end together agree
ENDED = "gatebot ended without a verdict: cancelled, out of time or crashed; run it again"


@dataclass(frozen=True, slots=True)
class Safeguards:
    """What keeps an older run from having the last word. Each is on; a test that one matters switches it off.

    Attributes:
        defers: before a run writes, it looks whether a newer one has the word.
        settles: after it has written, it looks again and puts right what went wrong meanwhile: in these places.
    """

    defers: bool = True
    settles: frozenset[str] = frozenset({"status", "aggregate", "comment", "check run"})


ALL = Safeguards()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one job writes its status.

    Attributes:
        sha: the head commit.
        url: of the run; from it its order is told.
        project: None in a repository of one project.
        branch: to be merged into; empty for the default branch.
        projects: those whose statuses the aggregate sums up; empty where there is none.
        read_only: the token is known to be read-only (`Event.expects_read_only_token`): refusal is no failure.
        safeguards: all of them, except where a test looks what would be without.
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
        """The status's name."""
        return context_of(self.project, self.branch)

    @property
    def aggregate(self) -> str:
        """The name of the status that sums up those of all projects."""
        return context_of(None, self.branch)

    def amends(self, log: StatusLog) -> Iterator[Status]:
        """The statuses that have to be written for GitHub to show what it should."""
        return log.amends(self.context, self.projects, self.url, self.branch)

    @property
    def order(self) -> RunOrder:
        """Of this run; an address that leads to no run is older than any."""
        return RunOrder.of_url(self.url, self.url) or RunOrder.of_run(0)


Outcome = Written | NotPermitted | Superseded


def begin(api: Api, place: Place) -> Outcome:
    """Say that the verdict is on its way, unless a newer run has the word already.

    Raises:
        GateError: exit code 6; the status should have been written and was not.
    """
    return _say(api, place, Status(place.context, State.PENDING, RUNNING, place.url))


def conclude(api: Api, place: Place, state: State, description: str) -> Outcome:
    """Write the final status, unless a newer run has begun on the same commit: then the word is its.

    Whoever concludes has to `settle` when everything else is said.

    Raises:
        GateError: as `begin`.
    """
    return _say(api, place, Status(place.context, state, shortened(description), place.url))


def settle(api: Api, place: Place) -> StatusLog:
    """Read again what stands there, and put it right until it stays.

    GitHub shows what was written last. Each run looks after it has written: the last one to write sees all there is
    to see, so what stands in the end is the word of the newest, whatever the order in which the writes arrived.

    Returns:
        What stands there.

    Raises:
        GateError: as `begin`.
        ApiError: the statuses cannot be read.
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
    """Turn what this run left pending into an error, so that no pull request waits forever; and settle.

    For a last step with `if: always()`. Statuses of other runs and of other tools stay, and so does one that is
    pending on purpose.

    Returns:
        Whether it was still pending, and what stands there now.

    Raises:
        GateError: as `begin`.
        ApiError: the statuses cannot be read.
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
        api: GitHub.
        sha: the head commit.
        status: its description is cut to what GitHub takes.
        read_only: the token is known to be read-only (`Event.expects_read_only_token`): refusal is no failure.

    Raises:
        GateError: exit code 6; the status should have been written and was not.
    """
    try:
        said = api.send(
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
    if said.creator is not None:
        api.is_called(said.creator.login)
    return Written(status.url, created=True)


def read(api: Api, place: Place) -> StatusLog:
    """Every status of a commit.

    Raises:
        ApiError: by cause.
    """
    return log_of(api, place.sha, place.url)


def log_of(api: Api, sha: str, url: str) -> StatusLog:
    """Every status of a commit, as a run with this address sees them.

    Raises:
        ApiError: by cause.
    """
    why = Purpose(f"list the statuses of {sha[:12]}", "statuses: read")
    pages = api.pages(api.path("commits", sha, "statuses"), responses.Page[responses.CommitStatus], why)
    rows = (
        Status(s.context, State(s.state), s.description or "", s.target_url or "") for page in pages for s in page.items
    )
    return StatusLog(home_of(url), tuple(rows))


def _say(api: Api, place: Place, status: Status) -> Outcome:
    """Write a status and the aggregate that follows from it, where no newer run has the word."""
    try:
        log = read(api, place)
    except ApiError:  # not seeing is no reason to leave the commit pending
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
