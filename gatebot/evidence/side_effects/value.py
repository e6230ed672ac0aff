"""Side effects as evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.flaws import negative
from gatebot.evidence.kind import Evidence

MAX_NAMES = 20


@dataclass(frozen=True, slots=True)
class Observed(Evidence):
    """What two calls of `predict` with the same few rows changed.

    The user's process reports it, so a hostile one can hide effects, but not invent those of base.

    Attributes:
        rows: the number of rows of each call.
        input: what changed in the rows that were passed in, such as `columns` or the name of a column.
        files: files of the working folder that were made, changed or removed, at most 20.
        random_state: the libraries whose global random state changed.
        folder: whether another folder became the working folder.
        took_s: how long the process took.
        problem: why nothing was observed, such as a crash; empty if it was.
    """

    rows: int
    input: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    random_state: tuple[str, ...] = ()
    folder: bool = False
    took_s: float = 0.0
    problem: str = ""

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from negative("rows and times", [self.rows, self.took_s])
        if any(len(names) > MAX_NAMES for names in (self.input, self.files, self.random_state)):
            yield f"more than {MAX_NAMES} side effects of one kind"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.took_s
