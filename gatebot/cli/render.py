"""`gatebot render`: a report.json as text for people and tools."""

import argparse
import sys

from gatebot.cli.report_file import add_report_argument, report_path

FORMATS = ("terminal", "markdown", "summary", "html", "sarif", "junit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = "examples:\n  gatebot render\n  gatebot render --format html > report.html\n"
    add_report_argument(parser)
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="(%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Print the report in one format."""
    from gatebot.run.output import stored_report

    arguments.report = report_path(arguments.report)
    report = stored_report(arguments.report)
    if arguments.format == "terminal":
        from gatebot.cli.show import show

        show(report, arguments.report.parent)
        return 0
    from gatebot.render import html, junit, markdown, sarif

    texts = {
        "markdown": markdown.section,
        "summary": markdown.summary,
        "html": html.page,
        "sarif": sarif.document,
        "junit": junit.xml,
    }
    sys.stdout.write(texts[arguments.format](report).rstrip("\n") + "\n")
    return 0
