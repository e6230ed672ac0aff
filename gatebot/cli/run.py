"""`gatebot run`: collect, judge, render and, in Actions, publish."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

EPILOG = """\
examples:
  gatebot run                       the work tree against the main branch
  gatebot run --base HEAD~1         against the commit before
  gatebot run --base .gatebot/base  against a Snapshot in a folder
  gatebot run --as-baseline         keep this commit's evidence as main's
  gatebot run --plan                show the trainings and their cost; train nothing
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument(
        "--base", metavar="DIR|REF", help="a folder with a Snapshot, or a git reference (the main branch)"
    )
    parser.add_argument("--out", type=Path, default=Path(".gatebot"), help="where everything is left (%(default)s)")
    parser.add_argument("--as-baseline", action="store_true", help="keep this commit's evidence as main's")
    parser.add_argument("--plan", action="store_true", help="show what would be trained, and stop")
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")
    parser.add_argument("--project", help="the project's name, for monorepos")
    parser.add_argument(
        "--exit",
        choices=("status", "verdict"),
        default="status",
        help="in Actions: `status` ends with 0 once the status is written, `verdict` keeps the verdict's code",
    )
    parser.add_argument(
        "--isolation",
        choices=("none", "partial", "full"),
        default="none",
        help="the least isolation that is accepted on this machine; in Actions gatebot.yml says it (%(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    """Gate the work tree, or the job's event."""
    from gatebot.github.outputs import in_actions

    if in_actions(os.environ) and not arguments.plan:
        from gatebot.cli.job import run_job

        return run_job(arguments, os.environ)
    return _run_here(arguments)


def _run_here(arguments: argparse.Namespace) -> int:
    from gatebot import run as whole
    from gatebot.cli.progress import progress_for
    from gatebot.cli.show import leave_pages, show, show_plan
    from gatebot.occasion.local import local

    now = datetime.now(UTC)
    given = Path(arguments.base) if arguments.base and Path(arguments.base, "snapshot").is_dir() else None
    reference = None if given else arguments.base
    occasion = local(arguments.config, reference, now, as_baseline=arguments.as_baseline, isolation=arguments.isolation)
    places = whole.Places(out=arguments.out, cache=occasion.root / ".gatebot", given_base=given)
    if arguments.plan:
        with progress_for(quiet=True) as progress:
            show_plan(whole.planned(occasion, places, (), progress))
        return 0
    with progress_for(quiet=arguments.quiet or arguments.json) as progress:
        gated = whole.run(occasion, places, (), progress)
    leave_pages(gated.report, arguments.out)
    show(gated.report, arguments.out, as_json=arguments.json)
    return gated.report.exit_code
