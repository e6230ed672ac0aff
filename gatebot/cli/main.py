"""The `gatebot` command: finds the subcommand, and turns every outcome into an exit code and one clear message."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, Protocol

from gatebot import __version__
from gatebot.errors import ExitCode, GateError

COMMANDS = {
    "init": "look at this repository and write gatebot.yml and the workflow",
    "run": "train, compare, weigh and say whether this may be merged",
    "collect": "only train and predict: leaves a Snapshot (needs no token)",
    "judge": "only decide: Snapshots in, report.json out (runs no user code)",
    "render": "turn a report.json into comment.md, report.html and a terminal table",
    "publish": "post a report.json to GitHub: status, comment, check run (needs a token)",
    "checks": "list the checks, or explain one",
    "power": "say how small a loss the eval rows can see, and what would guard the margins",
    "clean": "empty gatebot's own folder: environments, fetched data, old runs",
    "doctor": "say what this machine and this repository can and cannot do",
}

EPILOG = """\
examples:
  gatebot init                     write a configuration for this repository
  gatebot run                      gate the work tree against the main branch
  gatebot run --base v1.2 --plan   show what would be trained, and what it costs
  gatebot checks model.regression  explain one check

exit codes:
  0 pass   1 blocked   2 usage or configuration   3 review needed   4 undecided, and the policy blocks that
  5 gatebot could not judge   6 status not written   70 bug in gatebot   130 interrupted
"""


class Command(Protocol):
    """The interface of a command's module."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command, and return the exit code."""


def entry() -> NoReturn:
    """Run the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code. Never raises an error that a user could cause."""
    try:
        return _run(argv)
    except GateError as error:
        _say(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # `gatebot checks | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.PASS
    except Exception as error:  # noqa: BLE001  # a bug is reported, never shown as a bare traceback
        return _report_bug(error, argv)


def parser_for(command: str | None) -> argparse.ArgumentParser:
    """Return the parser. Only the module of `command` is imported for its options."""
    parser = argparse.ArgumentParser(
        prog="gatebot",
        description="The merge gate for machine-learning repositories.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gatebot {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, summary in COMMANDS.items():
        sub = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == command:
            sub.formatter_class = argparse.RawDescriptionHelpFormatter
            _module(name).add_arguments(sub)
    return parser


def _run(argv: Sequence[str]) -> int:
    if argv and argv[0] == "action":  # the container's entry point: all other input is in the environment
        from gatebot.cli.action import arguments_from

        argv = arguments_from(os.environ)
    command = next((word for word in argv if not word.startswith("-")), None)
    try:
        arguments = parser_for(command).parse_args(argv)
    except SystemExit as stop:  # argparse has printed: 0 after --help, otherwise a usage error
        return ExitCode.PASS if stop.code in (0, None) else ExitCode.USAGE
    return _module(arguments.command).run(arguments)


def _module(name: str) -> Command:
    module: Command = import_module(f"gatebot.cli.{name}")
    return module


def _say(error: GateError) -> None:
    from gatebot.cli.console import explain

    explain(error)


def _report_bug(error: Exception, argv: Sequence[str]) -> int:
    from gatebot.core.redact import redacted

    lines = [
        "## gatebot has a bug",
        "",
        f"- gatebot {__version__}, Python {sys.version.split()[0]}, {sys.platform}",
        f"- command: `gatebot {' '.join(argv[:1])} …`",
        "",
        "```text",
        redacted("".join(traceback.format_exception(error))).rstrip(),
        "```",
    ]
    try:
        from gatebot.repository.own_folder import chosen

        path = chosen(None, os.environ) / "bug.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        where = f"what is needed to report it is in {path}"
    except (OSError, GateError):
        where = "\n".join(lines)
    print(f"gatebot has a bug: {type(error).__name__}: {redacted(str(error))}\n{where}", file=sys.stderr)
    return ExitCode.BUG
