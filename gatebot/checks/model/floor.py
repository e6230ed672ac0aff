"""Metrics keep to their absolute floors and ceilings.

Why: A model below its floor is of no use, however little worse than the last one it is.
Fix: Improve the model, or move the floor in gatebot.yml in a pull request of its own.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import bound
from gatebot.checks.row_views import Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Level, Measure
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.profile import Profile


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions, and what the user's own metrics say of them; a floor needs no base."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD), *effort.scores(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what was below its floor before."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE), *effort.scores(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Measure]:
    """Every declared floor and ceiling, on each part that it is declared for."""
    views = Views(comparison)
    for declared in comparison.declared:
        for limit, ceiling in ((declared.floor, False), (declared.ceiling, True)):
            if limit is not None:
                measures = (bound(view, declared, limit, ceiling=ceiling) for view in views.of(declared.slice))
                yield from (measure for measure in measures if measure is not None)


CHECK = Check("model.floor", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
