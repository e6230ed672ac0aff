"""`gatebot doctor`: what this machine and this repository can and cannot do, before anything is trained."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatebot.cli.doctor_checks import Line

EPILOG = """\
exit codes:
  0 a run can work here   2 gatebot.yml or the data is wrong   5 this machine cannot do it
"""
MARKS = {"ok": "ok", "note": "--", "bad": "!!"}
COLOURS = {"ok": "\033[32m", "note": "\033[33m", "bad": "\033[31m"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, default=Path("gatebot.yml"), help="the configuration (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run all checks of the environment, and print the results."""
    from gatebot.cli.doctor_checks import doctor_checks

    lines = list(doctor_checks(arguments.config, os.environ))
    if arguments.json:
        print(json.dumps([asdict(line) for line in lines], indent=1, ensure_ascii=False))
    else:
        _print(lines)
    bad = [line.code for line in lines if line.state == "bad"]
    return max(bad, default=0)


def _print(lines: list["Line"]) -> None:
    from gatebot.cli.console import colourful, printable

    colour = colourful(sys.stdout)
    width = max(len(line.subject) for line in lines)
    for line in lines:
        mark = f"{COLOURS[line.state]}{MARKS[line.state]}\033[0m" if colour else MARKS[line.state]
        first, *rest = printable(line.says).splitlines() or [""]
        print(f"{mark}  {line.subject:<{width}}  {first}")
        for more in (*rest, *([f"-> {printable(line.hint)}"] if line.hint and line.state != "ok" else [])):
            print(f"    {'':<{width}}  {more}")
    able = not any(line.state == "bad" for line in lines)
    print(f"\n{'a run can work here' if able else 'a run cannot work here yet'}")
