"""The report.json that a command reads: a given path, or where runs write it."""

import argparse
import os
from pathlib import Path


def add_report_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument for the report."""
    usual = ".gatebot/report.json; in a workflow job $RUNNER_TEMP/gatebot/report.json"
    parser.add_argument("report", type=Path, nargs="?", metavar="REPORT", help=f"({usual})")


def report_path(given: Path | None) -> Path:
    """Return the path of the report.

    Raises:
        MachineError: the workflow job's own folder is missing.
    """
    from gatebot.repository.own_folder import usual
    from gatebot.run.output import REPORT_FILE

    return usual(os.environ) / REPORT_FILE if given is None else given
