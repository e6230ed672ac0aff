"""Metrics of a ranking, AUC and average precision, each with every unit's influence, in O(n log n)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from . import student
from .arrays import Bools, Floats, Ints, StatError, flags, floats, fraction, same_length
from .contrast import row_variance
from .influence import Estimate

FEWEST = 10
"""Fewest positives and negatives for which the intervals were found to keep their level."""


def auc(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, *, least: int = FEWEST) -> Estimate:
    """Area under the ROC curve; ties count half.

    The influence holds DeLong's structural components, scaled so that the variance of its mean is DeLong's variance
    (DeLong et al. 1988; by one sort, after Sun & Xu 2014). For two models on the same rows take both influences to
    `contrast.pair`: their covariance is then DeLong's too.

    Args:
        labels: 0 or 1, [n].
        scores: float[n], higher for what is more likely 1.
        weights: float[n], not negative.
        least: refuse fewer positives or negatives than this.

    Raises:
        StatError: fewer than `least` of either class.
    """
    ranked = _Ranked.of(labels, scores, weights, least)
    negatives, positives = ranked.per_score(~ranked.positive), ranked.per_score(ranked.positive)
    below = (np.cumsum(negatives) - negatives / 2) / negatives.sum()
    above = (positives.sum() - np.cumsum(positives) + positives / 2) / positives.sum()
    value = float(positives @ below / positives.sum())
    components = np.where(ranked.positive, below[ranked.group], above[ranked.group])
    return value, ranked.influence(components - value, positives.sum(), negatives.sum())


def auc_interval(labels: ArrayLike, scores: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of one AUC on the logit scale, so that it stays between 0 and 1 (Pepe 2003, 5.2).

    Raises:
        StatError: as in `auc`, or a perfect (or perfectly wrong) ranking, which has no error to show.
    """
    value, influence = auc(labels, scores)
    if not 0 < value < 1:
        raise StatError(f"auc: {value:g} exactly has no interval")
    half = student.quantile(0.5 + fraction("level", level) / 2) * math.sqrt(row_variance(influence)[0])
    centre, width = float(logit(value)), half / (value * (1 - value))
    return float(expit(centre - width)), float(expit(centre + width))


def average_precision(
    labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, *, least: int = FEWEST
) -> Estimate:
    """Average precision: the mean, over positives, of the precision at their score; tied scores are one threshold.

    AP = E[y N1(s) / N(s)] / P(y = 1), with N1(t) = P(y = 1, score >= t) and N(t) = P(score >= t). The influence is the
    derivative of this functional in the direction of one unit's mass.

    Args and errors: as in `auc`.
    """
    ranked = _Ranked.of(labels, scores, weights, least)
    total = ranked.mass.sum()
    positives, all_ = ranked.per_score(ranked.positive) / total, ranked.per_score() / total
    at_least, positive_at_least = np.cumsum(all_[::-1])[::-1], np.cumsum(positives[::-1])[::-1]
    counted = all_ > 0  # a score that only units of weight 0 have is no threshold
    safe = np.where(counted, at_least, 1.0)
    precision, rate = np.where(counted, positive_at_least / safe, 0.0), float(positives.sum())
    value = float(positives @ precision) / rate
    gain, loss = np.cumsum(positives / safe), np.cumsum(positives * precision / safe)
    direct = np.where(ranked.positive, precision[ranked.group] - value + gain[ranked.group], 0.0)
    n = ranked.mass.size
    return value, n * ranked.mass / total * (direct - loss[ranked.group]) / rate


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Units with the rank of their score among the distinct scores."""

    positive: Bools
    group: Ints
    mass: Floats

    @classmethod
    def of(cls, labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None, least: int) -> "_Ranked":
        positive, score = flags("labels", labels), floats("scores", scores)
        n = same_length(labels=positive, scores=score)
        mass = np.ones(n) if weights is None else floats("weights", weights)
        same_length(labels=positive, weights=mass)
        if (mass < 0).any():
            raise StatError("weights: none may be negative")
        counts = np.count_nonzero(positive & (mass > 0)), np.count_nonzero(~positive & (mass > 0))
        if min(counts) < max(least, 1):
            raise StatError(f"labels: {counts[0]} positives and {counts[1]} negatives, {max(least, 1)} of each needed")
        order = np.argsort(score, kind="stable")
        new = np.empty(n, dtype=np.intp)
        new[0] = 0
        new[1:] = score[order][1:] != score[order][:-1]
        group = np.empty(n, dtype=np.intp)
        group[order] = np.cumsum(new)
        return cls(positive, group, mass)

    def per_score(self, chosen: Bools | None = None) -> Floats:
        """Mass of the chosen units by distinct score, ascending."""
        mass = self.mass if chosen is None else self.mass * chosen
        return np.asarray(np.bincount(self.group, weights=mass), dtype=np.float64)

    def influence(self, deviations: Floats, positives: float, negatives: float) -> Floats:
        """Deviations of structural components as influence, each class with its n / (n - 1)."""
        n = self.mass.size
        scale = np.empty(2)
        for label, total in enumerate((negatives, positives)):
            count = max(int(np.count_nonzero(self.positive == bool(label))), 2)
            scale[label] = n / total * math.sqrt(count / (count - 1) * (n - 1) / n)
        return self.mass * scale[self.positive.astype(np.intp)] * deviations
