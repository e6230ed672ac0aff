"""Predictions are finite, and probabilities are probabilities.

Why: A NaN compares as neither better nor worse, so a model that answers NaN slips through every threshold.
Fix: Look for divisions by zero and missing features in `predict`; return probabilities that sum to 1.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.delivered import delivered, finding_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


def needs(effort: Effort) -> tuple[Need, ...]:
    """What came back."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """The first problem of each kind."""
    seen: set[str] = set()
    for predictions, _asked in delivered(comparison):
        for problem in comparison.task.range_problems(predictions):
            if problem.code not in seen:
                seen.add(problem.code)
                yield finding_of(problem, predictions)


CHECK = Check("code.output_range", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
