"""The eval rows and their labels are base's.

Why: Whoever edits the exam decides the grade. Both sides are compared on the rows that both have, with base's labels.
Fix: Change eval rows in a pull request of their own, where nothing else can move the metrics.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Finding, Level
from gatebot.evidence.column import Hashes
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


class IdentityOptions(Options):
    """Settings of this check."""

    review_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of relabelled, edited and removed rows together from which somebody must look",
    )


def needs(_effort: Effort) -> tuple[Need, ...]:
    """Both sides' eval rows."""
    return (Profile(Side.HEAD), Profile(Side.BASE))


def run(comparison: Comparison, options: IdentityOptions) -> Iterator[Finding]:
    """One finding for each way in which the eval rows differ. None of them ever blocks by itself."""
    base = comparison.profile(Side.BASE)
    if base is None:
        return
    changes, rows = comparison.eval_changes, len(base.eval_rows)
    touched = len(changes.relabelled) + len(changes.edited) + len(changes.removed)
    action = Action.REVIEW if touched > options.review_share * rows else Action.WARN
    for subject, ids, says in (
        ("relabelled", changes.relabelled, "{rows} of {all} eval rows have another label; base's labels are used"),
        ("edited", changes.edited, "{rows} of {all} eval rows have other features; they are left out"),
        ("removed", changes.removed, "{rows} of {all} eval rows are gone; the others are compared"),
    ):
        if len(ids):
            yield Finding(subject, says, _facts(ids, rows), action=action)
    if len(changes.added):
        says = "{rows} eval rows are new; they are not compared until base has them"
        yield Finding("added", says, _facts(changes.added, rows), likelihood=Level.LOW, action=Action.NOTE)


def _facts(ids: Hashes, rows: int) -> dict[str, int | tuple[str, ...]]:
    return {"rows": len(ids), "all": rows, "ids": tuple(f"{row:016x}" for row in ids[:20].tolist())}


CHECK = Check(
    "data.eval_identity",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=IdentityOptions,
    relative=True,
)
