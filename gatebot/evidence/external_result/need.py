"""The need for a result file of the user's own tools."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Name, Need, Side


@dataclass(frozen=True, slots=True)
class ExternalResult(Need):
    """A file of results, by its path relative to the folder of gatebot.yml."""

    kind: ClassVar[str] = "external_result"
    optional: ClassVar[bool] = True

    side: Side
    path: Name

    @property
    def text(self) -> str:
        """The evidence in words."""
        return f"results in {self.path}"
