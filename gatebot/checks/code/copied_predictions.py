"""The predictions are made by the model, and do not stand in a file already.

Why: Predictions that are copied from a committed file say nothing about the model that would be merged.
Fix: Let `predict` ask the model. A file of expected predictions belongs to the tests, where no run reads it.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.delivered import delivered
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level, Location
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


def needs(effort: Effort) -> tuple[Need, ...]:
    """What came back, and the rows that were asked for."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """One finding for each file that holds the predictions of a run."""
    seen: set[str] = set()
    for predictions, _ in delivered(comparison):
        copied = predictions.copied
        if copied is not None and copied.path not in seen:
            seen.add(copied.path)
            yield Finding(
                copied.path,
                "{equal} of {rows} predictions stand already in {path}",
                {"equal": copied.equal, "rows": copied.rows, "path": copied.path},
                where=(Location(copied.path),),
            )


CHECK = Check("code.copied_predictions", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
