"""Measures the time during which user commands ran, to separate it from gatebot's own time."""

import time

from gatebot.collect.progress import Phase, Progress, Step
from gatebot.evidence.need import Side

USERS = frozenset({Phase.FETCH, Phase.SETUP, Phase.TRAIN, Phase.PREDICT, Phase.SCORE, Phase.INSPECT})


class Stopwatch:
    """Passes progress on, and adds up the seconds in which at least one user step was running."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._running = 0
        self._since = 0.0
        self._seconds = 0.0

    @property
    def user_s(self) -> float:
        """The seconds so far."""
        return self._seconds + (time.monotonic() - self._since if self._running else 0.0)

    def planned(self, trainings: int) -> None:
        """See `Progress`."""
        self._progress.planned(trainings)

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """See `Progress`."""
        self._progress.left_out(side, trainings, why)

    def started(self, step: Step) -> None:
        """See `Progress`."""
        if step.phase in USERS:
            if not self._running:
                self._since = time.monotonic()
            self._running += 1
        self._progress.started(step)

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """See `Progress`."""
        self._progress.advanced(step, what, size)

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """See `Progress`."""
        if step.phase in USERS:
            self._running -= 1
            if not self._running:
                self._seconds += time.monotonic() - self._since
        self._progress.finished(step, seconds, outcome)
