"""Needs grouped by training, what came of them, and the trainings that are finished."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from gatebot.collect.adapters.adapter import TrainedModel
from gatebot.collect.workspace import Workspace
from gatebot.errors import MachineError
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side, with_prerequisites
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, training_of

T = TypeVar("T")


@dataclass(slots=True)
class TrainingJob:
    """The needs of one training, in the order in which they were asked for."""

    fit: Fit
    needs: list[Need] = field(default_factory=list)

    @property
    def predicts(self) -> tuple[Predict, ...]:
        """All predictions that the needs require."""
        parts = (part for need in self.needs for part in with_prerequisites(need))
        return tuple(dict.fromkeys(part for part in parts if isinstance(part, Predict)))


@dataclass(slots=True)
class Collected:
    """Evidence for needs, and the reasons of unmet needs."""

    evidence: dict[Need, Evidence] = field(default_factory=dict)
    unmet: dict[Need, str] = field(default_factory=dict)

    def add(self, more: "Collected") -> None:
        """Add further results."""
        self.evidence |= more.evidence
        self.unmet |= more.unmet

    def share(self, served_by: Mapping[Need, Need]) -> None:
        """Copy to each need the result of the need that serves it, and drop serving needs that were not requested."""
        for need, server in served_by.items():
            if server in self.evidence:
                self.evidence[need] = self.evidence[server]
            elif server in self.unmet:
                self.unmet[need] = self.unmet[server]
        for server in set(served_by.values()) - served_by.keys():
            self.evidence.pop(server, None)
            self.unmet.pop(server, None)


class TrainingCache:
    """The trainings and predictions of this session. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._done: dict[Fit, TrainedModel] = {}
        self._predictions: dict[Predict, Predictions] = {}

    def keep(self, done: TrainedModel) -> None:
        """Store a training."""
        with self._lock:
            self._done[done.train_request.fit] = done

    def done(self, fit: Fit) -> TrainedModel | None:
        """Return a training, or None."""
        with self._lock:
            return self._done.get(fit)

    def first_workspace(self, side: Side) -> Workspace | None:
        """Return the workspace of a side's first training that others are compared with; None if there is none."""
        with self._lock:
            fits = [fit for fit in self._done if fit.side is side and fit.is_plain]
            first = min(fits, key=lambda fit: (fit.tier != "smoke", fit.seed, fit.fold), default=None)
            return None if first is None else self._done[first].workspace

    def keep_predictions(self, need: Predict, predictions: Predictions) -> None:
        """Store predictions."""
        with self._lock:
            self._predictions[need] = predictions

    def predictions(self, need: Predict) -> Predictions | None:
        """Return predictions, or None."""
        with self._lock:
            return self._predictions.get(need)


def grouped(needs: Iterable[Need]) -> list[TrainingJob]:
    """Group needs by training, in the order in which the trainings were first requested.

    Needs without a training, and those that are collected while nothing else runs, are left out.
    """
    groups: dict[Fit, TrainingJob] = {}
    for need in needs:
        fit = training_of(need)
        if fit is not None and not need.alone:
            groups.setdefault(fit, TrainingJob(fit)).needs.append(need)
    return list(groups.values())


def twice(work: Callable[[], T]) -> T:
    """Call a function, and call it once more if the machine failed.

    Raises:
        MachineError: it failed again.
    """
    try:
        return work()
    except MachineError:
        return work()
