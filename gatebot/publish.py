"""Says the verdict on GitHub: the status first, because it is the gate; everything else as well as it can be."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gatebot.errors import ExitCode, GateError
from gatebot.finding import Action
from gatebot.github import checkrun, comment, status
from gatebot.github.api import Api
from gatebot.github.checkrun import Annotation, Check, Conclusion, Level
from gatebot.github.comment import Mode
from gatebot.github.result import NotPermitted, Superseded, Written
from gatebot.github.section import Section, Stamp
from gatebot.github.status import State, Status
from gatebot.github.trouble import ApiError
from gatebot.report import Report, ReportedFinding, VerdictName


@dataclass(frozen=True, slots=True)
class Texts:
    """What to say, already safe to post: a line, the comment's section, and the report's summary."""

    headline: str
    section: str
    summary: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where to say it.

    Attributes:
        sha: the head commit, as the event or the API has it; never as the Report has it.
        pull_number: None where no pull request is involved.
        stamp: orders runs.
        url: of the run.
        context: the status's name.
        mode: when to comment.
        projects: those whose statuses the aggregate `gatebot` sums up; empty where `context` is `gatebot` itself.
        read_only: the token is known to be read-only.
    """

    sha: str
    stamp: Stamp
    url: str
    context: str = status.AGGREGATE
    pull_number: int | None = None
    mode: Mode = Mode.ON_CHANGE
    projects: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(slots=True)
class Published:
    """What came of it. `warnings` are for the log: none of them changes the verdict."""

    comment_url: str = ""
    status_written: bool = False
    superseded: bool = False
    warnings: list[str] = field(default_factory=list)


@contextmanager
def announced(target: Target, api: Api, warn: Callable[[str], None]) -> Iterator[None]:
    """A pending status for as long as the block lasts; whatever ends the block early turns it into an error.

    Args:
        target: where.
        api: GitHub.
        warn: is told why that could not be written, for the block's own error is what counts.

    Raises:
        GateError: exit code 6; the status cannot be written although it should be.
    """
    status.begin(api, target.sha, target.context, target.url, read_only=target.read_only)
    try:
        _sum_up(target, api)
        yield
    except BaseException as error:
        words = error.message if isinstance(error, GateError) else "gatebot was interrupted or failed"
        failed = Status(target.context, State.ERROR, words.partition("\n")[0], target.url)
        try:
            with unstoppable():
                status.conclude(api, target.sha, failed, read_only=target.read_only)
                _sum_up(target, api)
        except GateError as trouble:
            warn(str(trouble))
        raise


def finish(target: Target, api: Api) -> tuple[str, ...]:
    """Turn what this run has left pending into an error: for a last step that always runs.

    Returns:
        The contexts that were still pending.

    Raises:
        GateError: exit code 6; they cannot be read or written.
    """
    try:
        left = status.finish_pending(api, target.sha, target.url, read_only=target.read_only)
        if left:
            _sum_up(target, api)
    except ApiError as trouble:
        raise GateError(trouble.message, trouble.hint, ExitCode.STATUS_NOT_WRITTEN) from trouble
    return left


@contextmanager
def unstoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM do nothing while the block lasts: it says what came of a run that is ending anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _sum_up(target: Target, api: Api) -> object:
    """Bring the aggregate in line, where there is one."""
    if not target.projects:
        return None
    try:
        return status.aggregate(api, target.sha, target.projects, target.url, read_only=target.read_only)
    except ApiError as trouble:
        raise GateError(trouble.message, trouble.hint, ExitCode.STATUS_NOT_WRITTEN) from trouble


def publish(report: Report, texts: Texts, target: Target, api: Api) -> Published:
    """Write the status, then the comment and the check run.

    Raises:
        GateError: exit code 6; the status should have been written and was not.
    """
    done = Published()
    final = Status(target.context, status_of(report), texts.headline, target.url)
    with unstoppable():
        concluded = status.conclude(api, target.sha, final, read_only=target.read_only)
        done.status_written = isinstance(concluded, Written)
        _note(done, concluded)
        _note(done, _sum_up(target, api))
    if target.pull_number is not None and not done.superseded:
        section = Section(report.project, target.stamp, texts.section)
        notable = report.verdict is not VerdictName.PASS or bool(report.decisive) or report.observed
        try:
            said = comment.publish(api, target.pull_number, section, mode=target.mode, notable=notable)
            _note(done, said)
            done.comment_url = said.url if isinstance(said, Written) else ""
        except ApiError as error:
            done.warnings.append(str(error))
    if not done.superseded and not target.read_only:
        try:
            _note(done, checkrun.publish(api, target.sha, _check(report, texts, target.url)))
        except ApiError as error:
            done.warnings.append(str(error))
    return done


def status_of(report: Report) -> State:
    """The status that says the verdict; only a pass, or what is merely observed, is a success."""
    if report.exit_code == ExitCode.PASS:
        return State.SUCCESS
    return State.ERROR if report.verdict is VerdictName.ERROR else State.FAILURE


def _check(report: Report, texts: Texts, url: str) -> Check:
    state = status_of(report)
    waits = report.verdict is VerdictName.REVIEW and state is State.FAILURE
    failed = Conclusion.ACTION_REQUIRED if waits else Conclusion.FAILURE
    return Check(
        conclusion=Conclusion.SUCCESS if state is State.SUCCESS else failed,
        title=texts.headline,
        summary=texts.summary,
        url=url,
        annotations=tuple(_annotations(report.decisive)),
    )


def _annotations(findings: Iterable[ReportedFinding]) -> Iterable[Annotation]:
    levels = {Action.BLOCK: Level.FAILURE, Action.REVIEW: Level.FAILURE, Action.WARN: Level.WARNING}
    for finding in findings:
        for place in finding.where:
            level = levels.get(finding.action, Level.NOTICE)
            yield Annotation(
                place.path, place.line or 1, level, finding.title, title=f"{finding.priority} {finding.check}"
            )


def _note(done: Published, outcome: object) -> None:
    match outcome:
        case NotPermitted(why=why, hint=hint):
            done.warnings.append(f"{why} {hint}".strip())
        case Superseded(why=why):
            done.superseded = True
            done.warnings.append(f"not published: {why}")
        case _:
            pass
