"""The gap between a claimed and a computed value, and what honest claims may differ by.

An honest claim is the metric of the same recipe on other rows, such as a hold-out of those that were given to train,
whose number is not known; and perhaps of another training. So both add noise.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Floats, StatError, floats
from gatebot.stats.contrast import PSEUDO, Contrast, Spread
from gatebot.stats.noise import Units

TRAININGS = 2.0
"""Trainings whose luck is in one gap: that of the model which the claim is of, and that of the computed value."""
FEWEST_TRAININGS = 3
"""Trainings from which on the spread of their claims is known at all."""
ROUNDING = 1e-6
"""Share of a value by which two programs may compute it differently."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A claimed value of one side, and what it claims to be.

    Attributes:
        value: the claimed value.
        digit: what one unit of its last printed digit is worth; 0 if it is exact.
        rows: the least number of rows that it may rest on.
        computed: the same metric of the same training on the eval rows.
        influence: of each eval row on `computed`, float[n].
    """

    value: float
    digit: float
    rows: float
    computed: float
    influence: Floats

    @classmethod
    def of(cls, value: float, digit: float, rows: float, computed: float, influence: ArrayLike) -> "Claim":
        """Create a claim.

        Raises:
            StatError: a number is not finite, or there are fewer than two rows.
        """
        if not all(math.isfinite(each) for each in (value, digit, rows, computed)) or rows < 1:
            raise StatError(f"claim: {value}, {digit}, {rows}, {computed} is none")
        return cls(value, digit, rows, computed, floats("influence", influence, least=2))

    @property
    def gap(self) -> float:
        """The claimed value less the computed one."""
        return self.value - self.computed


@dataclass(frozen=True, slots=True)
class Seeds:
    """Variance of the computed value over trainings, and its degrees of freedom."""

    variance: float = 0.0
    df: float = math.inf


def own_gap(claim: Claim, seeds: Seeds, *, clusters: ArrayLike | None = None, step: float = 0.0) -> Contrast:
    """Return the gap of one side, with the noise of an honest claim; what the printed digits leave open is no gap.

    Args:
        claim: the claim.
        seeds: noise of trainings.
        clusters: [n] labels of the groups of eval rows; at least 20 distinct ones.
        step: for rates, the change of a unit's influence if it flips, as in `contrast.spread`.

    Raises:
        StatError: there are fewer than 20 clusters.
    """
    units = Units.of(claim.influence.size, clusters)
    rows = _of_claim(units, claim, step) + _of_eval_rows(units, claim.influence, step)
    return _contrast(_beyond(claim.gap, claim.digit / 2), rows, units, seeds, TRAININGS)


def gap_change(
    base: Claim, head: Claim, seeds: Seeds, *, clusters: ArrayLike | None = None, step: float = 0.0, same: bool = False
) -> Contrast:
    """Return head's gap less base's. Both sides are computed on the same eval rows, and claimed on rows of their own.

    Args:
        base: base's claim.
        head: head's claim.
        seeds: noise of trainings.
        clusters: as in `own_gap`.
        step: as in `own_gap`.
        same: both sides' computed values are those of the same models, so that their luck cancels.

    Raises:
        StatError: there are fewer than 20 clusters.
    """
    units = Units.of(head.influence.size, clusters)
    both = np.asarray(head.influence - base.influence, dtype=np.float64)
    eval_rows = _of_eval_rows(units, both, step) if both.any() else 0.0
    rows = _of_claim(units, base, step) + _of_claim(units, head, step) + eval_rows
    open_digits = (base.digit + head.digit) / 2
    return _contrast(
        _beyond(head.gap - base.gap, open_digits), rows, units, seeds, TRAININGS if same else 2 * TRAININGS
    )


def mean_change(changes: ArrayLike) -> Contrast | None:
    """Return the mean change of the claims of several trainings, from how much it varies between them.

    Both sides predict the same, so that only the evaluation moves a claim. Where it draws other rows for each training,
    it is as likely to rise as to fall. None if there are fewer than three trainings.

    Args:
        changes: head's claim less base's, float[trainings].

    Raises:
        StatError: a change is not finite.
    """
    if np.size(changes) < FEWEST_TRAININGS:
        return None
    values = floats("changes", changes)
    return Contrast(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(values.size), values.size - 1.0)


def is_proven(contrast: Contrast, level: float) -> bool:
    """Return whether a difference is surely not zero (two-sided)."""
    return min(contrast.p_worse(), contrast.p_held(0.0)) <= level / 2


def coincidence(difference: float, noise: Contrast, *, digit: float, value: float, lattice: float = 0.0) -> float:
    """Return the chance that two values from different rows are as equal as these; 1 if they differ.

    Where it is small, they come from the same rows.

    Args:
        difference: of the two values.
        noise: the difference of values from different rows.
        digit: what one unit of the last printed digit is worth; 0 if both are exact.
        value: one of them.
        lattice: distance of the values that a rate can take.
    """
    same = max(digit / 2, ROUNDING * abs(value))
    if abs(difference) > same or noise.se == 0:
        return 1.0
    return min(max(2 * same, lattice) / (noise.se * math.sqrt(2 * math.pi)), 1.0)


def least_rows(value: float, digit: float, most: int) -> int:
    """Return the least number of rows of which a rate can be such a value: 300 for 0.8566666666666667, or 257 of 300.

    Args:
        value: the rate.
        digit: what one unit of its last printed digit is worth; 0 if it is exact.
        most: the largest number that is tried; it is returned if no smaller one fits.
    """
    rows = np.arange(1, most + 1)
    misses = np.abs(np.round(value * rows) / rows - value)
    fits = np.flatnonzero(misses <= max(digit, 1e-12 * abs(value)) / 2)
    return int(rows[fits[0]]) if fits.size else most


def _of_claim(units: Units, claim: Claim, step: float) -> float:
    """Return the variance of a claim on its own rows, whose rows vary as the eval rows do."""
    variance = units.variance_of_mean(claim.influence) * units.n / claim.rows
    if step:
        return variance + PSEUDO * (step / claim.rows) ** 2
    skewed = (units.skew_allowance(claim.influence) - 1.0) * math.sqrt(units.n / claim.rows)
    return variance * (1.0 + skewed) ** 2


def _of_eval_rows(units: Units, influence: Floats, step: float) -> float:
    return units.variance_of_mean(influence) + PSEUDO * (step / units.n) ** 2


def _contrast(delta: float, rows: float, units: Units, seeds: Seeds, trainings: float) -> Contrast:
    return Spread(delta, rows, units.count - 1.0, units.n, trainings * seeds.variance, seeds.df).contrast


def _beyond(gap: float, digits: float) -> float:
    """Return the part of a gap that the digits which were not printed do not explain."""
    return math.copysign(max(abs(gap) - digits, 0.0), gap)
