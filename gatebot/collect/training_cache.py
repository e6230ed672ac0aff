"""The trainings and predictions of one collector."""

from threading import Lock

from gatebot.collect.adapters.adapter import TrainedModel
from gatebot.collect.workspace import Workspace
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit


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

    def forget(self, fit: Fit) -> None:
        """Remove a training, so that it is carried out again."""
        with self._lock:
            self._done.pop(fit, None)

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
