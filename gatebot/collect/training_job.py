"""Carries out all needs of one training in order: train, predict, score."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from gatebot.collect import reference_models
from gatebot.collect.adapters import external
from gatebot.collect.adapters.adapter import ModelAdapter, Surroundings, Trained, UnmetError
from gatebot.collect.budget import Budget
from gatebot.collect.job import Tree
from gatebot.collect.prepared import PreparedSide
from gatebot.collect.program import Programs
from gatebot.collect.progress import Phase, ProgressReporter
from gatebot.collect.scoring import score
from gatebot.collect.workspace import PredictRequest, TrainRequest, Workspace
from gatebot.core.needs import Fit, Labels, Model, Need, Predict, Score
from gatebot.errors import MachineError
from gatebot.evidence.kinds import Ending, Evidence, Predictions

T = TypeVar("T")


@dataclass(slots=True)
class TrainingJob:
    """The needs of one training. `fit_asked` is true if the training itself is also requested as evidence."""

    fit: Fit
    fit_asked: bool = False
    predicts: list[Predict] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)

    @property
    def needs(self) -> list[Need]:
        """All needs of the job."""
        return [*([self.fit] if self.fit_asked else []), *self.predicts, *self.scores]


@dataclass(slots=True)
class Collected:
    """Evidence for needs, and the reasons of unmet needs."""

    evidence: dict[Need, Evidence] = field(default_factory=dict)
    unmet: dict[Need, str] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class FinishedTraining:
    """A finished training of this session, whose model can still predict."""

    workspace: Workspace
    train_request: TrainRequest
    trained: Trained


class TrainingCache:
    """The trainings and predictions of this session. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._done: dict[Fit, FinishedTraining] = {}
        self._predictions: dict[Predict, Predictions] = {}

    def keep(self, done: FinishedTraining) -> None:
        """Store a training."""
        with self._lock:
            self._done[done.train_request.fit] = done

    def done(self, fit: Fit) -> FinishedTraining | None:
        """Return a training, or None."""
        with self._lock:
            return self._done.get(fit)

    def first_workspace(self, prepared_side: PreparedSide) -> Workspace | None:
        """Return the workspace of a side's first training."""
        with self._lock:
            fits = [fit for fit in self._done if fit.side is prepared_side.side and fit.labels is Labels.TRUE]
            return (
                self._done[min(fits, key=lambda fit: (fit.tier != "smoke", fit.seed, fit.fold))].workspace
                if fits
                else None
            )

    def keep_predictions(self, need: Predict, predictions: Predictions) -> None:
        """Store predictions."""
        with self._lock:
            self._predictions[need] = predictions

    def predictions(self, need: Predict) -> Predictions | None:
        """Return predictions, or None."""
        with self._lock:
            return self._predictions.get(need)


