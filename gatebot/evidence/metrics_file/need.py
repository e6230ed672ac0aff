"""The need for the user's own metrics file."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, Side


@dataclass(frozen=True, slots=True)
class MetricsFile(Need):
    """The file that `model.metrics` names."""

    kind: ClassVar[str] = "metrics_file"
    optional: ClassVar[bool] = True

    side: Side

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "metrics file"
