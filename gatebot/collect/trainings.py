"""Trains the user's models, each once in a run."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock

from gatebot.collect.adapters.adapter import ModelAdapter, TrainedModel
from gatebot.collect.budget import Budget
from gatebot.collect.prepared import PreparedSide
from gatebot.collect.progress import Phase, ProgressReporter
from gatebot.collect.retry import twice
from gatebot.collect.training_cache import TrainingCache
from gatebot.collect.workspace import PredictRequest
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict
from gatebot.evidence.training import Fit


@dataclass(slots=True)
class Trainings:
    """The trainings of one round. Several threads may use it, but each training only one at a time.

    Attributes:
        prepared: the sides that could be prepared.
        cache: the trainings and predictions made so far.
        budget: the remaining time.
        reporter: the progress reporter.
        planned: the predictions that will be asked of each training.
    """

    prepared: Mapping[Side, PreparedSide]
    cache: TrainingCache
    budget: Budget
    reporter: ProgressReporter
    planned: Mapping[Fit, tuple[Predict, ...]] = field(default_factory=dict)
    _failed: dict[Fit, UnmetError] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def adapter(self, fit: Fit) -> ModelAdapter:
        """Return the adapter of a side.

        Raises:
            UnmetError: there is none, because predictions are brought.
        """
        adapter = self.prepared[fit.side].adapter
        if adapter is None:
            raise UnmetError("predictions are brought: nothing is trained")
        return adapter

    def model(self, fit: Fit) -> TrainedModel:
        """Return a trained model of the user's; it is trained if it was not yet in this run.

        Raises:
            UnmetError: the training is not possible, or the time is up. Such a training is not tried again.
            MachineError: the machine failed twice.
        """
        adapter, known = self.adapter(fit), self.cache.done(fit)
        return self._trained(fit, adapter) if known is None else known

    def _trained(self, fit: Fit, adapter: ModelAdapter) -> TrainedModel:
        with self._lock:
            known = self._failed.get(fit)
        if known is not None:
            raise UnmetError(str(known))
        try:
            return self._train(fit, adapter)
        except UnmetError as error:
            with self._lock:
                self._failed[fit] = error
            raise

    def _train(self, fit: Fit, adapter: ModelAdapter) -> TrainedModel:
        prepared_side = self.prepared[fit.side]
        train_request = prepared_side.dataset.train_request(fit)
        why_not = adapter.why_not(train_request)
        if why_not:
            raise UnmetError(why_not)
        requests = tuple(self._requests(fit))
        seconds = self.budget.seconds_for(fit, train_request.rows.rows)

        def in_new_workspace() -> TrainedModel:
            workspace = prepared_side.workspace()
            return adapter.train(workspace, train_request, requests, seconds)

        with self.reporter.step(Phase.TRAIN, fit.side, fit.label) as outcome:
            done = twice(in_new_workspace)
            effects = prepared_side.explained(done.training.effects, done.workspace)
            done.training = replace(done.training, effects=effects)
            outcome.word = done.training.effects.ended.value
        if self.budget.cut_short(done.training, seconds):
            raise UnmetError(f"budget: it was still training when the time was up, after {seconds:.0f} s")
        if fit.is_plain:
            self.budget.note(fit, done.training)
        self.cache.keep(done)
        return done

    def _requests(self, fit: Fit) -> Iterator[PredictRequest]:
        """Yield the rows that a training will be asked to predict, as far as they can be read."""
        for need in self.planned.get(fit, ()):
            with suppress(UnmetError):
                yield self.prepared[fit.side].dataset.predict_request(need)
