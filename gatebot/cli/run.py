"""`gatebot run`: collect, judge, render and, in Actions, publish."""

import argparse
import os
from pathlib import Path

EPILOG = """\
examples:
  gatebot run                       the work tree against the main branch
  gatebot run --base HEAD~1         against the commit before
  gatebot run --base .gatebot/base  against a Snapshot in a folder
  gatebot run --as-baseline         keep this commit's evidence as main's
  gatebot run --plan                show the trainings and their cost; train nothing
"""


def add_out_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare the output folder. None means the default, which is outside of the checkout in a workflow job."""
    usual = ".gatebot; in a workflow job $RUNNER_TEMP/gatebot"
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"{what} ({usual})")


def add_place_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options for what is gated and for the output."""
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--base", metavar="DIR|REF", help="a Snapshot's folder or a git reference (the main branch)")
    add_out_argument(parser, "where everything is left")
    parser.add_argument("--as-baseline", action="store_true", help="keep this commit's evidence as main's")
    parser.add_argument(
        "--isolation",
        choices=("none", "partial", "full"),
        default="none",
        help="the least isolation that is accepted on this machine; in Actions gatebot.yml says it (%(default)s)",
    )
    parser.add_argument("--project", help="the project's name, for monorepos")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    add_place_arguments(parser)
    parser.add_argument("--plan", action="store_true", help="show what would be trained, and stop")
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")
    parser.add_argument(
        "--exit",
        choices=("status", "verdict"),
        default="status",
        help="in Actions: `status` ends with 0 once the status is written, `verdict` keeps the verdict's code",
    )


def run(arguments: argparse.Namespace) -> int:
    """Gate the working tree, or the job's event."""
    from gatebot.github.outputs import in_actions

    if in_actions(os.environ) and not arguments.plan:
        from gatebot.cli.job import run_job

        return run_job(arguments, os.environ)
    return _run_here(arguments)


def _run_here(arguments: argparse.Namespace) -> int:
    from gatebot.cli.clean import tell_size
    from gatebot.cli.context import job_context
    from gatebot.cli.show import leave_pages, show, show_plan
    from gatebot.repository.own_folder import chosen
    from gatebot.run import whole_run

    arguments.quiet = arguments.quiet or arguments.json or arguments.plan
    arguments.out = chosen(arguments.out, os.environ)
    with job_context(arguments) as (run_context, places, stores, progress):
        if arguments.plan:
            show_plan(whole_run.planned(run_context, places, stores, progress), as_json=arguments.json)
            return 0
        gated = whole_run.run(run_context, places, stores, progress)
    leave_pages(gated.report, arguments.out)
    show(gated.report, arguments.out, as_json=arguments.json)
    if not arguments.quiet:
        tell_size(places.cache)
    return gated.report.exit_code
