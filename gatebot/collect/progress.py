"""What collect says while it works: steps that start and finish. Nothing is printed here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Protocol

from gatebot.core.needs import Side


class Phase(StrEnum):
    """The kinds of work."""

    FETCH = "fetch"
    READ = "read"
    SETUP = "setup"
    TRAIN = "train"
    REFERENCE = "reference"
    PREDICT = "predict"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work. `what` tells it from others of its phase: `seed 2, smoke`."""

    phase: Phase
    side: Side
    what: str = ""


class Progress(Protocol):
    """Somebody who is told. Never called by two threads at once; should return soon and raise nothing."""

    def started(self, step: Step) -> None:
        """A step starts."""

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """A step is over. `outcome`: `ok`, an `Ending`, `problem: …` or `cached`."""

    def planned(self, trainings: int) -> None:
        """So many trainings are about to start."""


class NullProgress:
    """Tells nobody."""

    def started(self, step: Step) -> None:
        """Nothing."""

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Nothing."""

    def planned(self, trainings: int) -> None:
        """Nothing."""


@dataclass(slots=True)
class Outcome:
    """How a step went, filled in while it lasts."""

    word: str = "ok"


class ProgressReporter:
    """Passes steps on, one at a time."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = Lock()

    def planned(self, trainings: int) -> None:
        """Say how many trainings there will be."""
        with self._lock:
            self._progress.planned(trainings)

    @contextmanager
    def step(self, phase: Phase, side: Side, what: str = "") -> Iterator[Outcome]:
        """Announce a step for as long as the block lasts; an exception is announced as `error`."""
        step, outcome, start = Step(phase, side, what), Outcome(), time.monotonic()
        with self._lock:
            self._progress.started(step)
        try:
            yield outcome
        except BaseException:
            outcome.word = "error"
            raise
        finally:
            with self._lock:
                self._progress.finished(step, time.monotonic() - start, outcome.word)
