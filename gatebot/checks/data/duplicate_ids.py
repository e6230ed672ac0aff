"""No two rows share an id.

Why: Rows are matched by their id. Of rows that share one, only the first is predicted and scored, so the others are
judged by nobody.
Fix: Give every row an id of its own, remove the copies, or name in `data.id` the column that tells rows apart.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


def needs(_effort: Effort) -> tuple[Need, ...]:
    """Head's ids."""
    return (Profile(Side.HEAD),)


def wishes(_effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE),)


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for all ids that occur more than once. Ids are told as keyed hashes only."""
    profile = comparison.profile(Side.HEAD)
    if profile is None or not profile.duplicate_ids:
        return
    facts: dict[str, Fact] = {"rows": profile.duplicate_ids, "count": profile.repeated_ids}
    facts["ids"] = profile.repeated_examples
    first = profile.repeated_examples[:1]
    says = "{rows} rows share {count} ids; of each id only the first row is predicted and scored"
    if profile.repeated_ids == 1:
        says = "{rows} rows share one id; only the first of them is predicted and scored"
    if first:
        facts["id"] = first[0]
        says += " (hashed id {id})" if profile.repeated_ids == 1 else " (most rows share the hashed id {id})"
    yield Finding("ids", says, facts, size=profile.duplicate_ids / max(profile.rows, 1))


CHECK = Check("data.duplicate_ids", Level.MEDIUM, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
"""Of medium impact: a copy of a row is harmless; rows that are not copies are left out, and none trains the model that
predicts its id."""
