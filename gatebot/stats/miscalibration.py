"""Compares the recalibration lines of head and base over seeds: how much farther head is from calibrated than base."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Floats
from gatebot.stats.calibration import Line
from gatebot.stats.contrast import Contrast, Estimand, Ledger, pair, single
from gatebot.stats.influence import Estimate

CALIBRATED_SLOPE, CALIBRATED_SHIFT = 1.0, 0.0


@dataclass(frozen=True, slots=True)
class Departure:
    """How far head and base are from the value of a calibrated model, e_head and e_base, in one coefficient.

    Attributes:
        own: e_head.
        change: e_head - e_base, on the same rows.
        total: e_head + e_base, on the same rows.
    """

    own: Contrast
    change: Contrast
    total: Contrast

    def farther(self, alpha: float, sign: float) -> float:
        """Return the one-sided lower bound of sign e_head - |e_base|: positive if head is surely farther off than base.

        It is the smaller of two bounds, so neither needs a correction (intersection-union test, Berger 1982). A head
        that is nearer to calibrated than base is not farther off, whatever the side on which base is.

        Args:
            alpha: level of the bound.
            sign: 1.0 for a head above the calibrated value, -1.0 for one below it.
        """
        if sign > 0:
            return min(self.change.lower(alpha), self.total.lower(alpha))
        return min(-self.change.upper(alpha), -self.total.upper(alpha))


@dataclass(frozen=True, slots=True)
class Miscalibration:
    """How head's recalibration lines differ from calibrated ones and from base's.

    Attributes:
        slope, shift: departures of the slope and of the shift (calibration in the large).
        fall: change of the slope as a share of base's. Probabilities that are sharpened by a factor c have slopes
            divided by c, whatever base's slope is, and most of the row noise cancels in the ratio.
    """

    slope: Departure
    shift: Departure
    fall: Contrast

    def overconfident(self, alpha: float, margin: float) -> bool:
        """Return whether head is overconfident and base is less so (both at `alpha`, an intersection-union test).

        Head's slope is surely below base's by more than the margin, a share of base's; it is surely below 1; and its
        estimate is below 1 by the margin, so that a deviation that does not matter is not found on many rows.
        """
        own = self.slope.own
        return self.fall.upper(alpha) < -margin and own.upper(alpha) < 0 and own.delta < -margin


def miscalibration(
    base: Sequence[Line],
    head: Sequence[Line],
    main: Sequence[Line] = (),
    *,
    clusters: ArrayLike | None = None,
    estimand: Estimand = Estimand.RECIPE,
) -> Miscalibration:
    """Compare both sides' lines, with row variance from paired influence and seed variance, as `contrast.spread` does.

    Args:
        base: lines of base's runs, one per seed.
        head: lines of head's runs on the same rows.
        main: lines of all runs of base, from which seed noise is estimated; it holds those of `base`.
        clusters: [n] labels of the groups of rows.
        estimand: seed noise counts for a recipe, but not for an artifact.

    Raises:
        StatError: as `contrast.spread`; seed noise is unknown with one run on each side and nothing in `main`,
            or base's slope cannot be told from 0.
    """
    (before, by_row), (after, by_row_after) = (_runs([each.slope for each in lines]) for lines in (base, head))
    ledger = _ledger([each.slope for each in main])
    fall = pair(before, after, by_row, by_row_after, clusters=clusters, ledger=ledger, estimand=estimand, relative=True)

    def departure(of: Callable[[Line], Estimate], ideal: float) -> Departure:
        (before, by_row), (after, by_row_after) = (_runs([of(each) for each in lines]) for lines in (base, head))
        ledger = _ledger([of(each) for each in main])
        before, after = before - ideal, after - ideal
        return Departure(
            single(after, by_row_after, clusters=clusters, ledger=ledger, estimand=estimand),
            pair(before, after, by_row, by_row_after, clusters=clusters, ledger=ledger, estimand=estimand),
            pair(-before, after, -by_row, by_row_after, clusters=clusters, ledger=ledger, estimand=estimand),
        )

    slope = departure(lambda line: line.slope, CALIBRATED_SLOPE)
    return Miscalibration(slope, departure(lambda line: line.shift, CALIBRATED_SHIFT), fall)


def _runs(estimates: Sequence[Estimate]) -> tuple[Floats, Floats]:
    """Return values, float[S], and influence, float[S, n]."""
    return np.array([value for value, _ in estimates]), np.array([by_row for _, by_row in estimates])


def _ledger(estimates: Sequence[Estimate]) -> Ledger | None:
    return Ledger.of([value for value, _ in estimates], holds_base=True) if len(estimates) > 1 else None
