"""The need for a data profile."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Need, Side


@dataclass(frozen=True, slots=True)
class Profile(Need):
    """The profile of the data as it was read: columns, row identities, the split."""

    kind: ClassVar[str] = "profile"

    side: Side

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "data"
