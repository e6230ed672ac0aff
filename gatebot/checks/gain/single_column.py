"""A column that gives the target away: it tells it alone, or was computed with the labels of eval rows."""

from collections.abc import Iterator
from dataclasses import replace

from gatebot.checks.gain.answers import A_LEAK, LEVEL, WENT, Answers, Facts
from gatebot.checks.gain.asked_rows import new_columns
from gatebot.checks.gain.told_rows import nearly_all, told
from gatebot.core.finding import Finding
from gatebot.evidence.leakage import ColumnModel
from gatebot.evidence.need import Side
from gatebot.stats.binomial import clopper_pearson_lower
from gatebot.tasks.table import Mask, Table, among, rows_of

FOLLOWS = 5.0
"""Head follows a column if surely no more than so many times the share that may be missed is answered otherwise."""


def telling(answers: Answers, alone: float) -> Iterator[Finding]:
    """Yield each column that alone tells the target in nearly all rows, where base is far from it.

    A column that base has too counts only if head answers what it tells, for base may have left it out for a reason
    that has nothing to do with the gain.

    Args:
        answers: both sides' answers.
        alone: the share of rows in which such a column tells the target.
    """
    new = new_columns(answers.comparison)
    for model in _models(answers):
        right = _right_of(answers, model)
        if right is None or not nearly_all(answers, right, 1 - alone):
            continue
        if model.column in new or _is_followed(answers, model, alone):
            facts: Facts = {"column": model.column, "told": int(right.sum()), "rows": len(right)}
            says = "the column `{column}` alone tells the target of {told} of {rows} rows"
            yield Finding(f"column {model.column}", says + WENT, facts, note=A_LEAK)


def computed_with_labels(answers: Answers) -> Iterator[Finding]:
    """Yield each column that was computed with the labels of eval rows."""
    traces, new = answers.traces(Side.HEAD), new_columns(answers.comparison)
    for each in () if traces is None else traces.aggregates:
        if each.column in new:
            of = f"share of {each.label}" if each.label else "mean"
            facts: Facts = {
                "column": each.column,
                "key": each.key,
                "of": of,
                "equal": each.equal,
                "rows": each.rows,
            }
            says = "the column `{column}` is the {of} of the target by `{key}`, with the labels of eval rows"
            yield Finding(f"column {each.column}", f"{says}: in {{equal}} of {{rows}}", facts, note=A_LEAK)


def best_column(answers: Answers) -> tuple[str, float] | None:
    """Return the column that alone tells the target in most rows, and in which share; None if none was tried."""
    shares = [
        (model.column, float(right.mean()))
        for model in _models(answers)
        if (right := _right_of(answers, model)) is not None
    ]
    return max(shares, key=lambda each: each[1], default=None)


def _models(answers: Answers) -> tuple[ColumnModel, ...]:
    traces = answers.traces(Side.HEAD)
    return () if traces is None else traces.models


def _right_of(answers: Answers, model: ColumnModel) -> Mask | None:
    table = _table(answers, model)
    return None if table is None else told(answers.comparison.task, table)


def _table(answers: Answers, model: ColumnModel) -> Table | None:
    traces, plain = answers.traces(Side.HEAD), answers.plain(Side.HEAD)
    units = answers.comparison.units
    if traces is None or plain is None or not among(units, traces.ids).all():
        return None
    return replace(plain, payload={"prediction": model.prediction.take(rows_of(traces.ids, units))})


def _is_followed(answers: Answers, model: ColumnModel, alone: float) -> bool:
    """Whether head answers what a column tells, in surely more rows than could be chance."""
    head, by_column = answers.plain(Side.HEAD), _table(answers, model)
    if head is None or by_column is None:
        return False
    same = told(answers.comparison.task, replace(by_column, truth={"target": head.payload["prediction"]}))
    if same is None:
        return False
    return clopper_pearson_lower(int(same.sum()), len(same), LEVEL) >= 1 - FOLLOWS * (1 - alone)
