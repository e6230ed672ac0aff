"""The need to measure a model in use."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, PastSeconds, Side
from gatebot.evidence.predictions.need import Predict
from gatebot.evidence.training.need import Fit

ALONE, PAIRS = 1, 10
"""Processes that measure one model, and pairs of processes that measure base and head in turn."""


@dataclass(frozen=True, slots=True)
class Operation(Need):
    """Time and memory of predictions, measured while nothing else of gatebot runs.

    Attributes:
        fit: the training of the model.
        in_turn: whether base's model of the same training is measured in turn with it, so that both share whatever
            else the machine does.
    """

    kind: ClassVar[str] = "operation"
    alone: ClassVar[bool] = True

    fit: Fit
    in_turn: bool = False

    @property
    def side(self) -> Side:
        """The side whose Snapshot stores the evidence."""
        return self.fit.side

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The training, or both."""
        return (self.fit, self.fit.on(Side.BASE)) if self.in_turn else (self.fit,)

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "time and memory of predictions" + (", in turn with base's" if self.in_turn else "")

    def cost(self, past: PastSeconds) -> float:
        """Return what as many prediction processes took."""
        return (2 * PAIRS if self.in_turn else ALONE) * (past(Predict(self.fit)) or 0.0)
