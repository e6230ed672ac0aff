"""Rows that base got right are still right.

Why: Users notice what breaks more than what improves. Two equally good models that disagree break rows all the same.
Fix: Look at the listed rows. Warm starts, ensembles and distillation from the old model reduce flips.
"""

import math
from collections.abc import Iterator
from itertools import permutations

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.measures import FEWEST_ROWS
from gatebot.checks.row_views import View, Views
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.column import Floats
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Tier
from gatebot.stats.binomial import clopper_pearson_lower, clopper_pearson_upper
from gatebot.tasks.estimate import weight_of
from gatebot.tasks.table import Mask, Table

LEVEL = 0.0025
"""One-sided, on each of the two bounds, half of it shared by the slices: chance that seeds alone are called flips."""


class FlipOptions(Options):
    """Settings of this check."""

    margin: float = Field(default=0.02, gt=0, lt=1, description="share of rows that may flip beyond what seeds do")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def run(comparison: Comparison, options: FlipOptions) -> Iterator[Finding]:
    """A finding when surely more rows flip than between two seeds of base, by the margin (Yan et al. 2021).

    Of the confirm tier where it is there: flips of models that saw few rows may be gone with more of them. Where base
    has one run, nobody knows what seeds alone flip, and nothing is said.
    """
    tier = Tier.CONFIRM if comparison.runs(Tier.CONFIRM) else Tier.SMOKE
    views = Views(comparison)
    slices = [view for column in comparison.slices for view in views.of(column)]
    for view in (views.whole, *slices):
        level = LEVEL / 2 if view is views.whole else LEVEL / 2 / len(slices)
        finding = _flips(view, tier, options.margin, level)
        if finding is not None:
            yield finding


def _flips(view: View, tier: Tier, margin: float, level: float) -> Finding | None:
    tables = view.pairs(tier)
    main, before = _right(view, tables.main), _right(view, tables.base)
    if len(main) < 2 or not before or len(before[0]) < FEWEST_ROWS:
        return None
    pairs = [base & ~head for base, head in zip(before, _right(view, tables.head), strict=True)]
    weight = weight_of(tables.head[0])
    flips = min(pairs, key=lambda each: _share(each, weight))
    churn = max((one & ~other for one, other in permutations(main, 2)), key=lambda each: _share(each, weight))
    allowed = _upper(churn, weight, level) + margin
    if _lower(flips, weight, level) <= allowed:
        return None
    facts: dict[str, Fact] = {
        "count": int(flips.sum()),
        "rows": len(flips),
        "churn": int(churn.sum()),
        "ids": tuple(f"{row:016x}" for row in tables.head[0].ids[flips][:20].tolist()),
    }
    says = "{count} of {rows} rows that base gets right are wrong now; seeds alone flip {churn}"
    effort = view.comparison.effort
    unconfirmed = tier is Tier.SMOKE and effort.trains and effort.confirm_seeds > 0
    return Finding(view.subject("flips"), says, facts, size=_share(flips, weight), unconfirmed=unconfirmed)


def _lower(flips: Mask, weight: Floats, level: float) -> float:
    rows = _rows(weight)
    return clopper_pearson_lower(math.floor(round(rows * _share(flips, weight), 6)), math.ceil(rows), level)


def _upper(flips: Mask, weight: Floats, level: float) -> float:
    rows = _rows(weight)
    return clopper_pearson_upper(math.ceil(round(rows * _share(flips, weight), 6)), math.floor(rows), level)


def _share(flips: Mask, weight: Floats) -> float:
    return float(weight[flips].sum() / weight.sum())


def _rows(weight: Floats) -> float:
    """Return how many rows there were if all weighed as much as the heaviest, so that bounds are wide enough."""
    return round(float(weight.sum() / weight.max()), 6)


def _right(view: View, tables: tuple[Table, ...]) -> list[Mask]:
    found = [view.comparison.task.correct(table) for table in tables]
    return [right for right in found if right is not None]


CHECK = Check(
    "model.negative_flips",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=FlipOptions,
    relative=True,
)
