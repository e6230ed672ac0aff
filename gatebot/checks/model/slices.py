"""No declared slice is worse than base by more than its margin.

Why: An average hides the group that pays for it.
Fix: Look at the rows of the slice; more data or a weight for them is the usual cure.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.measuring import change, parts_of
from gatebot.comparison import Comparison
from gatebot.finding import Level, Measure
from gatebot.needs import Effort, Need
from gatebot.tasks.task import Margin


class SliceOptions(Options):
    """Settings of this check."""

    margin_factor: float = Field(
        default=2.0, gt=0, description="a slice's margin is the metric's own times this: it has fewer rows"
    )


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def run(comparison: Comparison, options: SliceOptions) -> Iterator[Measure]:
    """Every declared metric on every value of the columns in `data.slices` and `data.protected`."""
    for declared in comparison.declared:
        if declared.metric is None or declared.slice is not None:
            continue
        margin = Margin(declared.margin.size * options.margin_factor, declared.margin.relative)
        for column in dict.fromkeys((*comparison.slices, *comparison.protected)):
            for part in parts_of(comparison, column):
                measure = change(comparison, declared.metric, margin, part)
                if measure is not None:
                    yield measure


CHECK = Check("model.slices", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, options=SliceOptions, relative=True)
