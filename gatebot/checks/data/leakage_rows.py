"""No row, id or group stands on both sides of train and eval.

Why: A model that has seen the exam looks better than it is, and no metric can tell.
Fix: Remove the rows from one side; where rows of one person or device belong together, name it in `data.group`.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


class LeakageOptions(Options):
    """Settings of this check."""

    rows: int = Field(default=0, ge=0, description="how many equal rows on both sides are tolerated")


def needs(_effort: Effort) -> tuple[Need, ...]:
    """What stands on both sides of head's split."""
    return (Profile(Side.HEAD),)


def wishes(_effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE),)


def run(comparison: Comparison, options: LeakageOptions) -> Iterator[Finding]:
    """One finding for each kind of overlap."""
    profile = comparison.profile(Side.HEAD)
    if profile is None:
        return
    overlap = profile.overlap
    for subject, count, says in (
        ("ids", overlap.ids, "{count} ids stand in the training data and in the eval data"),
        ("rows", overlap.contents, "{count} eval rows stand in the training data with the same content"),
        ("groups", overlap.groups, "{count} groups stand on both sides of the split"),
    ):
        if count > (options.rows if subject == "rows" else 0):
            size = count / max(len(profile.eval_rows), 1)
            yield Finding(subject, says, {"count": count, "ids": overlap.examples}, size=size)


CHECK = Check(
    "data.leakage_rows", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes, options=LeakageOptions
)
