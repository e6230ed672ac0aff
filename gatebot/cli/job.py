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
from gatebot.cli.artifact import ArtifactStore
from gatebot.cli.progress import Lines
from gatebot.cli.show import leave_pages, show
from gatebot.errors import ExitCode, GateError
from gatebot.gate import Gated
from gatebot.github import approvals, outputs, status
from gatebot.github import event as events
from gatebot.github.api import Api
from gatebot.github.comment import Mode
from gatebot.github.event import Event
from gatebot.github.pull import pull
from gatebot.github.section import Stamp
from gatebot.github.status import State, Status
from gatebot.github.trouble import ApiError
from gatebot.occasion.actions import in_actions
from gatebot.publish import Published, Target, Texts, publish
from gatebot.report import Report

SECRETS = ("INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
FINAL = (ExitCode.PASS, ExitCode.BLOCKED, ExitCode.REVIEW, ExitCode.UNDECIDED)


def run_job(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Gate the event of this job and say so on GitHub."""
    event = events.read(environ)
    if event.is_deletion:
        print("a branch was deleted: there is nothing to judge")
        return ExitCode.PASS
    api = api_of(event, environ)
    try:
        gated, target = _judged(arguments, environ, event, api)
        leave_pages(gated.report, arguments.out)
        with outputs.commands_stopped(sys.stdout):
            show(gated.report, arguments.out, as_json=arguments.json)
        done = publish(gated.report, texts_of(gated.report), target, api)
        tell_runner(environ, gated.report, arguments.out, done)
        return exit_code(gated.report, done, keep=arguments.exit == "verdict")
    finally:
        api.close()


def _judged(arguments: argparse.Namespace, environ: Mapping[str, str], event: Event, api: Api) -> tuple[Gated, Target]:
    now = datetime.now(UTC)
    occasion = in_actions(arguments.config, event, now, project=arguments.project, approvals=approvals_of(event, api))
    target = Target(
        sha=occasion.facts.judged.sha or event.tested_sha,
        stamp=Stamp(occasion.facts.judged.sha or event.tested_sha, int(time.time()), event.run.id, event.run.attempt),
        url=event.run.url,
        pull_number=event.pull_number,
        mode=Mode(outputs.action_input(environ, "comment", Mode.ON_CHANGE)),
        context=status.context_of(arguments.project),
        read_only=event.expects_read_only_token,
    )
    given = Path(arguments.base) if arguments.base and Path(arguments.base, "snapshot").is_dir() else None
    places = whole.Places(out=arguments.out, cache=occasion.root / ".gatebot", given_base=given)
    store = ArtifactStore(api, event, occasion.facts.project, occasion.facts.rules.baseline.max_age)
    with _status(api, target):
        return whole.run(occasion, places, (store,), Lines()), target


@contextmanager
def _status(api: Api, target: Target) -> Iterator[None]:
    """A pending status for as long as the block lasts; whatever ends the block early turns it to an error."""
    status.begin(api, target.sha, target.context, target.url, read_only=target.read_only)
    hidden = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
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
    finally:
        os.environ.update(hidden)


def api_of(event: Event, environ: Mapping[str, str]) -> Api:
    """GitHub, with the token that the action was given."""
    token = outputs.action_input(environ, "token") or environ.get("GITHUB_TOKEN", "")
    if token:
        print(outputs.mask(token))
    return Api(token, event.repository, url=event.api_url)


def approvals_of(event: Event, api: Api) -> tuple[Approval, ...]:
    """Who has accepted the head commit. Not knowing is having none."""
    if event.pull_number is None:
        return ()
    try:
        accepted, refused = approvals.read(api, pull(api, event.pull_number))
    except ApiError as trouble:
        print(outputs.command(outputs.Level.WARNING, str(trouble), title="approvals are unknown"))
        return ()
    for refusal in refused:
        print(outputs.command(outputs.Level.NOTICE, f"{refusal.login}: {refusal.why}", title="acceptance not counted"))
    return tuple(Approval(login=each.login, sha=each.sha) for each in accepted)


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
