"""Training takes about as long as on base.

Why: A training that doubles its time doubles every bill and every wait after it.
Fix: Profile the training; if the cost is meant, waive it with a ceiling.
"""

from collections.abc import Iterator
from statistics import median

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Training

FEWEST_RUNS = 2


class CostOptions(Options):
    """Settings of this check."""

    ratio: float = Field(default=1.5, gt=1, description="processor seconds of head over base from which it is told")
    least_s: float = Field(default=2.0, ge=0, description="differences below so many seconds are never told")


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
    if every and after > options.ratio * before and after - before > options.least_s:
        facts = {"base": before, "head": after, "ratio": after / before}
        yield Finding("cpu", "training takes {ratio} times base's processor time: {base} s → {head} s", facts)


def _seconds(comparison: Comparison, side: Side) -> Iterator[float]:
    snapshot = comparison.side(side)
    for fit in comparison.effort.fits(side):
        training = None if snapshot is None else snapshot.get(fit, Training)
        if training is not None and training.effects.ended is Ending.OK:
            yield training.effects.cpu_seconds


CHECK = Check("infra.train_cost", Level.LOW, Level.HIGH, run, __doc__, needs=needs, options=CostOptions, relative=True)
