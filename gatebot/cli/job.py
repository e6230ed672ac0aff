"""`gatebot run` inside a workflow job: the same run, with the event, the stored baseline and the status around it."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gatebot import run as whole
from gatebot.case import Approval
from gatebot.cli.hub import Hub, api_of, pull_of, target_of, warn
from gatebot.cli.progress import Lines
from gatebot.cli.show import leave_pages, show
from gatebot.cli.situation import SECRETS, Situation, given_base, places_of, stores_of
from gatebot.errors import ExitCode, GateError
from gatebot.finding import Priority
from gatebot.github import approvals, outputs
from gatebot.github import event as events
from gatebot.github.api import Api
from gatebot.github.event import Event, Kind
from gatebot.github.pull import Pull, pull
from gatebot.github.trouble import ApiError
from gatebot.occasion.actions import in_actions
from gatebot.output import REPORT_FILE, stored_report
from gatebot.publish import Published, Texts, announced, finish, publish
from gatebot.report import Report
from gatebot.sandbox import terminate_as_interrupt

FINAL = (ExitCode.PASS, ExitCode.BLOCKED, ExitCode.REVIEW, ExitCode.UNDECIDED)
AFTERWARDS = (Kind.COMMENT, Kind.REVIEW, Kind.WORKFLOW_RUN)
"""Events about commits that were trained before: their evidence is judged again."""


def run_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Gate the event of this job and say so on GitHub."""
    event = events.read(environ)
    if event.is_deletion:
        print("a branch was deleted: there is nothing to judge")
        return ExitCode.PASS
    if event.kind in AFTERWARDS:
        from gatebot.cli.again import judge_again

        return judge_again(arguments, environ, event)
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        hub = Hub(api, event, target_of(event, environ, arguments))
        with announced(hub.target, api, warn):
            with situation_in(arguments, environ, event, api) as (occasion, places, stores, progress):
                report = whole.run(occasion, places, stores, progress).report
            texts = leave_and_show(report, arguments)
        return say(report, texts, arguments, environ, hub)


@contextmanager
def situation_in(
    arguments: argparse.Namespace, environ: Mapping[str, str], event: Event, api: Api
) -> Iterator[Situation]:
    """The situation of this job; no secret of ours is in the environment as long as the block lasts."""
    given = given_base(arguments.base)
    occasion = in_actions(
        arguments.config,
        event,
        datetime.now(UTC),
        project=arguments.project,
        base=None if given else arguments.base,
        approvals=approvals_of(None if event.pull_number is None else pull_or_none(event.pull_number, api), api),
        environ=environ,
    )
    places = replace(places_of(occasion, arguments.out, given), shared=True)
    stores = stores_of(occasion, environ, api, event)
    with secrets_away():
        yield Situation(occasion, places, stores, Lines())


def leave_and_show(report: Report, arguments: argparse.Namespace) -> Texts:
    """Leave the pages, print the verdict, and return what GitHub shall show."""
    leave_pages(report, arguments.out)
    with outputs.commands_stopped(sys.stdout):
        show(report, arguments.out, as_json=getattr(arguments, "json", False))
    return texts_of(report)


def say(report: Report, texts: Texts, arguments: argparse.Namespace, environ: Mapping[str, str], hub: Hub) -> int:
    """Publish a verdict, tell the runner, and return the job's exit code."""
    done = publish(report, texts, hub.target, hub.api)
    tell_runner(environ, report, arguments.out, done)
    return exit_code(report, done, keep=getattr(arguments, "exit", "status") == "verdict")


@contextmanager
def secrets_away() -> Iterator[None]:
    """The environment without any secret of ours, for as long as the block lasts."""
    kept = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextmanager
def summarised(environ: Mapping[str, str]) -> Iterator[None]:
    """What ends the block stands in the job's summary and outputs, for there is no report that could say it."""
    try:
        yield
    except GateError as error:
        from gatebot.render.gfm import fence

        outputs.write_summary(environ, f"## gatebot: could not judge\n\n{fence(str(error).splitlines())}\n")
        outputs.write_outputs(environ, {"verdict": "error"})
        raise


def pull_or_none(number: int, api: Api) -> Pull | None:
    """The pull request as the API says it now. Not knowing is having none."""
    try:
        return pull(api, number)
    except ApiError as trouble:
        warn(str(trouble))
        return None


def approvals_of(proposal: Pull | None, api: Api) -> tuple[Approval, ...]:
    """Who has accepted the head commit. Not knowing is having none."""
    if proposal is None:
        return ()
    try:
        accepted, refused = approvals.read(api, proposal)
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
            "report": str(out / REPORT_FILE),
            "comment-url": done.comment_url,
            "baseline-sha": report.base.sha or "",
        },
    )
    for warning in done.warnings:
        warn(warning)


def exit_code(report: Report, done: Published, *, keep: bool) -> int:
    """Once the status is written it is the gate, and the job ends well, so that an approval can turn it green.

    A newer run's status is as good as ours.
    """
    code = ExitCode(report.exit_code)
    if keep or code not in FINAL or not (done.status_written or done.superseded):
        return code
    return ExitCode.PASS


def finish_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Turn what this run has left pending into an error: for a last step that always runs."""
    event = events.read(environ)
    with api_of(event, environ) as api:
        for context in finish(target_of(pull_of(event, api)[0], environ, arguments), api):
            print(f"{context}: was still pending, is an error now")
    return ExitCode.PASS


def publish_stored(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Publish a report that an earlier step has left."""
    event = events.read(environ)
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        hub = Hub(api, event, target_of(pull_of(event, api)[0], environ, arguments))
        with announced(hub.target, api, warn):  # without a report the status says that nobody could judge
            report = stored_report(arguments.report)
            texts = texts_of(report)
        arguments.out = arguments.report.parent
        return say(report, texts, arguments, environ, hub)
