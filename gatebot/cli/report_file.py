"""The report.json that a command reads: as it is named, or where a run of this place has left it."""

import argparse
import os
from pathlib import Path


def add_report_argument(parser: argparse.ArgumentParser) -> None:
    """Declare it."""
    usual = ".gatebot/report.json; in a workflow job $RUNNER_TEMP/gatebot/report.json"
    parser.add_argument("report", type=Path, nargs="?", metavar="REPORT", help=f"({usual})")


def report_path(given: Path | None) -> Path:
    """Where it lies.

    Raises:
        MachineError: no folder of a workflow job's own is here.
    """
    from gatebot.repository.own_folder import usual
    from gatebot.run.output import REPORT_FILE

    return usual(os.environ) / REPORT_FILE if given is None else given
