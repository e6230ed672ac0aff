"""The seam between gatebot and the three ways in which a repository offers its model."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from gatebot.collect.copied_predictions import CommittedFiles
from gatebot.collect.delivered import Delivered
from gatebot.collect.runner import Runner
from gatebot.collect.workspace import PredictRequest, TrainRequest, Workspace
from gatebot.config.document import TaskName
from gatebot.evidence.kinds import Effects, Ending, Predictions, Training


class UnmetError(Exception):
    """A need that cannot be met; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all trainings of one side have in common.

    Attributes:
        runner: starts user code in the side's environment.
        python: the interpreter, or None where there is none.
        worker: the folder of gatebot's code that runs in it.
        tasks: where tasks for it are written, out of user code's reach.
        assets: where `data.assets` lie, or None.
        own_code: folders of the tree that must be importable, relative to it.
        task: what predictions are.
        project: keys hashes.
        committed: the tables of the tree, among which predictions are looked for.
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
        """Variables that depend on where a training stands."""
        return self.importing(workspace.tree)

    def importing(self, tree: Path) -> dict[str, str]:
        """Variables by which a copy of the tree's code is found, where the environment only links to it."""
        folders = [str(tree / folder) for folder in self.own_code]
        return {"PYTHONPATH": ":".join(folders)} if folders else {}


@dataclass(slots=True)
class Trained:
    """A training that was carried out, and what predicting needs to know of it.

    Attributes:
        training: the evidence.
        saved: how the model was saved; empty where it is not a file.
        answered: predictions that were made on the way, by name of the question.
    """

    training: Training
    saved: str = ""
    answered: dict[str, Predictions] = field(default_factory=dict)


class ModelAdapter(Protocol):
    """One way to train and to predict."""

    @property
    def rescored(self) -> bool:
        """Predictions are brought by the user, not made by a call of `predict`."""

    def why_not(self, train_request: TrainRequest) -> str:
        """Why there is no such training, or an empty text."""

    def train(
        self, workspace: Workspace, train_request: TrainRequest, questions: tuple[PredictRequest, ...], seconds: float
    ) -> Trained:
        """Train. `questions` are those that will be asked: for models that can only answer where they were trained.

        Raises:
            UnmetError: it cannot be done this way.
            MachineError: the machine failed.
        """

    def predict(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        trained: Trained,
        question: PredictRequest,
        seconds: float,
    ) -> Predictions:
        """Predict.

        Raises:
            UnmetError: it cannot be done this way.
            MachineError: the machine failed.
        """


def failed(effects: Effects, problem: str = "") -> Predictions:
    """Predictions that never came."""
    return delivered(effects, Delivered(problem=problem))


def delivered(effects: Effects, delivery: Delivered, *, rescored: bool = False) -> Predictions:
    """Predictions as they were delivered, or why there are none."""
    return Predictions(effects, delivery.ids, delivery.columns, delivery.problem, rescored)


def without_output(effects: Effects, what: str) -> Effects:
    """The effects of a run that ended well and left nothing."""
    return replace(effects, ended=Ending.NO_OUTPUT, log_tail=(*effects.log_tail, f"gatebot: there is no {what}"))
