"""The model is about as large as on base.

Why: A model that grows silently stops fitting where it is served, and is slower to ship and to load.
Fix: Look at what is saved with the model: training data, optimiser state, larger trees. If it is meant, waive it.
"""

from collections.abc import Iterator
from statistics import median

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Training


class SizeOptions(Options):
    """Settings of this check."""

    ratio: float = Field(default=1.5, gt=1, description="size of head over base from which it is told")
    least_bytes: int = Field(default=100_000, ge=0, description="differences below so many bytes are never told")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' trainings."""
    return (*effort.fits(Side.HEAD), *effort.fits(Side.BASE))


def run(comparison: Comparison, options: SizeOptions) -> Iterator[Finding]:
    """A finding when the median model is larger."""
    old, new = (list(_sizes(comparison, side)) for side in (Side.BASE, Side.HEAD))
    if not old or not new:
        return
    before, after = median(old), median(new)
    if before > 0 and after > options.ratio * before and after - before > options.least_bytes:
        facts = {"base_mb": before / 1e6, "head_mb": after / 1e6, "ratio": after / before}
        yield Finding("size", "the model is {ratio} times base's size: {base_mb} MB → {head_mb} MB", facts)


def _sizes(comparison: Comparison, side: Side) -> Iterator[int]:
    snapshot = comparison.side(side)
    for fit in comparison.effort.fits(side):
        training = None if snapshot is None else snapshot.get(fit, Training)
        if training is not None and training.artifact_bytes is not None:
            yield training.artifact_bytes


CHECK = Check(
    "infra.artifact_size", Level.LOW, Level.HIGH, run, __doc__, needs=needs, options=SizeOptions, relative=True
)
