"""Publishes the verdict on GitHub: first the status, which is the gate, then the comment and the check run."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from gatebot.core.finding import Action
from gatebot.core.redact import redacted
from gatebot.core.report import Report, ReportedFinding, VerdictName
from gatebot.core.report import State as Named
from gatebot.errors import ExitCode, GateError
from gatebot.github import checkrun, comment, status
from gatebot.github.api import Api
from gatebot.github.api_errors import ApiError, ForbiddenError, GoneError, LockedError
from gatebot.github.checkrun import Annotation, Check, Conclusion, Level
from gatebot.github.comment import Found, Mode
from gatebot.github.comment_section import Section, SectionStamp
from gatebot.github.outcome import NotPermitted, Superseded, Unchanged, Written
from gatebot.github.run_order import RunOrder
from gatebot.github.status import ALL, Place, Safeguards
from gatebot.github.status_log import State, Status, StatusLog

MAX_ROUNDS = 4  # maximum rounds until runs that write the comment concurrently agree


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts to publish, which are safe to post: a headline, the comment's section, and the Report's summary."""

    headline: str
    section: str
    summary: str


@dataclass(frozen=True, slots=True)
class Target:
    """The place to publish to.

    Attributes:
        sha: the head commit, from the event or the API; never from the Report.
        order: order of this run among all runs.
        run_url: address of the run that publishes.
        pull_number: None if no pull request is involved.
        mode: when to comment.
        project: None in a repository with one project.
        branch: the branch to merge into; empty for the default branch.
        projects: projects whose statuses the aggregate `gatebot` sums up; empty in a repository with one project.
        read_only: the token is known to be read-only.
        safeguards: all safeguards, except in tests of what happens without them.
    """

    sha: str
    order: RunOrder
    run_url: str
    pull_number: int | None = None
    mode: Mode = Mode.ON_CHANGE
    project: str | None = None
    branch: str = ""
    projects: tuple[str, ...] = ()
    read_only: bool = False
    safeguards: Safeguards = ALL

    @property
    def place(self) -> Place:
        """The place of the status."""
        return Place(
            self.sha, self.url, self.project, self.branch, self.projects, self.read_only, safeguards=self.safeguards
        )

    @property
    def url(self) -> str:
        """The address of the run, which encodes its order."""
        return self.order.url(self.run_url)

    @property
    def stamp(self) -> SectionStamp:
        """The stamp of the comment's section."""
        return SectionStamp(self.sha, self.order)


@dataclass(slots=True)
class Published:
    """The result of publishing. `warnings` are for the log; they do not change the verdict."""

    comment_url: str = ""
    status_written: bool = False
    superseded: bool = False
    warnings: list[str] = field(default_factory=list)


class SupersededError(GateError):
    """A newer run on this commit takes precedence, so this run publishes nothing."""


@contextmanager
def announced(target: Target, api: Api, warn: Callable[[str], None]) -> Iterator[None]:
    """Set a pending status before the block, and an error status if the block fails or is interrupted.

    Args:
        target: the place to publish to.
        api: GitHub's API.
        warn: receives the reason if the error status cannot be written; the block's own exception is raised.

    Raises:
        SupersededError: A newer run has begun; raised before the block.
        GateError: The status cannot be written although it should be (exit code 6).
    """
    begun = status.begin(api, target.place)
    if isinstance(begun, Superseded):
        raise SupersededError(begun.why)
    try:
        yield
    except BaseException as error:
        words = error.message if isinstance(error, GateError) else "gatebot was interrupted or failed"
        try:
            with unstoppable():
                status.conclude(api, target.place, State.ERROR, redacted(words).partition("\n")[0])
                _settle(target, api, None)
        except GateError as trouble:
            warn(str(trouble))
        raise


def finish(target: Target, api: Api) -> bool:
    """Replace a pending status of this run by an error; for a final workflow step that always runs.

    Returns:
        Whether the status was still pending.

    Raises:
        GateError: The status cannot be read or written (exit code 6).
    """
    try:
        left, log = status.finish(api, target.place)
        _hand_over(target, api, log)
    except ApiError as trouble:
        raise GateError(trouble.message, trouble.hint, ExitCode.STATUS_NOT_WRITTEN) from trouble
    return left


