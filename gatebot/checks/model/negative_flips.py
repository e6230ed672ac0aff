"""Rows that base got right are still right.

Why: Users notice what breaks more than what improves. Two equally good models that disagree break rows all the same.
Fix: Look at the listed rows. Warm starts, ensembles and distillation from the old model reduce flips.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison import Comparison
from gatebot.finding import Fact, Finding, Level
from gatebot.needs import Effort, Need, Tier
from gatebot.stats.binomial import clopper_pearson_lower, clopper_pearson_upper
from gatebot.tasks.table import Mask, Table

LEVEL = 0.0025
"""One-sided, on each of the two bounds: chance that seeds alone are called flips."""


class FlipOptions(Options):
    """Settings of this check."""

    margin: float = Field(default=0.02, gt=0, lt=1, description="share of rows that may flip beyond what seeds do")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def run(comparison: Comparison, options: FlipOptions) -> Iterator[Finding]:
    """A finding when surely more rows flip than between two seeds of base, by the margin (Yan et al. 2021)."""
    runs = [(_right(comparison, run.base), _right(comparison, run.head)) for run in comparison.runs(Tier.SMOKE)]
    pairs = [(base, head) for base, head in runs if base is not None and head is not None]
    if not pairs or len(pairs[0][0]) == 0:
        return
    flips = min((base & ~head for base, head in pairs), key=lambda flipped: int(flipped.sum()))
    rows, count = len(flips), int(flips.sum())
    churn = _churn(comparison)
    allowed = clopper_pearson_upper(churn, rows, LEVEL) if churn is not None else 0.0
    if clopper_pearson_lower(count, rows, LEVEL) > allowed + options.margin:
        listed = tuple(f"{row:016x}" for row in comparison.units[flips][:20].tolist())
        facts: dict[str, Fact] = {"count": count, "rows": rows, "churn": churn or 0, "ids": listed}
        says = "{count} of {rows} rows that base gets right are wrong now; seeds alone flip {churn}"
        yield Finding("flips", says, facts)


def _right(comparison: Comparison, table: Table | None) -> Mask | None:
    return None if table is None else comparison.task.correct(table)


def _churn(comparison: Comparison) -> int | None:
    """How many rows flip from right to wrong between two seeds of base, at most over all pairs; None if it has one."""
    right = [found for table in comparison.base_runs() if (found := comparison.task.correct(table)) is not None]
    both_ways = [(one, other) for pair in combinations(right, 2) for one, other in (pair, pair[::-1])]
    return max((int(np.count_nonzero(one & ~other)) for one, other in both_ways), default=None)


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
