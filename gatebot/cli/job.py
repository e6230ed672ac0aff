"""`gatebot run` inside a workflow job: the same run, with the event, the stored baseline and the status around it."""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from gatebot.cli.context import SECRETS, JobContext, emptied, given_base, places_of, stores_of
from gatebot.cli.exit import leave_and_show, say, summarised, texts_of
from gatebot.cli.github import GitHub, api_of, pull_of, said_on, target_of, warn
from gatebot.cli.progress import Lines
from gatebot.cli.rejudge import judge_again
from gatebot.comparison.case import Approval
from gatebot.core.redact import held
from gatebot.core.report import Report, VerdictName
from gatebot.decide.judge import judge
from gatebot.errors import ExitCode, UsageError
from gatebot.github import event as events
from gatebot.github.api import Api
from gatebot.github.comment import Found
from gatebot.github.event import Event, Kind
from gatebot.github.publish import SupersededError, announced, finish
from gatebot.run import whole_run
from gatebot.run.context.from_github import in_actions
from gatebot.run.gate import Gated
from gatebot.run.output import leave, stored_report
from gatebot.run.rejudge import AGAIN, trusted_case
from gatebot.sandbox import terminate_as_interrupt

AFTERWARDS = (Kind.COMMENT, Kind.REVIEW, Kind.WORKFLOW_RUN)
"""Events for commits that were trained before; their evidence is judged again."""


def run_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Gate the event of this job, and publish the verdict on GitHub."""
    event = events.read(environ)
    if event.is_deletion:
        print("a branch was deleted: there is nothing to judge")
        return ExitCode.PASS
    if event.kind in AFTERWARDS:
        arguments.out = emptied(arguments, environ)
        return judge_again(arguments, environ, event)
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        github = GitHub(api, event, target_of(event, environ, arguments))
        try:
            with announced(github.target, api, warn):
                arguments.out = emptied(arguments, environ)
                with situation_in(arguments, environ, event, api) as (run_context, places, stores, progress):
                    gated = whole_run.run(run_context, places, stores, progress)
                report, comments = _accepted(gated, github, arguments)
                texts = leave_and_show(report, arguments)
        except SupersededError as newer:
            warn(f"nothing was judged: {newer.message}")
            return ExitCode.PASS
        return say(report, texts, arguments, environ, github, comments=comments)


def _accepted(gated: Gated, github: GitHub, arguments: argparse.Namespace) -> tuple[Report, Sequence[Found] | None]:
    """Return the Report with the approvals so far if it waits for a review, and gatebot's comments as just read.

    Only here can an approval change a verdict. It is read as late as possible, so that few approvals are missed.
    """
    head = github.event.head_sha
    if gated.report.verdict is not VerdictName.REVIEW or head is None:
        return gated.report, None
    conversation = said_on(github.event, github.event.author, github.api)
    if not conversation.approvals:
        return gated.report, conversation.comments
    case = trusted_case(gated.case, head, github.target.branch, conversation.approvals)
    report = judge(case)
    leave(case, report, arguments.out)
    return report, conversation.comments


@contextmanager
def situation_in(
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    event: Event,
    api: Api,
    approvals: Sequence[Approval] = (),
) -> Iterator[JobContext]:
    """Yield the run context of this job. The block runs without gatebot's secrets in the environment."""
    given = given_base(arguments.base, environ)
    run_context = in_actions(
        arguments.config,
        event,
        datetime.now(UTC),
        project=arguments.project,
        base=None if given else arguments.base,
        approvals=approvals,
        environ=environ,
    )
    places = replace(places_of(run_context, arguments.out, given, environ), shared=True)
    stores = stores_of(run_context, environ, api, event)
    with secrets_away():
        yield JobContext(run_context, places, stores, Lines())


@contextmanager
def secrets_away() -> Iterator[None]:
    """Remove gatebot's secrets from the environment while the block runs."""
    kept = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        with held(kept.values()):
            yield
    finally:
        os.environ.update(kept)


def _of_branch(report: Report, branch: str) -> Report:
    """Return the same Report after checking that the Rules of the pull request's target branch decided it.

    Raises:
        UsageError: the Rules of another branch decided it.
    """
    if report.branch == branch:
        return report
    decided, meant = (name or "the default branch" for name in (report.branch, branch))
    raise UsageError(f"the report is of a pull request into {decided}, and this one goes into {meant}", AGAIN)


def finish_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Turn a status that this run left pending into an error. For a last step that always runs."""
    event = events.read(environ)
    with api_of(event, environ) as api:
        target = target_of(pull_of(event, api)[0], environ, arguments)
        if finish(target, api):
            print(f"{target.place.context}: was still pending, is an error now")
    return ExitCode.PASS


def publish_stored(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Publish a report that an earlier step wrote."""
    event = events.read(environ)
    with terminate_as_interrupt(), summarised(environ), api_of(event, environ) as api:
        github = GitHub(api, event, target_of(pull_of(event, api)[0], environ, arguments))
        try:
            with announced(github.target, api, warn):  # without a report, the status becomes an error
                report = _of_branch(stored_report(arguments.report), github.target.branch)
                texts = texts_of(report)
        except SupersededError as newer:
            warn(f"nothing was published: {newer.message}")
            return ExitCode.PASS
        arguments.out = arguments.report.parent
        return say(report, texts, arguments, environ, github)