@contextmanager
def unstoppable() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM during the block, which publishes the result of a run that is ending anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def publish(
    report: Report, texts: Texts, target: Target, api: Api, comments: Sequence[Found] | None = None
) -> Published:
    """Write the status, the comment and the check run; then correct them if a newer run has interfered.

    Args:
        report: the Report.
        texts: the texts to publish.
        target: the place to publish to.
        api: GitHub's API.
        comments: gatebot's comments, if they were read after this run began.

    Raises:
        GateError: The status was not written although it should have been (exit code 6).
    """
    done = Published()
    with unstoppable():
        concluded = status.conclude(api, target.place, status_of(report), texts.headline)
        done.status_written = isinstance(concluded, Written)
        _note(done, concluded)
        if done.superseded:
            return done
        section = Section(report.project, target.stamp, texts.section)
        notable = report.verdict is not VerdictName.PASS or bool(report.decisive) or report.observed
        notable = notable and Named.DRAFT not in report.states

        def comment_again(*, known: Sequence[Found] | None = None, checks: bool = True) -> None:
            if target.pull_number is None:
                return
            published = comment.publish(
                api, target.pull_number, section, mode=target.mode, notable=notable, known=known, checks=checks
            )
            _note(done, published)
            done.comment_url = published.url if isinstance(published, Written | Unchanged) else done.comment_url

        with _warned(done):
            comment_again(known=comments, checks=bool(target.projects))
        if not target.read_only and status_of(report) is not State.PENDING:
            with _warned(done):
                _note(done, _checked(report, texts, target, api))
        if done.status_written:
            with _warned(done):
                _settle(target, api, comment_again)
    return done


def _settle(target: Target, api: Api, comment_again: Callable[[], None] | None) -> None:
    """Check finally that nothing this run has written hides the result of a newer run.

    Each run writes a status first, and reads the statuses last. So a newer run that is not visible here has not
    written anything yet, and all its writes will come after those of this run.
    """
    if not target.safeguards.settles:
        return
    log = status.settle(api, target.place)
    newer = log.newer(target.place.context, target.order)
    if newer is not None or log.is_disturbed(target.place.context, target.url):
        if comment_again is not None and newer is None and "comment" in target.safeguards.settles:
            comment_again()
            log = status.settle(api, target.place)
        _hand_over(target, api, log)


def _hand_over(target: Target, api: Api, log: StatusLog) -> None:
    """Restore the results of newer runs, and of other projects, that this run has overwritten.

    This concerns the comment and the check run, and only runs that have ended; others will write their own. After a
    write to the comment the statuses are read again, because another run may have ended in the meantime.
    """
    if target.pull_number is not None and "comment" in target.safeguards.settles:
        with suppress(ForbiddenError, LockedError, GoneError):
            for _ in range(MAX_ROUNDS):
                if not comment.hand_over(api, target.pull_number, _ended(target, log)):
                    break
                log = status.settle(api, target.place)
    if not target.read_only and "check run" in target.safeguards.settles:
        with suppress(ForbiddenError):
            checkrun.hand_over(api, target.sha, target.order, name=checkrun.name_of(target.place.context))


def _ended(target: Target, log: StatusLog) -> dict[str | None, Section]:
    """Return a short section of the newest run by project, without projects whose newest run has not ended."""
    found: dict[str | None, Section] = {}
    for project in target.projects or (target.project,):
        word = log.word(status.context_of(project, target.branch))
        order = None if word is None else log.order(word)
        if word is not None and order is not None and not word.is_running:
            found[project] = Section(project or "", SectionStamp(target.sha, order), _in_short(word))
    return found


def _in_short(word: Status) -> str:
    """Return a status as Markdown; its description is untrusted and shown as a code block."""
    return f"## gatebot\n\n    {word.description}\n\nSo says [the newest run]({word.url}) on this commit."


@contextmanager
def _warned(done: Published) -> Iterator[None]:
    """Turn failures in the block into warnings, because the status is already written."""
    try:
        yield
    except GateError as error:
        done.warnings.append(str(error))


def status_of(report: Report) -> State:
    """Return the state of the status; only a pass, or any verdict in observe mode, is a success.

    A skipped draft stays pending, because the same commit can be merged once it is marked as ready.
    """
    if Named.DRAFT in report.states:
        return State.PENDING
    if report.exit_code == ExitCode.PASS:
        return State.SUCCESS
    return State.ERROR if report.verdict is VerdictName.ERROR else State.FAILURE


def _checked(report: Report, texts: Texts, target: Target, api: Api) -> object:
    check, name = _check(report, texts, target.url), checkrun.name_of(target.place.context)
    return checkrun.publish(api, target.sha, check, target.order, name=name)


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
