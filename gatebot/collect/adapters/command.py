"""The adapter for commands: one command that trains and one that predicts, in any language."""

import time
from dataclasses import dataclass
from pathlib import Path

from gatebot.collect import argv, bounded_read, predictions
from gatebot.collect.adapters.adapter import RunSettings, Trained, without_output
from gatebot.collect.workspace import InspectRequest, PredictRequest, TrainRequest, Workspace
from gatebot.evidence.effects import Ending
from gatebot.evidence.kind import Inspection, UnmetError
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Training

COMMON = ("seed", "capacity", "device", "budget_s", "assets")
TRAIN = ("train", "out", "model", *COMMON)
PREDICT = ("rows", "predictions", "out", "model", *COMMON)


@dataclass(frozen=True, slots=True)
class CommandAdapter:
    """Runs the commands `model.train` and `model.predict`.

    Each command is split into words. The predict command runs in the working directory of the train command, so that it
    finds the files that training wrote beside the model.
    """

    settings: RunSettings
    training: tuple[str, ...]
    predicting: tuple[str, ...]
    device: str
    network: tuple[bool, bool]

    rescored = False

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
    ) -> Trained:
        """Run the training command."""
        values = self._common(workspace, train_request, seconds) | {"train": train_request.rows.path}
        completed = self.settings.runner.run(
            argv.fill(self.training, values),
            workspace.scratch,
            cwd=workspace.cwd,
            readable=(train_request.rows.path, *self._assets()),
            network=self.network[0],
            seconds=seconds,
            env=self.settings.env(workspace),
        )
        effects, size = self.settings.runner.effects(completed), workspace.model_bytes
        names_model = argv.places(self.training) & {"out", "model"}
        if effects.ended is Ending.OK and names_model and size is None:
            effects = without_output(effects, "model at {out}")
        return Trained(Training(effects, train_request.rows.rows, train_request.rows.digest, size), saved="command")

    def predict(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        trained: Trained,
        predict_request: PredictRequest,
        seconds: float,
    ) -> Predictions:
        """Run the predict command, once for each call."""
        start, parts = time.monotonic(), list[Predictions]()
        for call in predict_request.calls:
            left = max(seconds - (time.monotonic() - start), 1.0)
            parts.append(self._call(workspace, train_request, call, left))
            if parts[-1].problem or parts[-1].effects.ended is not Ending.OK:
                break
        return predictions.in_one(parts)

    def _call(
        self, workspace: Workspace, train_request: TrainRequest, predict_request: PredictRequest, seconds: float
    ) -> Predictions:
        file = workspace.answer(f"{predict_request.name}.csv")
        bounded_read.forget(file)
        completed = self.settings.runner.run(
            argv.fill(
                self.predicting,
                self._common(workspace, train_request, seconds)
                | {"rows": predict_request.rows.path, "predictions": file},
            ),
            workspace.scratch,
            cwd=workspace.cwd,
            readable=(predict_request.rows.path, *self._assets()),
            network=self.network[1],
            seconds=seconds,
            env=self.settings.env(workspace),
        )
        return predictions.read(file, predict_request, self.settings.runner.effects(completed), self.settings)

    def answer(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        trained: Trained,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> None:
        """Do nothing: a command predicts one set of rows."""

    def inspect(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        trained: Trained,
        inspect_request: InspectRequest,
        seconds: float,
    ) -> Inspection:
        """Raise an error: a command may start any process."""
        raise UnmetError("`model.predict` is a command, so nothing can be looked at inside of its process")

    def _common(
        self, workspace: Workspace, train_request: TrainRequest, seconds: float
    ) -> dict[str, str | int | float | Path]:
        return {
            "seed": train_request.seed,
            "capacity": float(train_request.fit.capacity),
            "device": self.device,
            "budget_s": round(seconds),
            "assets": self.settings.assets or workspace.cwd,
            "out": workspace.model,
            "model": workspace.model,
        }

    def _assets(self) -> tuple[Path, ...]:
        return () if self.settings.assets is None else (self.settings.assets,)
