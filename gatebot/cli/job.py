"""`gatebot run` inside a workflow job: the same run, with the event, the stored baseline and the status around it."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gatebot import run as whole
from gatebot.case import Approval
from gatebot.cli.progress import Lines
from gatebot.cli.show import leave_pages, show
from gatebot.cli.situation import SECRETS, given_base, places_of, stores_of
from gatebot.errors import ExitCode, GateError
from gatebot.finding import Priority
from gatebot.gate import Gated
from gatebot.github import approvals, outputs, status
from gatebot.github import event as events
from gatebot.github.api import Api
from gatebot.github.comment import Mode
from gatebot.github.event import Event, Kind
from gatebot.github.pull import pull
from gatebot.github.section import Stamp
from gatebot.github.status import State, Status
from gatebot.github.trouble import ApiError
from gatebot.occasion.actions import in_actions
from gatebot.publish import Published, Target, Texts, publish
from gatebot.report import Report

FINAL = (ExitCode.PASS, ExitCode.BLOCKED, ExitCode.REVIEW, ExitCode.UNDECIDED)


def run_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Gate the event of this job and say so on GitHub."""
    event = events.read(environ)
    if event.is_deletion:
        print("a branch was deleted: there is nothing to judge")
        return ExitCode.PASS
    if event.kind in (Kind.COMMENT, Kind.REVIEW, Kind.WORKFLOW_RUN):
        from gatebot.cli.again import judge_again

        return judge_again(arguments, environ, event)
    with api_of(event, environ) as api:
        target = target_of(event, environ, event.head_sha or event.tested_sha, arguments.project)
        with reported(api, target):
            gated = _gated(arguments, environ, event, api)
        return say(gated.report, arguments, environ, target, api)


def _gated(arguments: argparse.Namespace, environ: Mapping[str, str], event: Event, api: Api) -> Gated:
    occasion = in_actions(
        arguments.config,
        event,
        datetime.now(UTC),
        project=arguments.project,
        approvals=approvals_of(event.pull_number, api),
    )
    places = places_of(occasion, arguments.out, given_base(arguments.base))
    stores = stores_of(occasion, environ, api, event)
    with secrets_away():
        return whole.run(occasion, places, stores, Lines())


def say(report: Report, arguments: argparse.Namespace, environ: Mapping[str, str], target: Target, api: Api) -> int:
    """Leave the pages, print the verdict, publish it, and return the job's exit code."""
    leave_pages(report, arguments.out)
    with outputs.commands_stopped(sys.stdout):
        show(report, arguments.out)
    done = publish(report, texts_of(report), target, api)
    tell_runner(environ, report, arguments.out, done)
    return exit_code(report, done, keep=getattr(arguments, "exit", "status") == "verdict")


def target_of(event: Event, environ: Mapping[str, str], sha: str, project: str | None) -> Target:
    """Where this job says its verdict: on the head commit, under a name that never changes."""
    return Target(
        sha=sha,
        stamp=Stamp(sha, int(time.time()), event.run.id, event.run.attempt),
        url=event.run.url,
        pull_number=event.pull_number,
        mode=Mode(outputs.action_input(environ, "comment", Mode.ON_CHANGE)),
        context=status.context_of(project),
        read_only=event.expects_read_only_token,
    )


@contextmanager
def reported(api: Api, target: Target) -> Iterator[None]:
    """A pending status for as long as the block lasts; whatever ends the block early turns it to an error."""
    status.begin(api, target.sha, target.context, target.url, read_only=target.read_only)
    try:
        yield
    except BaseException as error:
        words = error.message if isinstance(error, GateError) else "gatebot was interrupted or failed"
        failed = Status(target.context, State.ERROR, words.partition("\n")[0], target.url)
        try:
            status.conclude(api, target.sha, failed, read_only=target.read_only)
        except GateError as trouble:
            print(outputs.command(outputs.Level.WARNING, str(trouble)))
        raise


@contextmanager
def secrets_away() -> Iterator[None]:
    """The environment without any secret of ours, for as long as the block lasts."""
    kept = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def api_of(event: Event, environ: Mapping[str, str]) -> Api:
    """GitHub, with the token that the action was given."""
    token = outputs.action_input(environ, "token") or environ.get("GITHUB_TOKEN", "")
    if token:
        print(outputs.mask(token))
    return Api(token, event.repository, url=event.api_url)


def approvals_of(number: int | None, api: Api) -> tuple[Approval, ...]:
    """Who has accepted the head commit. Not knowing is having none."""
    if number is None:
        return ()
    try:
        accepted, refused = approvals.read(api, pull(api, number))
    except ApiError as trouble:
        print(outputs.command(outputs.Level.WARNING, str(trouble), title="approvals are unknown"))
        return ()
    for refusal in refused:
        print(outputs.command(outputs.Level.NOTICE, f"{refusal.login}: {refusal.why}", title="acceptance not counted"))
    return tuple(
        Approval(login=each.login, sha=each.sha, priority=Priority(each.priority) if each.priority else None)
        for each in accepted
    )


def texts_of(report: Report) -> Texts:
    """The report in the words that GitHub shows."""
    from gatebot.render import markdown, words

    return Texts(words.headline(report), markdown.section(report), markdown.summary(report))


def tell_runner(environ: Mapping[str, str], report: Report, out: Path, done: Published) -> None:
    """Outputs, summary and warnings of this step."""
    from gatebot.render import markdown

    outputs.write_summary(environ, markdown.summary(report))
    outputs.write_outputs(
        environ,
        {
            "verdict": report.verdict,
            "priority": report.priority or "",
            "report": str(out / whole.REPORT_FILE),
            "comment-url": done.comment_url,
            "baseline-sha": report.base.sha or "",
        },
    )
    for warning in done.warnings:
        print(outputs.command(outputs.Level.WARNING, warning, title="gatebot"))


def exit_code(report: Report, done: Published, *, keep: bool) -> int:
    """Once the status is written it is the gate, and the job ends well, so that an approval can turn it green."""
    code = ExitCode(report.exit_code)
    if keep or code not in FINAL or not done.status_written:
        return code
    return ExitCode.PASS


def finish(environ: Mapping[str, str]) -> int:
    """Turn what this run has left pending into an error: for a last step that always runs."""
    event = events.read(environ)
    sha = event.head_sha or event.tested_sha
    with api_of(event, environ) as api:
        try:
            left = status.finish_pending(api, sha, event.run.url, read_only=event.expects_read_only_token)
        except ApiError as trouble:
            raise GateError(trouble.message, trouble.hint, ExitCode.STATUS_NOT_WRITTEN) from trouble
    for context in left:
        print(f"{context}: was still pending, is an error now")
    return ExitCode.PASS


def publish_stored(path: Path, project: str | None, environ: Mapping[str, str]) -> int:
    """Publish a report that an earlier step has left."""
    report = whole.stored_report(path)
    event = events.read(environ)
    with api_of(event, environ) as api:
        target = target_of(event, environ, event.head_sha or event.tested_sha, project)
        done = publish(report, texts_of(report), target, api)
        tell_runner(environ, report, path.parent, done)
    return exit_code(report, done, keep=False)