def grouped(needs: Iterable[Need]) -> list[TrainingJob]:
    """Group needs by training, in the order in which the trainings were first requested."""
    groups: dict[Fit, TrainingJob] = {}
    for need in needs:
        match need:
            case Fit():
                groups.setdefault(need, TrainingJob(need)).fit_asked = True
            case Predict():
                groups.setdefault(need.fit, TrainingJob(need.fit)).predicts.append(need)
            case Score():
                groups.setdefault(need.predict.fit, TrainingJob(need.predict.fit)).scores.append(need)
            case _:
                continue
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Carries out the training jobs of one side.

    Attributes:
        prepared_side: the side.
        memory: the trainings and predictions made so far.
        budget: the remaining time.
        reporter: the progress reporter.
        metrics_from: the tree with the user's own metrics and where they run, or the reason why they cannot run.
    """

    prepared_side: PreparedSide
    memory: TrainingCache
    budget: Budget
    reporter: ProgressReporter
    metrics_from: tuple[Tree, Surroundings] | str

    def carry_out(self, group: TrainingJob) -> Collected:
        """Carry out all needs of a training job.

        Raises:
            MachineError: the machine failed twice.
            GateError: user code must not be started here.
        """
        found = Collected()
        try:
            if group.fit.model is not Model.USER:
                self._reference_model(group, found)
            elif self.prepared_side.adapter is None:
                self._from_file(group, found)
            else:
                self._user(group, self.prepared_side.adapter, found)
            for need in group.scores:
                self._score(need, found)
        except UnmetError as error:
            found.unmet |= {need: str(error) for need in group.needs if need not in found.evidence}
        return found

    def _user(self, group: TrainingJob, adapter: ModelAdapter, found: Collected) -> None:
        if group.needs == group.scores and all(self.memory.predictions(each.predict) for each in group.scores):
            return
        predicts = list(dict.fromkeys([*group.predicts, *(each.predict for each in group.scores)]))
        predict_requests = {need: self.prepared_side.dataset.predict_request(need) for need in predicts}
        done = self.memory.done(group.fit) or self._train(group.fit, adapter, tuple(predict_requests.values()))
        found.evidence[group.fit] = done.trained.training
        for need, predict_request in predict_requests.items():
            if self.memory.predictions(need) is None:
                self._ask(need, adapter, done, predict_request)
        found.evidence |= {
            need: predictions for need in group.predicts if (predictions := self.memory.predictions(need)) is not None
        }

    def _train(self, fit: Fit, adapter: ModelAdapter, predict_requests: tuple[PredictRequest, ...]) -> FinishedTraining:
        train_request = self.prepared_side.dataset.train_request(fit)
        why_not = adapter.why_not(train_request)
        if why_not:
            raise UnmetError(why_not)
        seconds = self.budget.seconds_for(fit, train_request.rows.rows)
        with self.reporter.step(Phase.TRAIN, fit.side, fit.label) as outcome:
            done = twice(lambda: self._in_new_workspace(train_request, adapter, predict_requests, seconds))
            outcome.word = done.trained.training.effects.ended.value
        if self.budget.cut_short(done.trained.training, seconds):
            raise UnmetError(f"budget: it was still training when the time was up, after {seconds:.0f} s")
        self.budget.note(fit, done.trained.training)
        self.memory.keep(done)
        return done

    def _in_new_workspace(
        self,
        train_request: TrainRequest,
        adapter: ModelAdapter,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> FinishedTraining:
        workspace = self.prepared_side.workspace()
        return FinishedTraining(
            workspace, train_request, adapter.train(workspace, train_request, predict_requests, seconds)
        )

    def _ask(
        self, need: Predict, adapter: ModelAdapter, done: FinishedTraining, predict_request: PredictRequest
    ) -> None:
        ended = done.trained.training.effects.ended
        if ended is not Ending.OK and predict_request.name not in done.trained.answered:
            raise UnmetError(f"its training ended with: {ended}")
        seconds = self.budget.seconds_left()
        with self.reporter.step(Phase.PREDICT, need.side, f"{need.rows} rows, {need.fit.label}") as outcome:
            predictions = twice(
                lambda: adapter.predict(done.workspace, done.train_request, done.trained, predict_request, seconds)
            )
            outcome.word = f"problem: {predictions.problem}" if predictions.problem else predictions.effects.ended.value
        if predictions.effects.ended is Ending.TIMEOUT and seconds < self.prepared_side.job.rules.smoke.timeout:
            raise UnmetError(f"budget: it was still predicting when the time was up, after {seconds:.0f} s")
        self.memory.keep_predictions(need, predictions)

    def _reference_model(self, group: TrainingJob, found: Collected) -> None:
        dataset, fit = self.prepared_side.dataset, group.fit
        with self.reporter.step(Phase.REFERENCE, fit.side, fit.label):
            needs = tuple(group.predicts)
            programs = Programs.beside(self.prepared_side.runner)
            effects, predictions = reference_models.measured(
                dataset, needs, fit, self.prepared_side.job.rules.task, programs
            )
        if group.fit_asked:
            found.evidence[fit] = reference_models.training(effects, dataset, fit)
        for need, each in predictions.items():
            found.evidence[need] = each
            self.memory.keep_predictions(need, each)

    def _from_file(self, group: TrainingJob, found: Collected) -> None:
        name, around = self.prepared_side.tree.recipe.model.predictions, self.prepared_side.around
        if name is None or around is None:
            raise UnmetError("no model is named")
        if group.fit_asked:
            found.unmet[group.fit] = "predictions are brought: nothing is trained"
        for need in dict.fromkeys([*group.predicts, *(each.predict for each in group.scores)]):
            predict_request = self.prepared_side.dataset.predict_request(need)
            folder = self.prepared_side.root / self.prepared_side.tree.folder
            predictions = external.from_file(folder, name, need.fit, predict_request, around)
            self.memory.keep_predictions(need, predictions)
            if need in group.predicts:
                found.evidence[need] = predictions

    def _score(self, need: Score, found: Collected) -> None:
        predictions = self.memory.predictions(need.predict)
        if predictions is None:
            found.unmet[need] = "there are no predictions to score"
            return
        if isinstance(self.metrics_from, str):
            found.unmet[need] = self.metrics_from
            return
        tree, around = self.metrics_from
        try:
            with self.reporter.step(Phase.SCORE, need.side, need.metric):
                found.evidence[need] = twice(lambda: score(need, predictions, self.prepared_side.dataset, tree, around))
        except UnmetError as error:
            found.unmet[need] = str(error)


def twice(work: Callable[[], T]) -> T:
    """Call a function, and call it once more if the machine failed.

    Raises:
        MachineError: it failed again.
    """
    try:
        return work()
    except MachineError:
        return work()
