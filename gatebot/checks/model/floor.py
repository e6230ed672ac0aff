"""Metrics keep to their absolute floors and ceilings.

Why: A model below its floor is of no use, however little worse than the last one it is.
Fix: Improve the model, or move the floor in gatebot.yml in a pull request of its own.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.measuring import bound, parts_of
from gatebot.comparison import Comparison
from gatebot.finding import Level, Measure
from gatebot.needs import Effort, Need, Profile, Side


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's predictions; a floor needs no base."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD))


def run(comparison: Comparison, _options: Options) -> Iterator[Measure]:
    """Every declared floor and ceiling, on each part that it is declared for."""
    for declared in comparison.declared:
        for limit, ceiling in ((declared.floor, False), (declared.ceiling, True)):
            if limit is None or declared.metric is None:
                continue
            for part in parts_of(comparison, declared.slice):
                measure = bound(comparison, declared.metric, limit, part, ceiling=ceiling)
                if measure is not None:
                    yield measure


CHECK = Check("model.floor", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs)
