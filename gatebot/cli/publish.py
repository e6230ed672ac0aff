"""`gatebot publish`: says a stored verdict on GitHub, or ends what a job that died has left pending."""

import argparse
import os
from pathlib import Path

EPILOG = """\
examples:
  gatebot publish .gatebot/report.json   status, comment and check run of this job's pull request
  gatebot publish --finish               for a last step with `if: always()`: nothing stays pending
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("report", type=Path, nargs="?", default=Path(".gatebot/report.json"), help="(%(default)s)")
    parser.add_argument("--finish", action="store_true", help="turn this run's pending status into an error")
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--project", help="the project's name, for monorepos")


def run(arguments: argparse.Namespace) -> int:
    """Publish from inside a workflow job."""
    from gatebot.cli.job import finish_job, publish_stored

    return (finish_job if arguments.finish else publish_stored)(arguments, os.environ)
