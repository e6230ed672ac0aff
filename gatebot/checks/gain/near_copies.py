"""Near-copies of eval rows that came into the train rows."""

from collections.abc import Iterator

import numpy as np

from gatebot.checks.gain.answers import A_LEAK, FEWEST_ROWS, LEVEL, WENT, Answers, Facts
from gatebot.core.finding import Finding
from gatebot.evidence.column import Hashes
from gatebot.evidence.leakage import LeakageTraces
from gatebot.evidence.need import Side
from gatebot.stats.binomial import clopper_pearson_lower, clopper_pearson_upper
from gatebot.stats.contrast import Contrast
from gatebot.tasks.table import Mask, Table, among


def in_train_rows(answers: Answers) -> Iterator[Finding]:
    """Yield a finding if near-copies of eval rows came into the train rows, and the gain is on their rows."""
    head, base = answers.traces(Side.HEAD), answers.traces(Side.BASE)
    plain, old = answers.plain(Side.HEAD), answers.plain(Side.BASE)
    if head is None or head.near_copies is None or plain is None or old is None or answers.metric is None:
        return
    units = answers.comparison.units
    has, had = _copied(head, units), _copied(base, units)
    count, before = int(has.sum()), int(had.sum())
    if count < FEWEST_ROWS or clopper_pearson_lower(count, len(units), LEVEL) <= 2 * clopper_pearson_upper(
        before, len(units), LEVEL
    ):
        return
    new, others = has & ~had, ~has
    if others.sum() >= FEWEST_ROWS and not _gains_more(answers, (plain, old), new, others):
        return
    if others.sum() < FEWEST_ROWS and (base is None or base.near_copies is None):
        return
    facts: Facts = {"count": count, "before": before, "rows": len(units)}
    says = "near-copies of {count} of {rows} eval rows are among the train rows, of {before} on base"
    yield Finding("train rows", says + WENT, facts, note=A_LEAK)


def _copied(traces: LeakageTraces | None, units: Hashes) -> Mask:
    """Return which units have a near-copy among the train rows."""
    if traces is None or traces.near_copies is None or not len(traces.near_copies):
        return np.zeros(len(units), dtype=np.bool_)
    return among(units, traces.near_copies)


def _gains_more(answers: Answers, both: tuple[Table, Table], here: Mask, there: Mask) -> bool:
    """Whether these rows gain surely more from base to head than the other rows."""
    head, base = both
    one, other = (answers.sum([(1.0, head), (-1.0, base)], rows) for rows in (here, there))
    if one is None or other is None:
        return False
    se = float(np.hypot(one.se, other.se))
    return Contrast(one.delta - other.delta, se, min(one.df, other.df)).lower(LEVEL) > 0
