"""The values of earlier runs as evidence."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pydantic import AwareDatetime

from gatebot.evidence.history.need import MAX_RUNS
from gatebot.evidence.kind import Evidence

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RunValue:
    """The value of one run: the commit, when the run ended, and the number."""

    commit: str
    time: AwareDatetime
    value: float


@dataclass(frozen=True, slots=True)
class RunHistory(Evidence):
    """The values of earlier runs, the oldest first."""

    runs: tuple[RunValue, ...]

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if len(self.runs) > MAX_RUNS:
            yield f"there are more than {MAX_RUNS:,} runs"
        if not all(_COMMIT.fullmatch(run.commit) for run in self.runs):
            yield "a commit is not named by its hash"
        if not all(math.isfinite(run.value) for run in self.runs):
            yield "a value is not finite"
        if any(before.time > after.time for before, after in pairwise(self.runs)):
            yield "the runs are not in the order of their times"
