"""The need for a running service."""

from dataclasses import dataclass
from typing import ClassVar

from gatebot.evidence.need import Name, Need, Side


@dataclass(frozen=True, slots=True)
class Service(Need):
    """The answers of a service that the repository starts, by the name that the configuration gives it."""

    kind: ClassVar[str] = "service"
    optional: ClassVar[bool] = True
    alone: ClassVar[bool] = True

    side: Side
    name: Name

    @property
    def text(self) -> str:
        """The evidence in words."""
        return f"answers of the service {self.name}"
