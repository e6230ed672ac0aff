"""No metric is worse than base by more than its margin.

Why: This is the question that the gate is for. Noise of rows and seeds is in the interval, so noise never decides.
Fix: Look at the rows that changed; if the loss is meant, ask for a waiver with a ceiling and an end.
"""

from collections.abc import Iterator
from dataclasses import replace

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import change, change_of
from gatebot.checks.row_views import View, Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Bound, Level, Measure
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.tasks.task import Declared, Margin


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows, and what the user's own metrics say of head's."""
    return (*effort.compared(), *effort.scores(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """What they say of base's: it has no value of a metric that is new."""
    return effort.scores(Side.BASE)


def run(comparison: Comparison, _options: Options) -> Iterator[Measure]:
    """Every declared metric on its rows; and, softly, what the task measures of each class."""
    views = Views(comparison)
    for declared in comparison.declared:
        for view in views.of(declared.slice):
            yield from _held(view, declared)
    yield from _per_class(views.whole)


def _held(view: View, declared: Declared) -> Iterator[Measure]:
    if declared.improve_by is not None:
        gain = change_of(view, declared, declared.improve_by)
        if gain is not None:
            yield replace(gain, declared=True, bound=Bound.GAIN)
        return
    measure = change_of(view, declared, declared.margin)
    if measure is not None:
        yield replace(measure, declared=True)
        tighter = None if declared.warn is None else change_of(view, declared, declared.warn)
        if tighter is not None:
            yield replace(tighter, metric=f"{tighter.metric} (warn)", warns_only=True)


def _per_class(whole: View) -> Iterator[Measure]:
    """Of the classes that the truth holds; what is declared of all rows is not measured twice.

    No class is held more tightly than the whole: its margin is the widest that is declared in points, if any is wider.
    """
    runs, every = whole.comparison.runs(), whole.comparison.declared
    known = {declared.name for declared in every if declared.slice is None}
    widest = max((declared.margin.size for declared in every if not declared.margin.relative), default=0.0)
    for name, metric in whole.comparison.task.per_class(runs[0].head).items() if runs else ():
        if name not in known:
            margin = metric.default_margin
            measure = change(whole, metric, margin if margin.relative else Margin(max(margin.size, widest)))
            if measure is not None:
                yield measure


CHECK = Check("model.regression", Level.HIGH, Level.HIGH, run, __doc__, needs=needs, wishes=wishes, relative=True)
