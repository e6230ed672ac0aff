"""How often each check has found something on main: it travels from baseline to baseline, and raises likelihoods."""

from collections.abc import Mapping

from gatebot.case import CheckRecord
from gatebot.report import Report
from gatebot.snapshot.snapshot import About

MOST_RUNS = 50
"""Older runs fade: at this many, a new run replaces an average one."""


def records(about: About | None) -> Mapping[str, CheckRecord]:
    """By check id, what the runs up to this Snapshot have found."""
    if about is None:
        return {}
    return {check: CheckRecord(runs=runs, found=min(found, runs)) for check, (runs, found) in about.history.items()}


def grown(previous: About | None, report: Report) -> dict[str, tuple[int, int]]:
    """The history with one more run of main. Checks that did not run keep their record."""
    known = {} if previous is None else previous.history
    skipped = {each.check for each in report.skipped} | {each.check for each in report.crashed}
    found = {finding.check for finding in report.findings}
    ran = ({*report.clean} | found | {measure.check for measure in report.measures}) - skipped
    grown = dict(known)
    for check in sorted(ran):
        runs, hits = known.get(check, (0, 0))
        if runs >= MOST_RUNS:
            hits = round(hits * (MOST_RUNS - 1) / runs)
            runs = MOST_RUNS - 1
        grown[check] = (runs + 1, hits + (check in found))
    return grown
