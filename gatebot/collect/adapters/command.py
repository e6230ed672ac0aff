"""The adapter for commands: one command that trains and one that predicts, in any language."""

import time
from dataclasses import dataclass
from pathlib import Path

from gatebot.collect import argv, bounded_read, predictions
from gatebot.collect.adapters.adapter import ModelAdapter, RunSettings, TrainedModel, without_output
from gatebot.collect.workspace import PredictRequest, TrainRequest, Workspace
from gatebot.evidence.effects import Ending
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Training

COMMON = ("seed", "capacity", "device", "budget_s", "assets")
TRAIN = ("train", "out", "model", *COMMON)
PREDICT = ("rows", "predictions", "out", "model", *COMMON)


@dataclass(frozen=True, slots=True)
class CommandAdapter(ModelAdapter):
    """Runs the commands `model.train` and `model.predict`.

    Each command is split into words. The predict command runs in the working directory of the train command, so that it
    finds the files that training wrote beside the model.
    """

    settings: RunSettings
    training: tuple[str, ...]
    predicting: tuple[str, ...]
    device: str
    network: tuple[bool, bool]

    @classmethod
    def read(
        cls, settings: RunSettings, train: str, predict: str, device: str, network: tuple[bool, bool]
    ) -> "CommandAdapter":
        """Parse the two command lines.

        Raises:
            UsageError: a command line is not valid.
        """
        training, predicting = argv.split(train, "model.train"), argv.split(predict, "model.predict")
        argv.check(training, "model.train", TRAIN, needed=("train",))
        argv.check(predicting, "model.predict", PREDICT, needed=("rows", "predictions"))
        return cls(settings, training, predicting, device, network)

    def why_not(self, train_request: TrainRequest) -> str:
        """Return why this training is not possible: only a command with `{capacity}` can enlarge its model."""
        if train_request.fit.capacity != 1 and "capacity" not in argv.places(self.training):
            return "`model.train` takes no {capacity}"
        return ""

    def train(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> TrainedModel:
        """Run the training command."""
        rows = train_request.rows
        values = self._values(workspace, train_request) | {"train": rows.path}
        effects = self._command(self.training, workspace, (rows.path,), values, (self.network[0], seconds))
        size, names_model = workspace.model_bytes, argv.places(self.training) & {"out", "model"}
        if effects.ended is Ending.OK and names_model and size is None:
            effects = without_output(effects, "model at {out}")
        training = Training(effects, rows.rows, rows.digest, size)
        return TrainedModel(workspace, train_request, training, saved="command")

    def predict(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        """Run the predict command, once for each call."""
        start, parts = time.monotonic(), list[Predictions]()
        for call in predict_request.calls:
            left = max(seconds - (time.monotonic() - start), 1.0)
            parts.append(self._call(model, call, left))
            if parts[-1].problem or parts[-1].effects.ended is not Ending.OK:
                break
        return predictions.in_one(parts)

    def _call(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        workspace, path = model.workspace, predict_request.rows.path
        file = workspace.answer(f"{predict_request.name}.csv")
        bounded_read.forget(file)
        values = self._values(workspace, model.train_request) | {"rows": path, "predictions": file}
        effects = self._command(self.predicting, workspace, (path,), values, (self.network[1], seconds))
        return predictions.read(file, predict_request, effects, self.settings)

    def _values(self, workspace: Workspace, train_request: TrainRequest) -> dict[str, str | int | float | Path]:
        return {
            "seed": train_request.seed,
            "capacity": float(train_request.fit.capacity),
            "out": workspace.model,
            "model": workspace.model,
        }
