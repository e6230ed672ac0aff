"""`gatebot publish`: says a stored verdict on GitHub, or ends what a job that died has left pending."""

import argparse
import os
from pathlib import Path

from gatebot.cli.report_file import add_report_argument, report_path

EPILOG = """\
examples:
  gatebot publish .gatebot/report.json   status, comment and check run of this job's pull request
  gatebot publish --finish               for a last step with `if: always()`: nothing stays pending
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    add_report_argument(parser)
    parser.add_argument("--finish", action="store_true", help="turn this run's pending status into an error")
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--project", help="the project's name, for monorepos")


def run(arguments: argparse.Namespace) -> int:
    """Publish from inside a workflow job."""
    from gatebot.cli.job import finish_job, publish_stored

    arguments.report = report_path(arguments.report)
    return (finish_job if arguments.finish else publish_stored)(arguments, os.environ)
