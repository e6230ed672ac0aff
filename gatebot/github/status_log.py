"""All statuses of one commit, in GitHub's order, and what they ought to say: the word of the newest run."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gatebot.github.run_order import RunOrder

AGGREGATE = "gatebot"
RUNNING = "running"
"""The description of a status that is pending because its run has not ended yet."""


class State(StrEnum):
    """What branch protection understands; only `success` lets a pull request through."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `url` is where its details are; it tells which run wrote it."""

    context: str
    state: State
    description: str
    url: str

    @property
    def is_running(self) -> bool:
        """Whether its run has still to say how it ends."""
        return self.state is State.PENDING and self.description == RUNNING


def context_of(project: str | None = None, branch: str = "") -> str:
    """The name of a project's status; in a repository of one project that is `gatebot` itself.

    A commit bears its statuses whatever it is merged into, and each branch has Rules of its own. So what was judged by
    the Rules of another branch than the default one has another name, and satisfies nothing that main requires.

    Args:
        project: None in a repository of one project.
        branch: to be merged into; empty for the default branch.
    """
    name = f"{AGGREGATE} ({_short(branch)})" if branch else AGGREGATE
    return f"{name} / {project}" if project else name


def _short(branch: str) -> str:
    """A branch's name; one that is too long for a status's name is cut, and told from others by its digest."""
    if len(branch) <= MAX_BRANCH:
        return branch
    return f"{branch[:MAX_BRANCH]}…{hashlib.sha256(branch.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class StatusLog:
    """The statuses of a commit. GitHub only ever appends, and shows the newest of each context.

    Attributes:
        home: what the addresses of this repository's runs begin with; a status of any other origin has no order.
        rows: the newest first.
    """

    home: str
    rows: tuple[Status, ...] = ()

    def with_(self, status: Status) -> "StatusLog":
        """The same after one more was written."""
        return replace(self, rows=(status, *self.rows))

    def latest(self, context: str) -> Status | None:
        """What GitHub shows."""
        return next((row for row in self.rows if row.context == context), None)

    def order(self, status: Status) -> RunOrder | None:
        """Of the run that a status speaks for."""
        return RunOrder.of_url(status.url, self.home)

    def word(self, context: str) -> Status | None:
        """What GitHub should show: what the newest run has said last.

        A run that has ended does not begin again, and what it has said anew counts, not what somebody has said again
        on its behalf: so no copy that comes late can change the answer.
        """
        orders = {row: self.order(row) for row in self.rows if row.context == context}
        newest = max((order for order in orders.values() if order is not None), default=None)
        if newest is None:
            return self.latest(context)
        said = list(dict.fromkeys(row for row in reversed(self.rows) if orders.get(row) == newest))
        return ([row for row in said if not row.is_running] or said)[-1]

    def newer(self, context: str, order: RunOrder) -> Status | None:
        """The word of a run that is newer than this one; None where there is no such run."""
        word = self.word(context)
        found = None if word is None else self.order(word)
        return word if found is not None and found > order else None

    def is_disturbed(self, context: str, url: str) -> bool:
        """Whether another job has written since this one began: what both wrote elsewhere may have crossed."""
        ours = [place for place, row in enumerate(self.rows) if (row.context, row.url) == (context, url)]
        since = self.rows[: max(ours, default=0)]
        return any(is_ours(row.context) and row.url != url for row in since) or any(
            is_ours(row.context) and row.context not in (context, context.partition(" / ")[0]) for row in since
        )

    def amends(self, context: str, projects: Sequence[str], url: str, branch: str = "") -> Iterator[Status]:
        """The statuses that have to be written for GitHub to show what it should."""
        word = self.word(context)
        if word is not None and word != self.latest(context):
            yield word
        if projects:
            wanted = Status(context_of(None, branch), *self.summary(projects, branch), url)
            now = self.latest(wanted.context)
            if now is None or (now.state, now.description) != (wanted.state, wanted.description):
                yield wanted

    def summary(self, projects: Sequence[str], branch: str = "") -> tuple[State, str]:
        """The state and description of the aggregate: the worst of its parts, and which they are."""
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
    """One line of at most 140 characters, counted as GitHub might at worst count them (UTF-16 units)."""
    line = " ".join(words.split())
    if _units(line) <= MAX_DESCRIPTION:
        return line
    while _units(line) > MAX_DESCRIPTION - 1:
        line = line[:-1]
    return line + "…"


def is_ours(context: str) -> bool:
    """Whether a context is one of gatebot's."""
    return context == AGGREGATE or context.startswith((f"{AGGREGATE} / ", f"{AGGREGATE} ("))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
