"""The need for the values of earlier runs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from gatebot.evidence.need import Name, Need, Side

MAX_RUNS = 1000


@dataclass(frozen=True, slots=True)
class History(Need):
    """The values that one metric or check had on earlier commits of main.

    Attributes:
        name: the metric, or the id of the check.
        count: how many of the latest runs.
        side: base, because only main's runs count.
    """

    kind: ClassVar[str] = "history"
    optional: ClassVar[bool] = True

    name: Name
    count: Annotated[int, Field(gt=0, le=MAX_RUNS)] = 100
    side: Side = Side.BASE

    @property
    def text(self) -> str:
        """The evidence in words."""
        return f"history of {self.name}"
