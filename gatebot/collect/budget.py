"""Time that is left, and what a training will probably take of it."""

import time
from threading import Lock

from gatebot.collect.adapters.adapter import UnmetError
from gatebot.collect.job import Job
from gatebot.core.needs import Fit, Side, Tier
from gatebot.evidence.kinds import Ending, Training

Kind = tuple[Side | None, Tier]


class Budget:
    """Keeps what trainings took, and refuses those that would not end in time."""

    def __init__(self, job: Job) -> None:
        self._deadline = job.deadline
        self._timeout = job.rules.smoke.timeout
        self._lock = Lock()
        self._took: dict[Kind, float] = {}
        self._rows: dict[Kind, int] = {}
        if job.known_base is not None:
            for key, evidence in job.known_base.evidence.items():
                if isinstance(evidence, Training) and key.startswith("fit-user-"):
                    tier = next(tier for tier in Tier if f"-{tier}-" in key)
                    self._note((None, tier), evidence)

    def seconds_for(self, fit: Fit, rows: int) -> float:
        """How long a training may take.

        Raises:
            UnmetError: it would probably not end before the deadline.
        """
        if self._deadline is None:
            return self._timeout
        left = self._deadline - time.monotonic()
        expected = self.expected(fit, rows)
        if left <= 0 or expected > left:
            raise UnmetError(f"budget: {expected:.0f} s needed, {max(left, 0):.0f} s left")
        return min(self._timeout, left)

    def seconds_left(self) -> float:
        """How long a short command may take."""
        if self._deadline is None:
            return self._timeout
        return max(1.0, min(self._timeout, self._deadline - time.monotonic()))

    def expected(self, fit: Fit, rows: int) -> float:
        """Seconds that a training will probably take; 0 where nothing is known. Of another tier: by its rows."""
        with self._lock:
            for side in (fit.side, None):
                for tier in (fit.tier, Tier.SMOKE, Tier.CONFIRM):
                    took = self._took.get((side, tier))
                    if took is not None:
                        known = self._rows[side, tier]
                        return took * rows / known if known and rows and tier is not fit.tier else took
        return 0.0

    def note(self, fit: Fit, training: Training) -> None:
        """Remember what a training took."""
        with self._lock:
            self._note((fit.side, fit.tier), training)

    def cut_short(self, training: Training, seconds: float) -> bool:
        """Whether the deadline ended it, and not the user's own limit."""
        return training.effects.ended is Ending.TIMEOUT and seconds < self._timeout

    def _note(self, kind: Kind, training: Training) -> None:
        if training.effects.ended is Ending.OK:
            self._took[kind] = max(self._took.get(kind, 0.0), training.effects.seconds)
            self._rows[kind] = training.rows
