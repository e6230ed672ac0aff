"""All statuses of one commit, in GitHub's order, and the ones that GitHub should show: those of the newest run."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gatebot.github.run_order import RunOrder

AGGREGATE = "gatebot"
RUNNING = "running"
"""Description of a status that is pending because its run has not ended."""


class State(StrEnum):
    """The states of a status; branch protection accepts only `success`."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `url` is the address of its details, and identifies the run that wrote it."""

    context: str
    state: State
    description: str
    url: str

    @property
    def is_running(self) -> bool:
        """Whether its run has not ended."""
        return self.state is State.PENDING and self.description == RUNNING


def context_of(project: str | None = None, branch: str = "") -> str:
    """Return the name of a project's status; in a repository with one project it is `gatebot`.

    A commit keeps its statuses whatever branch it is merged into, and each branch has its own Rules. So a status that
    was judged by the Rules of another branch than the default one has another name, and main does not accept it.

    Args:
        project: None in a repository with one project.
        branch: the branch to merge into; empty for the default branch.
    """
    name = f"{AGGREGATE} ({_short(branch)})" if branch else AGGREGATE
    return f"{name} / {project}" if project else name


def _short(branch: str) -> str:
    """Return the branch's name; if it is too long for the name of a status, it is cut and made unique by a digest."""
    if len(branch) <= MAX_BRANCH:
        return branch
    return f"{branch[:MAX_BRANCH]}…{hashlib.sha256(branch.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class StatusLog:
    """The statuses of a commit. GitHub only appends statuses, and shows the newest one of each context.

    Attributes:
        home: prefix of the addresses of this repository's runs; a status with any other address has no order.
        rows: the statuses, the newest first.
    """

    home: str
    rows: tuple[Status, ...] = ()

    def with_(self, status: Status) -> "StatusLog":
        """Return the log with one more status."""
        return replace(self, rows=(status, *self.rows))

    def latest(self, context: str) -> Status | None:
        """Return the status that GitHub shows for a context."""
        return next((row for row in self.rows if row.context == context), None)

    def order(self, status: Status) -> RunOrder | None:
        """Return the order of the run that a status belongs to."""
        return RunOrder.of_url(status.url, self.home)

    def word(self, context: str) -> Status | None:
        """Return the status that GitHub should show: the last one that the newest run wrote itself.

        Other runs may write copies of a status. Repeated statuses count only once, at their first occurrence, and a
        running status does not count if there is a final one. So a late copy cannot change the result.
        """
        orders = {row: self.order(row) for row in self.rows if row.context == context}
        newest = max((order for order in orders.values() if order is not None), default=None)
        if newest is None:
            return self.latest(context)
        of_newest = list(dict.fromkeys(row for row in reversed(self.rows) if orders.get(row) == newest))
        return ([row for row in of_newest if not row.is_running] or of_newest)[-1]

    def newer(self, context: str, order: RunOrder) -> Status | None:
        """Return the status of a run that is newer than this one; None if there is no such run."""
        word = self.word(context)
        found = None if word is None else self.order(word)
        return word if found is not None and found > order else None

    def is_disturbed(self, context: str, url: str) -> bool:
        """Whether another job has written a status since this one began, so that their other writes may conflict."""
        ours = [place for place, row in enumerate(self.rows) if (row.context, row.url) == (context, url)]
        since = self.rows[: max(ours, default=0)]
        return any(is_ours(row.context) and row.url != url for row in since) or any(
            is_ours(row.context) and row.context not in (context, context.partition(" / ")[0]) for row in since
        )

    def amends(self, context: str, projects: Sequence[str], url: str, branch: str = "") -> Iterator[Status]:
        """Yield the statuses that must be written so that GitHub shows the right ones."""
        word = self.word(context)
        if word is not None and word != self.latest(context):
            yield word
        if projects:
            wanted = Status(context_of(None, branch), *self.summary(projects, branch), url)
            now = self.latest(wanted.context)
            if now is None or (now.state, now.description) != (wanted.state, wanted.description):
                yield wanted

    def summary(self, projects: Sequence[str], branch: str = "") -> tuple[State, str]:
        """Return the state and description of the aggregate: the worst state, and the projects that have it."""
        words = {project: self.word(context_of(project, branch)) for project in projects}
        found = {project: State.PENDING if word is None else word.state for project, word in words.items()}
        for state in (State.FAILURE, State.ERROR, State.PENDING):
            names = [project for project in projects if found[project] is state]
            if names:
                return state, shortened(f"{len(names)} of {len(projects)} projects {_WORDS[state]}: {', '.join(names)}")
        return State.SUCCESS, f"{len(projects)} of {len(projects)} projects pass"


_WORDS = {State.FAILURE: "blocked", State.ERROR: "in error", State.PENDING: "not yet judged"}
MAX_DESCRIPTION = 140
MAX_BRANCH = 100


def shortened(words: str) -> str:
    """Return one line of at most 140 characters, counted as UTF-16 units, the most that GitHub could count."""
    line = " ".join(words.split())
    if _units(line) <= MAX_DESCRIPTION:
        return line
    while _units(line) > MAX_DESCRIPTION - 1:
        line = line[:-1]
    return line + "…"


def is_ours(context: str) -> bool:
    """Whether a context belongs to gatebot."""
    return context == AGGREGATE or context.startswith((f"{AGGREGATE} / ", f"{AGGREGATE} ("))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
