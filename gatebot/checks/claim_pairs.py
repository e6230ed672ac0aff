"""How claims change from base to head, training by training, where both sides predict the same."""

import numpy as np

from gatebot.checks.claim_numbers import number_of
from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Floats
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Side, Tier


def claim_changes(comparison: Comparison, name: str) -> Floats:
    """Return head's claim less base's, float[trainings], of all trainings if each predicts the same on both sides.

    It is empty if one of them does not, or if one side claims one value of all trainings, such as a file that lies in
    the commit: that is one claim.
    """
    runs = {tier: comparison.runs(tier) for tier in _tiers(comparison)}
    if not all(run.identical for each in runs.values() for run in each):
        return np.zeros(0)
    pairs = [
        [_claimed(comparison, name, MetricsFile(side, tier, run.seed)) for side in Side]
        for tier, each in runs.items()
        for run in each
    ]
    values = np.array([pair for pair in pairs if None not in pair], dtype=np.float64).reshape(-1, 2)
    if len(values) < 2 or (values == values[0]).all(axis=0).any():
        return np.zeros(0)
    base, head = values.T
    return np.asarray(head - base)


def _tiers(comparison: Comparison) -> tuple[Tier, ...]:
    """Return the tiers; only the larger one if both train on the same rows, so that no training counts twice."""
    profile = comparison.profile(Side.HEAD)
    if profile is None or not profile.one_tier:
        return tuple(Tier)
    return (Tier.CONFIRM,) if comparison.runs(Tier.CONFIRM) else (Tier.SMOKE,)


def _claimed(comparison: Comparison, name: str, need: MetricsFile) -> float | None:
    snapshot = comparison.side(need.side)
    file = None if snapshot is None else snapshot.get(need, ReportedMetrics)
    number = None if file is None else number_of(name, file)
    return None if number is None else number.value
