"""Training takes about as long as on base.

Why: A training that doubles its time doubles every bill and every wait after it.
Fix: Profile the training; if the cost is meant, waive it with a ceiling.
"""

from collections.abc import Iterator
from statistics import median

from pydantic import Field

from gatebot.checks.check import Check
from gatebot.checks.growth import Differences, GrowthOptions, grade, graded
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Training

FEWEST_RUNS = 2


class CostOptions(GrowthOptions):
    """Settings of this check."""

    least_s: float = Field(
        default=2.0, ge=0, description="differences up to so many seconds of processor time are never told"
    )
    block_s: float = Field(
        default=30.0, ge=0, description="difference in seconds of processor time from which it is P1, at `block_ratio`"
    )


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' trainings."""
    return (*effort.fits(Side.HEAD), *effort.fits(Side.BASE))


def run(comparison: Comparison, options: CostOptions) -> Iterator[Finding]:
    """A finding when the median run is dearer, and every run than each of base's; within one class of machine only."""
    base = comparison.base
    if base is None or base.about.runner != comparison.head.about.runner:
        return
    old, new = (sorted(_seconds(comparison, side)) for side in (Side.BASE, Side.HEAD))
    if min(len(old), len(new)) < FEWEST_RUNS:
        return
    before, after = median(old), median(new)
    every = new[0] > old[-1]  # single slow runs happen on a shared machine; a dearer training is dearer every time
    worth = grade(before, after, options, Differences(options.least_s, options.block_s))
    if every and worth:
        facts = {"base": before, "head": after, "ratio": after / before}
        says = "training takes {ratio} times base's processor time: {base} s → {head} s"
        yield graded(Finding("cpu", says, facts, size=after), worth)


def _seconds(comparison: Comparison, side: Side) -> Iterator[float]:
    snapshot = comparison.side(side)
    for fit in comparison.effort.fits(side):
        training = None if snapshot is None else snapshot.get(fit, Training)
        if training is not None and training.effects.ended is Ending.OK:
            yield training.effects.cpu_seconds


CHECK = Check(
    "infra.train_cost", Level.MEDIUM, Level.MEDIUM, run, __doc__, needs=needs, options=CostOptions, relative=True
)
