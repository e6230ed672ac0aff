"""The interface between the collector and an adapter."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatebot.collect import argv
from gatebot.collect.copied_predictions import CommittedFiles
from gatebot.collect.delivered import Delivered
from gatebot.collect.runner import Runner
from gatebot.collect.workspace import InspectRequest, PredictRequest, TrainRequest, Workspace
from gatebot.config.document import TaskName
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import Inspection, UnmetError
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Training


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything that the trainings of one side share.

    Attributes:
        runner: starts user code in the side's environment.
        python: the interpreter, or None where there is none.
        worker: the folder with the copy of gatebot's worker code that runs in this interpreter.
        tasks: the folder for the task files of the worker. User code cannot write to it.
        assets: the folder with `data.assets`, or None.
        own_code: folders of the tree that must be importable, relative to it.
        task: the kind of prediction.
        project: the key for hashes of ids.
        committed: the tables in the tree, which are searched for copied predictions.
    """

    runner: Runner
    python: Path | None
    worker: Path
    tasks: Path
    assets: Path | None
    own_code: tuple[str, ...]
    task: TaskName
    project: str
    committed: CommittedFiles | None = None

    def env(self, workspace: Workspace) -> dict[str, str]:
        """Return the environment variables that depend on the workspace of a training."""
        return self.importing(workspace.tree)

    def importing(self, tree: Path) -> dict[str, str]:
        """Return the variables that make Python import the code of this copy of the tree."""
        folders = [str(tree / folder) for folder in self.own_code]
        return {"PYTHONPATH": ":".join(folders)} if folders else {}


@dataclass(slots=True)
class TrainedModel:
    """A completed training of this session, whose model can predict.

    Attributes:
        workspace: where the training ran.
        train_request: the rows and the seed.
        training: the evidence.
        saved: how the model was saved; empty if it was not saved as a file.
        answered: predictions that were made with others in one process, by the name of the predict request.
        tried: the names of the predict requests that were tried together in one process.
    """

    workspace: Workspace
    train_request: TrainRequest
    training: Training
    saved: str = ""
    answered: dict[str, Predictions] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)


class ModelAdapter(ABC):
    """One way to train a model and to predict with it. Every method raises `MachineError` if the machine failed.

    Attributes:
        settings: what all runs of the side share.
        device: `cpu` or `cuda`.
        network: whether training and whether predicting may open network connections.
    """

    __slots__ = ()

    settings: RunSettings
    device: str
    network: tuple[bool, bool]

    def why_not(self, train_request: TrainRequest) -> str:
        """Return why this training is not possible, or an empty string if it is."""
        return ""

    @abstractmethod
    def train(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> TrainedModel:
        """Train a model.

        Args:
            workspace: where the training runs.
            train_request: the rows and the seed.
            predict_requests: the requests that will follow, for models that can only predict in the process that
                trained.
            seconds: the time limit.

        Raises:
            UnmetError: this adapter cannot meet the request.
        """

    @abstractmethod
    def predict(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        """Predict with a trained model.

        Raises:
            UnmetError: this adapter cannot meet the request.
        """

    def answer(self, model: TrainedModel, predict_requests: tuple[PredictRequest, ...], seconds: float) -> None:
        """Predict several sets of rows in one process, where that is possible, and add them to `model.answered`.

        What fails there is left out, and can be asked for by itself.
        """
        return

    def inspect(self, model: TrainedModel, inspect_request: InspectRequest, seconds: float) -> Inspection:
        """Run a program of gatebot's beside a trained model, in the user's process.

        Raises:
            UnmetError: this adapter starts no process that gatebot could look into.
        """
        raise UnmetError("the model is a command, so nothing can be looked at inside of its process")

    def _command(
        self,
        words: tuple[str, ...],
        workspace: Workspace,
        rows: tuple[Path, ...],
        values: Mapping[str, str | int | float | Path],
        limits: tuple[bool, float],
    ) -> Effects:
        """Run a command of the user's, whose words hold places for values.

        Args:
            words: the words of the command.
            workspace: where it runs.
            rows: the files of rows that it may read.
            values: the values of its places, besides the device and the assets.
            limits: whether it may open network connections, and the time limit in seconds.
        """
        network, seconds = limits
        assets = self.settings.assets
        common: dict[str, str | int | float | Path] = {
            "device": self.device,
            "budget_s": round(seconds),
            "assets": assets or workspace.cwd,
        }
        completed = self.settings.runner.run(
            argv.fill(words, {**common, **values}),
            workspace.scratch,
            cwd=workspace.cwd,
            readable=(*rows, *(() if assets is None else (assets,))),
            network=network,
            seconds=seconds,
            env=self.settings.env(workspace),
        )
        return self.settings.runner.effects(completed, workspace.tree)


def failed(effects: Effects, problem: str = "") -> Predictions:
    """Return predictions that record a failure: no values, only the effects and the problem."""
    return delivered(effects, Delivered(problem=problem))


def delivered(effects: Effects, delivery: Delivered, *, rescored: bool = False) -> Predictions:
    """Return the delivered columns as predictions, or the reason why there are none."""
    return Predictions(effects, delivery.ids, delivery.columns, delivery.problem, rescored)


def without_output(effects: Effects, what: str) -> Effects:
    """Return the effects of a run that exited with code 0 but did not write its output."""
    return replace(effects, ended=Ending.NO_OUTPUT, log_tail=(*effects.log_tail, f"gatebot: there is no {what}"))
