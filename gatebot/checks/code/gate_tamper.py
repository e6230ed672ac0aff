"""The pull request does not change the gate that judges it.

Why: Whoever can loosen a margin, add a waiver or edit the workflow in the same pull request can pass anything.
Fix: This pull request is judged by the base branch's copies, so nothing is lost: let somebody else look at the change.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Finding, Level, Location


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for each file of the gate that is touched."""
    for path in comparison.rule_paths:
        yield Finding(
            path,
            "{path} belongs to the gate; this pull request is judged by the base branch's copy,"
            " and the change takes effect after the merge",
            {"path": path},
            action=Action.REVIEW,
            where=(Location(path),),
        )


CHECK = Check("code.gate_tamper", Level.HIGH, Level.MEDIUM, run, __doc__)
