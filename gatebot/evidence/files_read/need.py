"""The need for the files that a training and its predicting read."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.training import Fit


@dataclass(frozen=True, slots=True)
class FilesRead(Need):
    """The files of the commit that one training read, together with the predictions of the eval rows."""

    kind: ClassVar[str] = "files_read"
    optional: ClassVar[bool] = True

    fit: Fit

    @property
    def side(self) -> Side:
        """The side that was trained."""
        return self.fit.side

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The training and its predictions."""
        return (self.fit, Predict(self.fit))

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "files that training reads"
