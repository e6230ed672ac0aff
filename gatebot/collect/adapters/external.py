"""The adapter for predictions: the user delivers them by a command or as a file, and gatebot scores them itself."""

from dataclasses import dataclass
from pathlib import Path

from gatebot.collect import argv, bounded_read, delivered, predictions
from gatebot.collect.adapters.adapter import ModelAdapter, RunSettings, TrainedModel
from gatebot.collect.program import Programs
from gatebot.collect.workspace import PredictRequest, TrainRequest, Workspace
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.need import Tier
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Fit, Labels, Training

PLACES = ("seed", "rows", "predictions", "train", "out", "device", "budget_s", "assets")


@dataclass(frozen=True, slots=True)
class ExternalPredictions(ModelAdapter):
    """Runs `model.run`: one command that trains and predicts the eval rows."""

    settings: RunSettings
    command: tuple[str, ...]
    device: str
    network: tuple[bool, bool]

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
    ) -> TrainedModel:
        """Run the command once. It trains and predicts the eval rows in the same run."""
        places = argv.places(self.command)
        evals = [predict_request for predict_request in predict_requests if predict_request.name == "eval"]
        if not evals and "rows" in places:
            raise UnmetError("`model.run` is run for predictions of the eval rows, and none were asked for")
        file, given = workspace.answer("eval.csv"), train_request.rows
        values: dict[str, str | int | float | Path] = {
            "seed": train_request.seed,
            "out": workspace.model,
            "train": given.path,
            "predictions": file,
            **({"rows": evals[0].rows.path} if evals else {}),
        }
        rows = (*((given.path,) if "train" in places else ()), *(each.rows.path for each in evals))
        effects = self._command(self.command, workspace, rows, values, (all(self.network), seconds))
        count, digest = (given.rows, given.digest) if "train" in places else (0, "")
        training = Training(effects, count, digest, workspace.model_bytes)
        model = TrainedModel(workspace, train_request, training)
        if "predictions" in places:
            model.answered = {
                each.name: predictions.read(file, each, effects, self.settings, rescored=True) for each in evals
            }
        return model

    def predict(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        """Return the predictions that the training run delivered."""
        if predict_request.name in model.answered:
            return model.answered[predict_request.name]
        if "predictions" not in argv.places(self.command):
            raise UnmetError("`model.run` does not say where {predictions} go")
        raise UnmetError("`model.run` predicts eval rows only")


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
