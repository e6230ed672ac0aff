"""Which rows' targets are told, and whether these are surely nearly all."""

import numpy as np

from gatebot.checks.gain.answers import FEWEST_ROWS, LEVEL, Answers
from gatebot.evidence.column import Floats, Hashes, Names, Numbers
from gatebot.evidence.need import Side
from gatebot.stats.binomial import clopper_pearson_upper
from gatebot.tasks.table import Mask, Table
from gatebot.tasks.task import Task

BOUND = 3.0
"""What tells the target in nearly all rows misses surely no more than so many times the share that it may miss."""
FAR = 0.25
"""It misses surely fewer rows than this share of those that base misses, and of those that a constant misses."""
CLOSE = 0.02
"""A number is told if it is missed by no more than this share of the target's standard deviation."""


def told(task: Task, table: Table) -> Mask | None:
    """Return the rows whose target is told: the label, or a number that is close to it."""
    right = task.correct(table)
    if right is not None:
        return right
    truth, said = table.truth.get("target"), table.payload.get("prediction")
    if not isinstance(truth, Numbers) or not isinstance(said, Numbers):
        return None
    near: Mask = np.abs(said.values - truth.values) <= CLOSE * _scale(truth.values)
    return near


def nearly_all(answers: Answers, right: Mask, missed: float) -> bool:
    """Whether these rows are surely nearly all, and base and a constant surely miss far more.

    Args:
        answers: those of base.
        right: the rows whose target is told, shape [units].
        missed: the share that may be missed.
    """
    comparison, base = answers.comparison, answers.plain(Side.BASE)
    was = None if base is None else told(comparison.task, base)
    if base is None or was is None or len(right) < FEWEST_ROWS or 1 - right.mean() > missed:
        return False
    wrong, units = _counted(~right, comparison.groups)
    most = clopper_pearson_upper(wrong, units, LEVEL)
    return most <= BOUND * missed and most <= FAR * min(1 - float(was.mean()), _by_chance(base))


def _counted(wrong: Mask, groups: Hashes | None) -> tuple[int, int]:
    """Return how many units are wrong, and how many there are; a group is one unit, wrong if any of its rows is."""
    if groups is None:
        return int(wrong.sum()), len(wrong)
    return len(np.unique(groups[wrong])), len(np.unique(groups))


def _scale(values: Floats) -> float:
    """Return a standard deviation that far values hardly move, or the plain one if half of the values are equal."""
    low, high = np.nanquantile(values, [0.25, 0.75])
    return float((high - low) / 1.349) or float(np.nanstd(values))


def _by_chance(table: Table) -> float:
    """Return the share of rows that the best constant does not tell."""
    match table.truth.get("target"):
        case Names(codes=codes) if len(codes):
            return 1 - float(np.bincount(codes[codes >= 0]).max(initial=0) / len(codes))
        case Numbers(values=values) if len(values):
            close = np.abs(values - np.nanmedian(values)) <= CLOSE * _scale(values)
            return 1 - float(close.mean())
    return 0.0
