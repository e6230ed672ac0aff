"""Reports the steps of the collector when they start and finish. Prints nothing itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import Protocol

from gatebot.collect.growth import Tell
from gatebot.evidence.need import Side


class Phase(StrEnum):
    """The kinds of work."""

    FETCH = "fetch"
    READ = "read"
    SETUP = "setup"
    TRAIN = "train"
    REFERENCE = "reference"
    PREDICT = "predict"
    SCORE = "score"
    INSPECT = "inspect"


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work. `what` distinguishes it from others of its phase, as in `seed 2, smoke`."""

    phase: Phase
    side: Side
    what: str = ""


class Progress(Protocol):
    """Receives progress. It is never called by two threads at once, and should return quickly and raise nothing."""

    def started(self, step: Step) -> None:
        """Called when a step starts."""

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """Called while a step runs: with what runs now, and the bytes that it has written; None when that starts."""

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Called when a step ends. `outcome` is `ok` or `ok, …`, an `Ending`, `problem: …`, `cached` or `built, …`."""

    def planned(self, trainings: int) -> None:
        """Called with the number of trainings that are about to start."""

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Called with the number of planned trainings of a side that are not run, and the reason."""


class NullProgress:
    """Ignores all progress."""

    def started(self, step: Step) -> None:
        """Do nothing."""

    def advanced(self, step: Step, what: str, size: int | None) -> None:
        """Do nothing."""

    def finished(self, step: Step, seconds: float, outcome: str) -> None:
        """Do nothing."""

    def planned(self, trainings: int) -> None:
        """Do nothing."""

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a step, set while it runs; `tell` reports what it does."""

    tell: Tell
    word: str = "ok"


class ProgressReporter:
    """Passes steps to a `Progress`, one call at a time."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = Lock()

    def planned(self, trainings: int) -> None:
        """Report how many trainings there will be."""
        with self._lock:
            self._progress.planned(trainings)

    def left_out(self, side: Side, trainings: int, why: str) -> None:
        """Report how many planned trainings of a side are not run."""
        with self._lock:
            self._progress.left_out(side, trainings, why)

    @contextmanager
    def step(self, phase: Phase, side: Side, what: str = "") -> Iterator[Outcome]:
        """Report a step while the block runs. If the block raises, the outcome is `error`."""
        step, start = Step(phase, side, what), time.monotonic()
        outcome = Outcome(partial(self._advanced, step))
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

    def _advanced(self, step: Step, what: str, size: int | None) -> None:
        with self._lock:
            self._progress.advanced(step, what, size)
