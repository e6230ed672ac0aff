"""Training and predicting take about as much memory as on base, and calls leave nothing behind.

Why: What needs more memory than its machine has is killed; a leak takes days to show, and then in production.
Fix: Look for copies of the data, for larger batches or models, and for lists and caches that grow with each call.
"""

from collections.abc import Iterator
from statistics import median

from pydantic import Field

from gatebot.checks.check import Check
from gatebot.checks.growth import Differences, GrowthOptions, grade, graded
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.operation import Operation, OperationRuns, ProcessRun
from gatebot.evidence.training import Fit, Training

MB = 1_000_000


class MemoryOptions(GrowthOptions):
    """Settings of this check."""

    least_mb: float = Field(
        default=100.0, ge=0, description="differences of peak memory up to so many MB are never told"
    )
    block_mb: float = Field(
        default=500.0, ge=0, description="difference of peak memory in MB from which it is P1, at `block_ratio`"
    )
    growth_mb: float = Field(default=1.0, gt=0, description="MB that each batch may add to what the process holds")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's trainings, and its predictions, measured."""
    return (*effort.fits(Side.HEAD), *((Operation(Fit(Side.HEAD)),) if effort.calls else ()))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to compare with."""
    return (*effort.fits(Side.BASE), *((Operation(Fit(Side.BASE)),) if effort.calls else ()))


def run(comparison: Comparison, options: MemoryOptions) -> Iterator[Finding]:
    """Yield a finding for each peak that is larger than all of base's, and one for memory that grows."""
    base = comparison.base
    if base is not None and base.about.runner == comparison.head.about.runner:
        for name, seen in (("training", _training_peaks), ("predicting", _predicting_peaks)):
            old, new = seen(comparison, Side.BASE), seen(comparison, Side.HEAD)
            if not old or not new or min(new) <= max(old):
                continue
            before, after = median(old), median(new)
            worth = grade(before, after, options, Differences(MB * options.least_mb, MB * options.block_mb))
            if worth:
                facts: dict[str, Fact] = {"base_mb": before / MB, "head_mb": after / MB, "ratio": after / before}
                says = f"{name} takes {{ratio}} times base's memory: {{base_mb}} MB → {{head_mb}} MB"
                yield graded(Finding(f"{name} memory", says, facts, size=after), worth)
    growth = [run.growth_bytes for run in _runs(comparison, Side.HEAD) if run.growth_bytes is not None]
    if growth and min(growth) > options.growth_mb * MB:
        facts = {"mb": min(growth) / MB}
        yield Finding("growth", "each batch leaves {mb} MB in memory", facts, size=min(growth))


def _training_peaks(comparison: Comparison, side: Side) -> list[int]:
    snapshot = comparison.side(side)
    found = [] if snapshot is None else [snapshot.get(fit, Training) for fit in comparison.effort.fits(side)]
    ended = [each.effects for each in found if each is not None and each.effects.ended is Ending.OK]
    return [effects.peak_rss_bytes for effects in ended if effects.peak_rss_bytes]


def _predicting_peaks(comparison: Comparison, side: Side) -> list[int]:
    return [run.peak_rss_bytes for run in _runs(comparison, side) if run.peak_rss_bytes]


def _runs(comparison: Comparison, side: Side) -> tuple[ProcessRun, ...]:
    snapshot = comparison.side(side)
    found = None if snapshot is None else snapshot.get(Operation(Fit(side)), OperationRuns)
    return () if found is None else found.runs


CHECK = Check(
    "infra.memory", Level.MEDIUM, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes, options=MemoryOptions
)
