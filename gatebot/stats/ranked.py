"""Metrics of a ranking (AUC and average precision) with the influence of each unit, from one sort."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from gatebot.stats import student
from gatebot.stats.arrays import Bools, Floats, Ints, StatError, flags, floats, fraction, same_length, shares
from gatebot.stats.influence import Estimate
from gatebot.stats.noise import row_variance

FEWEST = 10
"""Smallest number of positives and of negatives for which the intervals were found to keep their level."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Labels and the order of their scores; one sort serves several metrics.

    Attributes:
        positive: bool[n].
        rank: int[n], rank of the unit's score among the distinct scores, ascending; equal scores share a rank.
        mass: float[n] weights with mean 1.
    """

    positive: Bools
    rank: Ints
    mass: Floats

    @classmethod
    def of(
        cls, labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, *, least: int = FEWEST
    ) -> "Ranking":
        """Rank units by score.

        Args:
            labels: [n], 0 or 1.
            scores: float[n], higher if the label is more likely 1.
            weights: float[n], not negative.
            least: minimum number of positives and of negatives.

        Raises:
            StatError: there are fewer than `least` positives or negatives, or the arrays are not valid.
        """
        positive, score = flags("labels", labels), floats("scores", scores)
        n = same_length(labels=positive, scores=score)
        mass = shares(n, weights)
        counts = np.count_nonzero(positive & (mass > 0)), np.count_nonzero(~positive & (mass > 0))
        if min(counts) < max(least, 1):
            raise StatError(f"labels: {counts[0]} positives and {counts[1]} negatives, {max(least, 1)} of each needed")
        order = np.argsort(score)
        ascending = score[order]
        rank = np.empty(n, dtype=np.intp)
        rank[order] = np.cumsum(np.concatenate(([False], ascending[1:] != ascending[:-1])))
        return cls(positive, rank, mass)

    def auc(self) -> Estimate:
        """Return the area under the ROC curve; see `auc`."""
        negatives, positives = self._by_rank(~self.positive), self._by_rank(self.positive)
        below = (np.cumsum(negatives) - negatives / 2) / negatives.sum()
        above = (positives.sum() - np.cumsum(positives) + positives / 2) / positives.sum()
        value = float((positives * below).sum() / positives.sum())
        count = int(np.count_nonzero(self.positive))
        of_negatives = self._scale(self.mass.size - count, negatives.sum())
        moved = (above - value) * of_negatives, (below - value) * self._scale(count, positives.sum())
        return value, self.mass * np.concatenate(moved).take(self.rank + self.positive * below.size)

    def average_precision(self) -> Estimate:
        """Return the average precision; see `average_precision`."""
        n = self.mass.size
        positives, everyone = self._by_rank(self.positive) / n, self._by_rank() / n
        counted = everyone > 0  # scores of units of weight 0 only are not thresholds
        above = np.where(counted, np.cumsum(everyone[::-1])[::-1], 1.0)
        precision = np.where(counted, np.cumsum(positives[::-1])[::-1] / above, 0.0)
        rate = float(positives.sum())
        value = float(positives @ precision) / rate
        gain, loss = np.cumsum(positives / above), np.cumsum(positives * precision / above)
        direct = np.where(self.positive, (precision - value + gain)[self.rank], 0.0)
        return value, self.mass / rate * (direct - loss[self.rank])

    def _by_rank(self, chosen: Bools | None = None) -> Floats:
        """Return the mass of the chosen units at each distinct score."""
        mass = self.mass if chosen is None else self.mass * chosen
        return np.asarray(np.bincount(self.rank, weights=mass), dtype=np.float64)

    def _scale(self, count: int, mass: float) -> float:
        """Return the factor from a class's structural components to influence, with that class's own n / (n - 1)."""
        n, counted = self.mass.size, max(count, 2)
        return float(n / mass) * math.sqrt(counted / (counted - 1) * (n - 1) / n)


def auc(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, *, least: int = FEWEST) -> Estimate:
    """Return the area under the ROC curve; ties count half. Arguments and errors are those of `Ranking.of`.

    The influence consists of DeLong's structural components, scaled so that the variance of its mean is DeLong's
    variance (DeLong et al. 1988; by one sort, after Sun & Xu 2014). With two models on the same rows, `contrast.pair`
    computes DeLong's covariance from both influences.
    """
    return Ranking.of(labels, scores, weights, least=least).auc()


def auc_interval(labels: ArrayLike, scores: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the two-sided interval of an AUC, on the logit scale to keep it between 0 and 1 (Pepe 2003, 5.2).

    Raises:
        StatError: see `auc`; or the AUC is exactly 0 or 1, where there is no interval.
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
    """Return the average precision: the mean over positives of the precision at their score.

    Equal scores are one threshold. AP = E[y N1(s) / N(s)] / P(y = 1), with N1(t) = P(y = 1, score >= t) and N(t) =
    P(score >= t). The influence is the derivative of this functional in the direction of one unit's mass. Arguments and
    errors are those of `Ranking.of`.
    """
    return Ranking.of(labels, scores, weights, least=least).average_precision()
