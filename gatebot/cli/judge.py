"""`gatebot judge`: Snapshots in, report.json out. Runs no user code and needs nothing but files."""

import argparse
from pathlib import Path

EPILOG = """\
example:
  gatebot judge --base .gatebot/base --head .gatebot/head --out verdict
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--head", type=Path, required=True, metavar="DIR", help="head's evidence, as run left it")
    parser.add_argument("--base", type=Path, metavar="DIR", help="base's evidence; none where there was no base")
    parser.add_argument("--config", type=Path, help="Rules to judge by, instead of those stored with the evidence")
    parser.add_argument("--out", type=Path, default=Path(".gatebot"), help="where report.json goes (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Judge stored evidence."""
    from gatebot.cli.show import leave_pages, show
    from gatebot.run import REPORT_FILE, report_json, stored_case, write_text
    from gatebot.verdict.judge import judge

    case = stored_case(arguments.head, arguments.base)
    if arguments.config is not None:
        from gatebot.config.load import load

        case = case.by_rules(load(arguments.config).rules)
    report = judge(case)
    write_text(report_json(report), arguments.out / REPORT_FILE)
    leave_pages(report, arguments.out)
    show(report, arguments.out, as_json=arguments.json)
    return report.exit_code
