"""The adapter for predictions: the user delivers them by a command or as a file, and gatebot scores them itself."""

from dataclasses import dataclass
from pathlib import Path

from gatebot.collect import argv, bounded_read, delivered, predictions
from gatebot.collect.adapters.adapter import RunSettings, Trained
from gatebot.collect.program import Programs
from gatebot.collect.workspace import InspectRequest, PredictRequest, TrainRequest, Workspace
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import Inspection, UnmetError
from gatebot.evidence.need import Tier
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Fit, Labels, Training

PLACES = ("seed", "rows", "predictions", "train", "out", "device", "budget_s", "assets")


@dataclass(frozen=True, slots=True)
class ExternalPredictions:
    """Runs `model.run`: one command that trains and predicts the eval rows."""

    settings: RunSettings
    command: tuple[str, ...]
    device: str
    network: tuple[bool, bool]

    rescored = True

    @classmethod
    def read(cls, settings: RunSettings, run: str, device: str, network: tuple[bool, bool]) -> "ExternalPredictions":
        """Parse the command line.

        Raises:
            UsageError: the command line is not valid.
        """
        command = argv.split(run, "model.run")
        argv.check(command, "model.run", PLACES)
        return cls(settings, command, device, network)

    def why_not(self, train_request: TrainRequest) -> str:
        """Return why this training is not possible.

        Without `{train}`, the command chooses its own training rows: there is one tier only, and labels cannot be
        shuffled.
        """
        fit = train_request.fit
        if fit.capacity != 1:
            return "`model.run` takes no {capacity}"
        if "train" in argv.places(self.command):
            return ""
        if fit.tier is not Tier.SMOKE or fit.labels is not Labels.TRUE or fit.rows is not None:
            return "`model.run` trains on rows of its own"
        if fit.seed and "seed" not in argv.places(self.command):
            return "`model.run` takes no {seed}: there is one run"
        return ""

    def train(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> Trained:
        """Run the command once. It trains and predicts the eval rows in the same run."""
        evals = [predict_request for predict_request in predict_requests if predict_request.name == "eval"]
        if not evals and "rows" in argv.places(self.command):
            raise UnmetError("`model.run` is run for predictions of the eval rows, and none were asked for")
        file = workspace.answer("eval.csv")
        takes_ours = "train" in argv.places(self.command)
        rows = [train_request.rows.path] if takes_ours else []
        values: dict[str, str | int | float | Path] = {
            "seed": train_request.seed,
            "device": self.device,
            "budget_s": round(seconds),
            "assets": self.settings.assets or workspace.cwd,
            "out": workspace.model,
            "train": train_request.rows.path,
            "predictions": file,
        }
        if evals:
            values["rows"] = evals[0].rows.path
            rows.append(evals[0].rows.path)
        assets = [] if self.settings.assets is None else [self.settings.assets]
        completed = self.settings.runner.run(
            argv.fill(self.command, values),
            workspace.scratch,
            cwd=workspace.cwd,
            readable=(*rows, *assets),
            network=all(self.network),
            seconds=seconds,
            env=self.settings.env(workspace),
        )
        effects = self.settings.runner.effects(completed)
        count, digest = (train_request.rows.rows, train_request.rows.digest) if takes_ours else (0, "")
        trained = Trained(Training(effects, count, digest, workspace.model_bytes))
        if "predictions" in argv.places(self.command):
            trained.answered = {
                predict_request.name: predictions.read(file, predict_request, effects, self.settings, rescored=True)
                for predict_request in evals
            }
        return trained

    def predict(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        trained: Trained,
        predict_request: PredictRequest,
        seconds: float,
    ) -> Predictions:
        """Return the predictions that the training run delivered."""
        if predict_request.name in trained.answered:
            return trained.answered[predict_request.name]
        if "predictions" not in argv.places(self.command):
            raise UnmetError("`model.run` does not say where {predictions} go")
        raise UnmetError("`model.run` predicts eval rows only")

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
        raise UnmetError("`model.run` is a command, so nothing can be looked at inside of its process")


def from_file(root: Path, name: str, fit: Fit, predict_request: PredictRequest, settings: RunSettings) -> Predictions:
    """Read `model.predictions`, a file of the repository.

    Raises:
        UnmetError: the predictions of another training are requested, but the file holds only one set.
    """
    if fit != Fit(fit.side) or predict_request.name != "eval":
        raise UnmetError("predictions are brought as a file: there is one set, of the eval rows")
    effects = Effects(Ending.OK)
    path = (root / name).parent.resolve() / Path(name).name
    if not path.is_relative_to(root.resolve()):
        return delivered_nothing(effects, f"`{name}` lies outside of the repository")
    try:
        data = bounded_read.read(path, predict_request.requested.most_bytes)
    except FileNotFoundError:
        return delivered_nothing(effects, f"`{name}` does not exist")
    except bounded_read.UnreadableError as error:
        return delivered_nothing(effects, str(error))
    programs = Programs.beside(settings.runner)
    found = delivered.read(
        data, path.name, predict_request.requested, settings.task, settings.project, programs=programs
    )
    return Predictions(effects, found.ids, found.columns, found.problem, rescored=True)


def delivered_nothing(effects: Effects, problem: str) -> Predictions:
    """Return empty predictions with the reason."""
    return Predictions(effects, delivered.NO_IDS, {}, problem, rescored=True)
