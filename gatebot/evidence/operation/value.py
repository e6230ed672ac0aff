"""A model in use as evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatebot.evidence.flaws import negative
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Side

MAX_RUNS, MAX_TIMES = 40, 1000


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """One process that loaded a model and predicted.

    Attributes:
        side: whose model it is.
        start_s: seconds until the user's code was imported and the model loaded.
        single_s: seconds of each call with one row.
        batch_s: seconds of each call with `batch_rows` rows.
        batch_rows: the number of rows of a batch.
        growth_bytes: memory that each batch adds after the first ones; None if it could not be measured.
        peak_rss_bytes: the maximum memory of the process.
        problem: why nothing was measured, such as a crash; empty if it was.
    """

    side: Side
    start_s: float
    single_s: tuple[float, ...]
    batch_s: tuple[float, ...]
    batch_rows: int
    growth_bytes: float | None = None
    peak_rss_bytes: int = 0
    problem: str = ""

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        numbers = [self.start_s, *self.single_s, *self.batch_s, self.batch_rows, self.peak_rss_bytes]
        yield from negative("times and sizes", numbers)
        yield from negative("growth", [abs(self.growth_bytes or 0.0)])
        if max(len(self.single_s), len(self.batch_s)) > MAX_TIMES:
            yield f"more than {MAX_TIMES:,} times in one process"


@dataclass(frozen=True, slots=True)
class OperationRuns(Evidence):
    """The processes that measured a model, in their order. The user's processes report the times.

    Attributes:
        runs: the processes; those of base and head take turns.
        took_s: how long all of them took.
    """

    runs: tuple[ProcessRun, ...]
    took_s: float = 0.0

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        yield from negative("times", [self.took_s])
        if len(self.runs) > MAX_RUNS:
            yield f"more than {MAX_RUNS} processes"
        for run in self.runs:
            yield from run.flaws()

    def of(self, side: Side) -> tuple[ProcessRun, ...]:
        """Return the processes of one side."""
        return tuple(run for run in self.runs if run.side is side)
