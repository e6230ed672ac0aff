"""Metrics of right and wrong labels, computed from three weights per class: right, true and predicted."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gatebot.evidence.column import Codes, Floats
from gatebot.tasks.estimate import UNDEFINED, Estimate, crowding
from gatebot.tasks.labels import Labels, labels
from gatebot.tasks.table import Table

_MEMO = "tally"


class Average(StrEnum):
    """How the values of the classes are averaged."""

    MACRO = "macro"
    MICRO = "micro"
    WEIGHTED = "weighted"


@dataclass(frozen=True, slots=True, eq=False)
class LabelCounts:
    """A number for each class, and one for units without a label or a prediction; shape [classes + 1] each."""

    right: Floats
    true: Floats
    predicted: Floats


Rule = Callable[[LabelCounts, Labels], tuple[float, LabelCounts] | None]
"""Computes a metric from the weights by class, with its derivative by each weight; None if it is not defined."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """(b + c) right / (b true + c predicted): recall (1, 0), precision (0, 1), F1 (1, 1), F-beta (beta², 1)."""

    b: float
    c: float

    def by_class(self, tally: LabelCounts) -> tuple[Floats, LabelCounts]:
        """Return the ratio of each class, NaN if it is 0 / 0, and its derivatives by the class's own weights."""
        below = self.b * tally.true + self.c * tally.predicted
        ratio = (self.b + self.c) * tally.right / below
        return ratio, LabelCounts((self.b + self.c) / below, -self.b * ratio / below, -self.c * ratio / below)

    def of(self, name: str) -> Rule:
        """Return the ratio of one class; not defined if it is 0 / 0."""

        def rule(tally: LabelCounts, seen: Labels) -> tuple[float, LabelCounts] | None:
            code = seen.code(name)
            if code < 0:
                return None
            ratio, slope = self.by_class(tally)
            return float(ratio[code]), _scaled(slope, np.arange(len(ratio)) == code)

        return rule

    def averaged(self, how: Average) -> Rule:
        """Return the average over the classes; a ratio of 0 / 0 counts as 0, as in scikit-learn."""
        match how:
            case Average.MACRO:
                return self._macro
            case Average.WEIGHTED:
                return self._weighted
            case Average.MICRO:
                return self._micro

    def positive_or_macro(self, tally: LabelCounts, seen: Labels) -> tuple[float, LabelCounts] | None:
        """Return the ratio of the positive class of two, or the plain average of more classes."""
        return self._macro(tally, seen) if seen.positive is None else self.of(seen.positive)(tally, seen)

    def _macro(self, tally: LabelCounts, _seen: Labels) -> tuple[float, LabelCounts] | None:
        seen = tally.true + tally.predicted > 0
        seen[-1] = False
        ratio, slope = self.by_class(tally)
        part = seen / max(seen.sum(), 1)
        return float(np.where(ratio > 0, ratio, 0.0) @ part), _scaled(slope, part)

    def _weighted(self, tally: LabelCounts, _seen: Labels) -> tuple[float, LabelCounts] | None:
        ratio, slope = self.by_class(tally)
        ratio = np.where(ratio > 0, ratio, 0.0)
        total = tally.true.sum()
        value = float(ratio @ tally.true / total)
        scaled = _scaled(slope, tally.true / total)
        return value, LabelCounts(scaled.right, scaled.true + (ratio - value) / total, scaled.predicted)

    def _micro(self, tally: LabelCounts, _seen: Labels) -> tuple[float, LabelCounts] | None:
        whole = LabelCounts(tally.right.sum(), tally.true.sum(), tally.predicted[:-1].sum())
        ratio, slope = self.by_class(whole)
        answered = np.arange(len(tally.right)) < len(tally.right) - 1
        one = np.ones(len(tally.right))
        return float(ratio), LabelCounts(slope.right * one, slope.true * one, slope.predicted * answered)


def balanced(tally: LabelCounts, _seen: Labels) -> tuple[float, LabelCounts] | None:
    """Return the average recall of the classes that occur in the truth."""
    occurs = tally.true > 0
    ratio, slope = Ratio(1, 0).by_class(tally)
    part = occurs / occurs.sum()
    return float(np.where(occurs, ratio, 0.0) @ part), _scaled(slope, part)


def correlation(tally: LabelCounts, _seen: Labels) -> tuple[float, LabelCounts] | None:
    """Return Matthews' correlation for any number of classes (Gorodkin 2004).

    It is defined for at least two true and two predicted classes.
    """
    true, predicted = tally.true, tally.predicted
    if np.count_nonzero(true) < 2 or np.count_nonzero(predicted) < 2:
        return None
    all_, right = true.sum(), tally.right.sum()
    shared = right * all_ - true @ predicted
    own_true, own_predicted = all_**2 - true @ true, all_**2 - predicted @ predicted
    root = math.sqrt(own_true * own_predicted)
    value = float(shared / root)
    by_true = (right - predicted) / root - value * ((all_ - true) / own_true + all_ / own_predicted)
    by_predicted = -true / root + value * predicted / own_predicted
    return value, LabelCounts(np.full(len(true), all_ / root), by_true, by_predicted)


def estimated(rule: Rule) -> Callable[[Table], Estimate]:
    """Return a rule as a function of tables.

    Scaling all weights does not change these metrics, so the derivative by a unit's weight is proportional to its
    influence, and its mean is 0 (Euler's theorem).
    """

    def of(table: Table) -> Estimate:
        seen = labels(table)
        tally = label_counts(table)
        found = rule(tally, seen) if tally.true.sum() > 0 else None
        if found is None:
            return UNDEFINED
        value, slope = found
        weight, total = seen.weight, float(seen.weight.sum())
        moved = slope.true.take(seen.truth) + slope.predicted.take(seen.predicted)
        moved += np.where(seen.right, slope.right.take(seen.truth), 0.0)
        step = total * float(np.abs(slope.right[:-1]).max()) * crowding(weight)
        return Estimate(value, moved * weight * len(weight), step)

    return of


def label_counts(table: Table) -> LabelCounts:
    """Return the table's weights by class; they are computed once per table."""
    known = table.memo.get(_MEMO)
    if isinstance(known, LabelCounts):
        return known
    seen = labels(table)
    size = len(seen.classes) + 1
    right = seen.right
    found = LabelCounts(
        _summed(seen.truth[right], seen.weight[right], size),
        _summed(seen.truth, seen.weight, size),
        _summed(seen.predicted, seen.weight, size),
    )
    table.memo[_MEMO] = found
    return found


def _summed(codes: Codes, weight: Floats, size: int) -> Floats:
    return np.bincount(codes, weights=weight, minlength=size).astype(np.float64)


def _scaled(slope: LabelCounts, part: Floats) -> LabelCounts:
    """Return the derivatives times each class's part in the whole; 0 without a part, even if the ratio is 0 / 0."""
    return LabelCounts(*(np.where(part > 0, part * each, 0.0) for each in (slope.right, slope.true, slope.predicted)))
