"""Sums a proposal up: what was found, what was guessed and what could not be, with how sure each is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gatebot.discovery.entrypoints import Commands, Native
from gatebot.discovery.proposal import Proposal
from gatebot.discovery.sureness import Sureness
from gatebot.discovery.tables import SAMPLE_ROWS
from gatebot.discovery.ways_to_train import file_of

MOST_FILES = 4
CERTAIN = ("as you said", "the only data file here", "the code reads it")
"""Reasons for the choice of the data that leave no doubt."""


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One thing about the repository.

    Attributes:
        subject: what it is about, in one word.
        says: what was found or guessed, and why; or that nothing was.
        sure: how sure that is; None if there was nothing to guess.
    """

    subject: str
    says: str
    sure: Sureness | None = None


def summary(proposal: Proposal) -> tuple[SummaryLine, ...]:
    """Return about ten lines, the most important first."""
    return tuple(_lines(proposal))


def _lines(proposal: Proposal) -> Iterator[SummaryLine]:
    data, roles = proposal.data, proposal.roles
    rows = f"{data.main.rows:,}{' or more' if data.main.rows >= SAMPLE_ROWS else ''} rows"
    certain = Sureness.SURE if data.why in CERTAIN else Sureness.LIKELY
    yield SummaryLine("data", f"{data.main.path}: {rows}, {len(data.main.columns)} columns ({data.why})", certain)
    yield _eval(proposal)
    yield SummaryLine("target", f"{roles.target.column} ({roles.target.why})", roles.target.sure)
    task = roles.task
    against = f", {task.against}" if task.against else ""
    yield SummaryLine("task", f"{task.name} ({task.why}{against})", task.sure)
    if roles.id is None:
        yield SummaryLine("id", "no column names the rows: they are told apart by their content")
    else:
        yield SummaryLine("id", f"{roles.id.column} ({roles.id.why})", roles.id.sure)
    if roles.group is None:
        yield SummaryLine("group", "none found: if several rows are of one customer or the like, set `data.group`")
    else:
        yield SummaryLine("group", f"{roles.group.column} ({roles.group.why})", roles.group.sure)
    yield _model(proposal)
    if proposal.reached.called:
        yield SummaryLine("calls", _calls(proposal))
    if proposal.made_by:
        yield SummaryLine("made by", f"{data.main.path} is written by {proposal.made_by}, whose changes go unseen")
    if proposal.setup is not None and proposal.setup.python:
        yield SummaryLine("set-up", f"{proposal.setup.python}, the environment of {proposal.setup.why}")
    elif proposal.setup is None or not proposal.setup.command:
        yield SummaryLine("set-up", "nothing here says what to install: the active Python is used")
    else:
        yield SummaryLine("set-up", f"{proposal.setup.command.splitlines()[-1]} ({proposal.setup.why} is here)")


def _eval(proposal: Proposal) -> SummaryLine:
    data, roles = proposal.data, proposal.roles
    if data.held is not None:
        return SummaryLine("eval", f"{data.held.path} (the same columns, kept apart already)", Sureness.SURE)
    if roles.split is not None:
        return SummaryLine("eval", f"as {roles.split.column} says ({roles.split.why})", roles.split.sure)
    if proposal.eval_side:
        says = f"rows of {data.main.path}; {proposal.eval_side} has the same columns and may be meant (`data.eval`)"
        return SummaryLine("eval", says, Sureness.GUESS)
    if roles.time is not None:
        return SummaryLine("eval", f"the latest rows by {roles.time.column}", roles.time.sure)
    return SummaryLine("eval", "a fixed part of the rows, by a hash")


def _model(proposal: Proposal) -> SummaryLine:
    way = proposal.way
    if isinstance(way, Native):
        return SummaryLine("model", f"train and predict of {way.path}", Sureness.SURE)
    if isinstance(way, Commands):
        return SummaryLine("model", f"{way.train} ({way.where})", Sureness.LIKELY)
    return SummaryLine("model", f"a written adapter that calls {file_of(way)}", Sureness.LIKELY)


def _calls(proposal: Proposal) -> str:
    called, never = proposal.reached.called, proposal.reached.never
    return f"{_listed(called)}; never imported by training: {_listed(never)}" if never else _listed(called)


def _listed(paths: Sequence[PurePosixPath]) -> str:
    more = f" and {len(paths) - MOST_FILES} more" if len(paths) > MOST_FILES else ""
    return ", ".join(map(str, paths[:MOST_FILES])) + more
