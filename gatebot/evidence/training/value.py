"""A training as evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.effects import Effects
from gatebot.evidence.flaws import negative
from gatebot.evidence.kind import Evidence


@dataclass(frozen=True, slots=True)
class Training(Evidence):
    """One training. `rows_digest` is equal for equal training rows; `artifact_bytes` is the size of the model."""

    effects: Effects
    rows: int
    rows_digest: str
    artifact_bytes: int | None = None
    losses: tuple[float, ...] = ()

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from self.effects.flaws()
        yield from negative("rows", [self.rows, self.artifact_bytes or 0])

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.effects.seconds
