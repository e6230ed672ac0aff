"""The model is about as large as on base.

Why: A model that grows silently stops fitting where it is served, and is slower to ship and to load.
Fix: Look at what is saved with the model: training data, optimiser state, larger trees. If it is meant, waive it.
"""

from collections.abc import Iterator
from statistics import median

from pydantic import Field

from gatebot.checks.check import Check
from gatebot.checks.growth import Differences, GrowthOptions, grade, graded
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Training

MB = 1_000_000


class SizeOptions(GrowthOptions):
    """Settings of this check."""

    least_bytes: int = Field(default=100_000, ge=0, description="differences up to so many bytes are never told")
    block_mb: float = Field(default=10.0, ge=0, description="difference in MB from which it is P1, at `block_ratio`")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' trainings."""
    return (*effort.fits(Side.HEAD), *effort.fits(Side.BASE))


def run(comparison: Comparison, options: SizeOptions) -> Iterator[Finding]:
    """A finding when the median model is larger: a note, a warning, or P1."""
    old, new = (list(_sizes(comparison, side)) for side in (Side.BASE, Side.HEAD))
    if not old or not new:
        return
    before, after = median(old), median(new)
    worth = grade(before, after, options, Differences(options.least_bytes, MB * options.block_mb))
    if worth:
        facts = {"base_mb": before / MB, "head_mb": after / MB, "ratio": after / before}
        says = "the model is {ratio} times base's size: {base_mb} MB → {head_mb} MB"
        yield graded(Finding("size", says, facts, size=after), worth)


def _sizes(comparison: Comparison, side: Side) -> Iterator[int]:
    snapshot = comparison.side(side)
    for fit in comparison.effort.fits(side):
        training = None if snapshot is None else snapshot.get(fit, Training)
        if training is not None and training.artifact_bytes is not None:
            yield training.artifact_bytes


CHECK = Check(
    "infra.artifact_size", Level.MEDIUM, Level.MEDIUM, run, __doc__, needs=needs, options=SizeOptions, relative=True
)
