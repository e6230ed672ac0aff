"""The need for predictions."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions.rows import EVAL, AnyRows
from gatebot.evidence.training.need import Fit


@dataclass(frozen=True, slots=True)
class Predict(Need):
    """Predictions of one trained model on one set of rows."""

    kind: ClassVar[str] = "predictions"

    fit: Fit
    rows: AnyRows = EVAL

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
        whose = self.fit.text
        return f"predictions of {self.rows.text}" + ("" if whose == Fit(self.side).text else f" of the {whose}")

    @property
    def label(self) -> str:
        """This one piece of evidence in words."""
        return f"{self.rows.text}, {self.fit.label}"
