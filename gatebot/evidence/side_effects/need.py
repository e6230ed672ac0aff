"""The need to watch a call of `predict`."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, PastSeconds, Side
from gatebot.evidence.predictions.need import Predict
from gatebot.evidence.training.need import Fit


@dataclass(frozen=True, slots=True)
class SideEffects(Need):
    """What a call of `predict` changes: its input, the repository's files, the global random state."""

    kind: ClassVar[str] = "side_effects"

    fit: Fit

    @property
    def side(self) -> Side:
        """The side whose model predicts."""
        return self.fit.side

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The training."""
        return (self.fit,)

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "side effects of `predict`"

    def cost(self, past: PastSeconds) -> float:
        """Return what predictions took: one process loads the model and predicts a few rows twice."""
        return past(Predict(self.fit)) or 0.0
