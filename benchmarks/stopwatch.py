"""What something takes: seconds of the processor and of the clock, the median of a few times.

The processor's seconds decide: they hardly change when somebody else uses the machine too.
"""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds."""

    cpu: float
    wall: float

    def times(self, factor: float) -> "Took":
        """So many times as much."""
        return Took(self.cpu * factor, self.wall * factor)


def timed(work: Callable[[], object], times: int = 3) -> Took:
    """The median of calls in this process."""
    return _median([_once(work, _own) for _ in range(times)])


def timed_process(argv: Sequence[str | Path], times: int = 3, *, cwd: Path | None = None) -> Took:
    """The median of whole processes, start included.

    Raises:
        CalledProcessError: one failed.
    """

    def work() -> object:
        return subprocess.run(argv, check=True, capture_output=True, cwd=cwd)

    return _median([_once(work, _childrens) for _ in range(times)])


def _once(work: Callable[[], object], cpu: Callable[[], float]) -> Took:
    start, spent = time.perf_counter(), cpu()
    work()
    return Took(cpu() - spent, time.perf_counter() - start)


def _own() -> float:
    return time.process_time()


def _childrens() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _median(found: Sequence[Took]) -> Took:
    return Took(median(each.cpu for each in found), median(each.wall for each in found))
