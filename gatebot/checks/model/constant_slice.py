"""No slice of rows that base tells apart gets one and the same answer.

Why: A join that fails or an encoding that is skipped in a few rows leaves them without their features, and every one of
them gets the same answer. In a small slice no metric shows it.
Fix: Look at how the features of these rows are made in `predict`: joins, units, encodings, values that training never
saw. A rule that is meant is waived by the name of the slice.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.comparison.comparison import Comparison
from gatebot.comparison.runs import Run
from gatebot.core.finding import Finding, Level
from gatebot.evidence.column import Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Tier
from gatebot.tasks.table import Index, Table

Answers = NDArray[np.float64]

DIGITS = 9
"""Decimals up to which two answers are the same: less is what sums in another order leave."""
TOLD_APART = 0.25
"""Least number of different answers of base to a slice, as a share of its rows."""
KEPT = 0.5
"""Least share of the number of different answers to all other rows that head keeps: a small tree gives few answers
altogether, and has no slice without features."""


class ConstantSliceOptions(Options):
    """Settings of this check."""

    rows: int = Field(default=20, ge=10, description="slices with fewer rows are left alone")


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the same rows."""
    return effort.compared()


def excuse(comparison: Comparison) -> str:
    """Why answers cannot be told apart."""
    runs = comparison.runs(Tier.SMOKE)
    if comparison.base is None or not runs or any(_answers(run.head) is not None for run in runs):
        return ""
    return "head answers labels alone, and many rows share one"


def run(comparison: Comparison, options: ConstantSliceOptions) -> Iterator[Finding]:
    """A finding for each slice, declared or not, whose rows all get one answer of head, in every training."""
    runs = [run for run in comparison.runs(Tier.SMOKE) if run.base is not None]
    if not runs or any(run.identical for run in runs):
        return
    both = [pair for run in runs if (pair := _both(run)) is not None]
    if len(both) < len(runs):
        return
    for name, members in _slices(comparison):
        if len(members) < options.rows or not all(_is_constant(head[members]) for head, _ in both):
            continue
        told = [_told(head, base, members) for head, base in both]
        if all(told):
            says = "all {rows} rows of {slice} get one answer, and on base {answers} different ones"
            answers = min(each for each in told if each is not None)
            yield Finding(name, says, {"slice": name, "rows": len(members), "answers": answers, "seeds": len(runs)})


def _slices(comparison: Comparison) -> Iterator[tuple[str, Index]]:
    """Yield the values of declared columns, then the levels of all others, each with its units."""
    declared = dict.fromkeys((*comparison.slices, *comparison.protected))
    for column in declared:
        for value, members in comparison.slice_units(column).items():
            yield f"{column}={value}", members
    for levels in comparison.levels:
        if levels.column not in declared:
            for code, name in enumerate(levels.values.names):
                yield name, np.flatnonzero(levels.values.codes == code)


def _told(head: Answers, base: Answers, members: Index) -> int | None:
    """Return how many answers base has for rows of which head has one; None if this shows nothing."""
    rest = np.ones(len(head), dtype=np.bool_)
    rest[members] = False
    if not rest.any():
        return None
    answers = _different(base[members])
    keeps = _different(head[rest]) >= KEPT * _different(base[rest])
    return answers if keeps and answers >= TOLD_APART * len(members) else None


def _both(run: Run) -> tuple[Answers, Answers] | None:
    """Return what both sides answer, [units, columns] each; None if one of them answers labels alone."""
    head, base = _answers(run.head), None if run.base is None else _answers(run.base)
    return None if head is None or base is None else (head, base)


def _is_constant(answers: Answers) -> bool:
    return bool((answers == answers[0]).all())


def _answers(table: Table) -> Answers | None:
    """Return all numbers that are answered, [units, columns]; None if there are only labels or several items a unit."""
    numbers = [np.round(column.values, DIGITS) for column in table.payload.values() if isinstance(column, Numbers)]
    return np.stack(numbers, axis=1) if numbers and table.unit is None else None


def _different(answers: Answers) -> int:
    return len(np.unique(answers, axis=0))


CHECK = Check(
    "model.constant_slice",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    options=ConstantSliceOptions,
    relative=True,
    excuse=excuse,
)
