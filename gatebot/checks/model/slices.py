"""No declared slice is worse than base by more than its margin.

Why: An average hides the group that pays for it.
Fix: Look at the rows of the slice; more data or a weight for them is the usual cure.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import FEWEST_ROWS, change_of
from gatebot.checks.row_views import Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Level, Measure
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.tasks.task import Margin


class SliceOptions(Options):
    """Settings of this check."""

    margin_factor: float = Field(
        default=2.0, gt=0, description="a slice's margin is the metric's own times this: it has fewer rows"
    )
    rows: int = Field(default=FEWEST_ROWS, ge=2, description="slices with fewer rows are shown and decide nothing")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def wishes(effort: Effort) -> tuple[Need, ...]:
    """What the user's own metrics say of them."""
    return (*effort.scores(Side.HEAD), *effort.scores(Side.BASE))


def run(comparison: Comparison, options: SliceOptions) -> Iterator[Measure]:
    """Every declared metric on every value of the columns in `data.slices` and `data.protected`."""
    views = Views(comparison)
    for column in dict.fromkeys((*comparison.slices, *comparison.protected)):
        for view in views.of(column):
            for declared in comparison.declared:
                if declared.slice is None:
                    margin = Margin(declared.margin.size * options.margin_factor, declared.margin.relative)
                    measure = change_of(view, declared, margin, fewest=options.rows)
                    if measure is not None:
                        yield measure


CHECK = Check(
    "model.slices",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=SliceOptions,
    relative=True,
)
