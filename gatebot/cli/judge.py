"""`gatebot judge`: Snapshots in, report.json out. Runs no user code and needs nothing but files."""

import argparse
import os
from pathlib import Path

from gatebot.cli.run import add_out_argument

EPILOG = """\
examples:
  gatebot judge --base .gatebot/base --head .gatebot/head --out verdict
  gatebot judge        in a workflow job after a fork's run: its evidence, judged from the base branch's checkout
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EPILOG
    parser.add_argument("--head", type=Path, metavar="DIR", help="head's evidence, as run left it")
    parser.add_argument("--base", type=Path, metavar="DIR", help="base's evidence; none where there was no base")
    parser.add_argument("--config", type=Path, help="Rules to judge by, instead of those stored with the evidence")
    parser.add_argument("--project", help="the project's name, for monorepos")
    add_out_argument(parser, "where report.json goes")
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Judge stored evidence."""
    from gatebot.repository.own_folder import chosen

    arguments.out = chosen(arguments.out, os.environ)
    if arguments.head is None:
        return _judge_another_run(arguments)
    from gatebot.cli.show import leave_pages, show
    from gatebot.decide.judge import judge
    from gatebot.run.output import REPORT_FILE, report_json, stored_case, without_secrets, write_text

    case = stored_case(arguments.head, arguments.base)
    if arguments.config is not None:
        from gatebot.config.load import load

        case = case.by_rules(load(arguments.config).rules)
    report = without_secrets(judge(case))
    write_text(report_json(report), arguments.out / REPORT_FILE)
    leave_pages(report, arguments.out)
    show(report, arguments.out, as_json=arguments.json)
    return report.exit_code


def _judge_another_run(arguments: argparse.Namespace) -> int:
    """Judge the evidence of the run behind this job's event. Another job publishes the result."""
    from gatebot.errors import UsageError
    from gatebot.github.outputs import in_actions

    if not in_actions(os.environ):
        raise UsageError("--head is missing", "Give the folder that `gatebot run` left as head: .gatebot/head.")
    from gatebot.cli.rejudge import judge_again
    from gatebot.github import event as events

    arguments.config = arguments.config or Path("gatebot.yml")
    return judge_again(arguments, os.environ, events.read(os.environ), publishes=False)
