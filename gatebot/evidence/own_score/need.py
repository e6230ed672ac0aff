"""The need for a value of a user-written metric."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions.need import Predict


@dataclass(frozen=True, slots=True)
class Score(Need):
    """The values of one of the user's own metrics on one set of predictions. `metric` is `file.py:function`."""

    kind: ClassVar[str] = "own_score"

    predict: Predict
    metric: str

    @property
    def side(self) -> Side:
        """The side whose model is scored."""
        return self.predict.side

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The predictions."""
        return (self.predict,)

    @property
    def text(self) -> str:
        """The evidence in words."""
        return f"value of the metric {self.metric}"
