"""The need for the user's own metrics file."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Count, Need, Side, Tier
from gatebot.evidence.training.need import Fit


@dataclass(frozen=True, slots=True)
class MetricsFile(Need):
    """The file that `model.metrics` names.

    Attributes:
        side: whose code wrote it.
        tier: tier of the training that wrote it.
        seed: index of the seed of that training. The file of the first one may also lie in the commit.
    """

    kind: ClassVar[str] = "metrics_file"
    optional: ClassVar[bool] = True

    side: Side
    tier: Tier = Tier.SMOKE
    seed: Count = 0

    @property
    def training(self) -> Fit:
        """The training that wrote it."""
        return Fit(self.side, self.tier, self.seed)

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The training; none for the first one's file, which may lie in the commit."""
        return () if self.training == Fit(self.side) else (self.training,)

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "metrics file" if not self.prerequisites else "metrics files of further trainings"
