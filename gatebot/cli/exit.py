"""How a job ends: its pages, the status and comment on GitHub, and what the runner is told."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gatebot.cli.github import GitHub, warn
from gatebot.cli.show import leave_pages, show
from gatebot.core.redact import redacted
from gatebot.core.report import Report
from gatebot.errors import ExitCode, GateError
from gatebot.github import outputs
from gatebot.github.comment import Found
from gatebot.github.publish import Published, Texts, publish
from gatebot.run.output import REPORT_FILE

FINAL = (ExitCode.PASS, ExitCode.BLOCKED, ExitCode.REVIEW, ExitCode.UNDECIDED)


@contextmanager
def summarised(environ: Mapping[str, str]) -> Iterator[None]:
    """What ends the block stands in the job's summary and outputs, for there is no report that could say it."""
    try:
        yield
    except GateError as error:
        from gatebot.render.gfm import fence

        outputs.write_summary(environ, f"## gatebot: could not judge\n\n{fence(redacted(str(error)).splitlines())}\n")
        outputs.write_outputs(environ, {"verdict": "error"})
        raise


def leave_and_show(report: Report, arguments: argparse.Namespace) -> Texts:
    """Leave the pages, print the verdict, and return what GitHub shall show."""
    leave_pages(report, arguments.out)
    with outputs.commands_stopped(sys.stdout):
        show(report, arguments.out, as_json=getattr(arguments, "json", False))
    return texts_of(report)


def say(
    report: Report,
    texts: Texts,
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    github: GitHub,
    *,
    comments: Sequence[Found] | None = None,
) -> int:
    """Publish a verdict, tell the runner, and return the job's exit code."""
    done = publish(report, texts, github.target, github.api, comments)
    tell_runner(environ, report, arguments.out, done)
    return exit_code(report, done, keep=getattr(arguments, "exit", "status") == "verdict")


def texts_of(report: Report) -> Texts:
    """The report in the words that GitHub shows."""
    from gatebot.render import markdown, sentences

    return Texts(sentences.headline(report), markdown.section(report), markdown.summary(report))


def tell_runner(environ: Mapping[str, str], report: Report, out: Path, done: Published) -> None:
    """Outputs, summary and warnings of this step."""
    from gatebot.render import markdown

    outputs.write_summary(environ, markdown.summary(report))
    outputs.write_outputs(
        environ,
        {
            "verdict": report.verdict,
            "priority": report.priority or "",
            "report": _seen_from_outside(environ, out / REPORT_FILE),
            "comment-url": done.comment_url,
            "baseline-sha": report.base.sha or "",
        },
    )
    for warning in done.warnings:
        warn(warning)


def _seen_from_outside(environ: Mapping[str, str], path: Path) -> str:
    """A path relative to the job's own folder, which later steps know by another name than a container does."""
    temp = environ.get("RUNNER_TEMP")
    return str(path.relative_to(temp) if temp and path.is_relative_to(temp) else path)


def exit_code(report: Report, done: Published, *, keep: bool) -> int:
    """Once the status is written it is the gate, and the job ends well, so that an approval can turn it green.

    A newer run's status is as good as ours.
    """
    code = ExitCode(report.exit_code)
    if keep or code not in FINAL or not (done.status_written or done.superseded):
        return code
    return ExitCode.PASS
