"""Ends a job: writes pages, publishes status and comment, and sets the runner's outputs."""

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
    """Write an error that ends the block to the job's summary and outputs, because there is no report of it."""
    try:
        yield
    except GateError as error:
        from gatebot.render.gfm import fence

        outputs.write_summary(environ, f"## gatebot: could not judge\n\n{fence(redacted(str(error)).splitlines())}\n")
        outputs.write_outputs(environ, {"verdict": "error"})
        raise


def leave_and_show(report: Report, arguments: argparse.Namespace) -> Texts:
    """Write the pages, print the verdict, and return the texts for GitHub."""
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
    """Publish a verdict, set the runner's outputs, and return the job's exit code."""
    done = publish(report, texts, github.target, github.api, comments)
    tell_runner(environ, report, arguments.out, done)
    return exit_code(report, done, keep=getattr(arguments, "exit", "status") == "verdict")


def texts_of(report: Report) -> Texts:
    """Return the report as the texts that GitHub displays."""
    from gatebot.render import markdown, sentences

    return Texts(sentences.headline(report), markdown.section(report), markdown.summary(report))


def tell_runner(environ: Mapping[str, str], report: Report, out: Path, done: Published) -> None:
    """Write the outputs, summary and warnings of this step."""
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
    """Return a path relative to the job's own folder, whose absolute path is different inside a container."""
    temp = environ.get("RUNNER_TEMP")
    return str(path.relative_to(temp) if temp and path.is_relative_to(temp) else path)


def exit_code(report: Report, done: Published, *, keep: bool) -> int:
    """Return the exit code of the job.

    If the status was written, it is the gate, and the job ends with 0 so that an approval can turn the check green. The
    status of a newer run counts as well.
    """
    code = ExitCode(report.exit_code)
    if keep or code not in FINAL or not (done.status_written or done.superseded):
        return code
    return ExitCode.PASS
