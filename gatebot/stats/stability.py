"""Tests whether head's metric varies more over seeds than main's."""

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy.special import fdtrc

from gatebot.stats.arrays import StatError, floats, variance
from gatebot.stats.noise import Ledger

FEWEST_SEEDS = 3


@dataclass(frozen=True, slots=True)
class Instability:
    """Head's seed noise compared with main's.

    Attributes:
        ratio: ratio of the standard deviations, head over main; inf if only main's is zero.
        p: one-sided p-value of "head's seed noise is not larger", by an F test (assumes normal seed noise).
    """

    ratio: float
    p: float


def instability(values: ArrayLike, ledger: Ledger) -> Instability:
    """Compare the variance of head's metric over seeds with the ledger's.

    Args:
        values: float[S], the metric of each of head's runs; at least 3.
        ledger: main's seed noise.

    Raises:
        StatError: there are fewer than 3 runs.
    """
    runs = floats("values", values)
    if runs.size < FEWEST_SEEDS:
        raise StatError(f"values: {runs.size} runs, at least {FEWEST_SEEDS} needed to compare seed noise")
    own = variance(runs)
    if ledger.variance == 0:
        return Instability(float("inf"), 0.0) if own > 0 else Instability(1.0, 1.0)
    f = own / ledger.variance
    return Instability(f**0.5, float(fdtrc(runs.size - 1, ledger.df, f)))
