"""How many trainings checks may ask for."""

from dataclasses import dataclass

from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import EVAL, Predict
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import Profile
from gatebot.evidence.training import Fit

AA_SEEDS = 5
"""Smoke seeds of a baseline. They compare main with itself, which shows how much seeds alone change a metric."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How many trainings checks may ask for, as the Rules and the kind of model allow.

    Attributes:
        smoke_seeds: number of seeds of the smoke tier.
        confirm_seeds: number of seeds of the confirm tier.
        folds: number of models per seed; if above 1, every row is predicted out of fold.
        trains: False if the repository offers stored predictions, so that nothing can be trained again.
        calls: `predict` is a Python function that gatebot calls, so it can be watched and timed.
        own: the user's own metrics, as `file.py:function`; each is scored on every set of predictions.
    """

    smoke_seeds: int = 2
    confirm_seeds: int = 5
    folds: int = 1
    trains: bool = True
    calls: bool = True
    own: tuple[str, ...] = ()

    def fits(self, side: Side, tier: Tier = Tier.SMOKE) -> tuple[Fit, ...]:
        """Return every training of one tier."""
        seeds = self.smoke_seeds if tier is Tier.SMOKE else self.confirm_seeds
        return tuple(Fit(side, tier, seed, fold) for seed in range(seeds) for fold in range(self.folds))

    def predictions(self, side: Side, tier: Tier = Tier.SMOKE, rows: AnyRows = EVAL) -> tuple[Predict, ...]:
        """Return the predictions of every training of one tier."""
        return tuple(Predict(fit, rows) for fit in self.fits(side, tier))

    def scores(self, side: Side, tier: Tier = Tier.SMOKE) -> tuple[Score, ...]:
        """Return the scores of the user's own metrics on all predictions of one tier."""
        return tuple(Score(predict, name) for predict in self.predictions(side, tier) for name in self.own)

    def claims(self, side: Side, tier: Tier = Tier.SMOKE) -> tuple[MetricsFile, ...]:
        """Return the metrics file of every training of one tier, one a seed."""
        seeds = self.smoke_seeds if tier is Tier.SMOKE else self.confirm_seeds
        return tuple(MetricsFile(side, tier, seed) for seed in range(seeds))

    def compared(self) -> tuple[Need, ...]:
        """Return the needs of a paired comparison: data profiles and smoke predictions of both sides."""
        head, base = Side.HEAD, Side.BASE
        return (Profile(head), *self.predictions(head), Profile(base), *self.predictions(base))
