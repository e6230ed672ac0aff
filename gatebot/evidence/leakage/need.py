"""The need for what gives the target away."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from gatebot.evidence.need import Name, Need, Side
from gatebot.evidence.profile.need import Profile

MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Leakage(Need):
    """What gives the target away in one side's data.

    Attributes:
        side: whose data is searched.
        columns: the columns that are searched, the most suspicious first. Target, id and split column are left out.
    """

    kind: ClassVar[str] = "leakage"

    side: Side
    columns: Annotated[tuple[Name, ...], Field(max_length=MAX_COLUMNS)] = ()

    @property
    def prerequisites(self) -> tuple[Need, ...]:
        """The data."""
        return (Profile(self.side),)

    @property
    def text(self) -> str:
        """The evidence in words."""
        return "what single columns tell of the target"
