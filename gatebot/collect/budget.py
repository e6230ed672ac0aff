"""The remaining time, and an estimate of how much of it a training takes."""

import time
from threading import Lock

from gatebot.collect.job import Job
from gatebot.evidence.effects import Ending
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.training import Fit, Training

Kind = tuple[Side | None, Tier]


class Budget:
    """Records how long trainings took, and refuses trainings that would not finish in time."""

    def __init__(self, job: Job) -> None:
        self._deadline = job.deadline
        self._timeout = job.rules.smoke.timeout
        self._lock = Lock()
        self._took: dict[Kind, float] = {}
        self._rows: dict[Kind, int] = {}
        if job.known_base is not None:
            for need, evidence in job.known_base.evidence.items():
                if isinstance(evidence, Training) and isinstance(need, Fit) and need.is_plain:
                    self._note((None, need.tier), evidence)

    def end_at(self, deadline: float) -> None:
        """Let no training start that would probably not end before this time of `time.monotonic()`."""
        self._deadline = deadline

    def seconds_for(self, fit: Fit, rows: int) -> float:
        """Return the time limit for a training.

        Raises:
            UnmetError: the training would probably not finish before the deadline.
        """
        if self._deadline is None:
            return self._timeout
        left = self._deadline - time.monotonic()
        expected = self.expected(fit, rows)
        if left <= 0 or expected > left:
            raise UnmetError(f"budget: {expected:.0f} s needed, {max(left, 0):.0f} s left")
        return min(self._timeout, left)

    def seconds_left(self) -> float:
        """Return the time limit for a short command."""
        if self._deadline is None:
            return self._timeout
        return max(1.0, min(self._timeout, self._deadline - time.monotonic()))

    def expected(self, fit: Fit, rows: int) -> float:
        """Return the expected seconds of a training, or 0 if nothing is known.

        If only the other tier was timed, its time is scaled by the number of rows.
        """
        with self._lock:
            for side in (fit.side, None):
                for tier in (fit.tier, Tier.SMOKE, Tier.CONFIRM):
                    took = self._took.get((side, tier))
                    if took is not None:
                        known = self._rows[side, tier]
                        return took * rows / known if known and rows and tier is not fit.tier else took
        return 0.0

    def note(self, fit: Fit, training: Training) -> None:
        """Record how long a training took."""
        with self._lock:
            self._note((fit.side, fit.tier), training)

    def cut_short(self, training: Training, seconds: float) -> bool:
        """Return whether the deadline ended a training before the user's own limit."""
        return training.effects.ended is Ending.TIMEOUT and seconds < self._timeout

    def _note(self, kind: Kind, training: Training) -> None:
        if training.effects.ended is Ending.OK:
            self._took[kind] = max(self._took.get(kind, 0.0), training.effects.seconds)
            self._rows[kind] = training.rows
