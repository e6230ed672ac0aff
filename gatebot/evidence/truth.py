"""The labels of the eval rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.column import Column, Hashes, Numbers
from gatebot.evidence.flaws import in_columns, negative, repeated


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The labels of the eval rows, stored apart from everything that user code can access."""

    ids: Hashes
    target: Column
    weight: Numbers | None = None

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from repeated(self.ids)
        columns = {"target": self.target, "weight": self.weight}
        yield from in_columns(len(self.ids), ((name, c) for name, c in columns.items() if c is not None))
        if self.weight is not None:
            yield from negative("weights", self.weight.values.tolist())
