"""What the collector does for the kinds of evidence: train, predict, score, sketch, read a file, inspect."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

from gatebot.collect import bounded_read, reference_models, reported_metrics
from gatebot.collect.adapters import external
from gatebot.collect.adapters.adapter import RunSettings, TrainedModel
from gatebot.collect.early_stop import EarlyStop
from gatebot.collect.job import Tree
from gatebot.collect.needs_by_training import Collected
from gatebot.collect.own_metric import score
from gatebot.collect.program import Programs
from gatebot.collect.progress import Phase
from gatebot.collect.retry import twice
from gatebot.collect.trainings import Trainings
from gatebot.collect.workspace import InspectRequest
from gatebot.evidence.column_sketches import TableSketch
from gatebot.evidence.effects import Ending
from gatebot.evidence.files_read import ReadFiles
from gatebot.evidence.history import History, RunHistory
from gatebot.evidence.kind import Inspection, UnmetError
from gatebot.evidence.leakage import Leakage, LeakageTraces
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, with_prerequisites
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import EVAL, Predict, Predictions
from gatebot.evidence.profile import DataProfile
from gatebot.evidence.registry import kind_of
from gatebot.evidence.service import Service, ServiceProbe
from gatebot.evidence.training import Fit, Model, Training, training_of


@dataclass(slots=True)
class CollectorSession:
    """Carries out needs by their kinds. It is used by several threads, but each training by one at a time.

    Attributes:
        trainings: the sides, the trainings made so far, and the remaining time.
        metrics_from: the tree with the user's own metrics and where they run, or the reason why they cannot run.
        early_stop: which trainings are not run, because the side's code does not work.
    """

    trainings: Trainings
    metrics_from: tuple[Tree, RunSettings] | str
    early_stop: EarlyStop
    _references: dict[Fit, Training] = field(default_factory=dict)
    _failed: dict[Fit, UnmetError] = field(default_factory=dict)
    _linear_answers: dict[str, list[reference_models.Answer]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def carry_out(self, needs: Iterable[Need]) -> Collected:
        """Collect evidence by its kinds; what cannot be met is recorded with the reason.

        Raises:
            MachineError: the machine failed twice.
            GateError: user code must not be started here.
        """
        found = Collected()
        for need in needs:
            if why := self._why_not(need):
                found.unmet[need] = why
                continue
            try:
                found.evidence[need] = kind_of(need).collect(need, self)
            except UnmetError as error:
                found.unmet[need] = str(error)
            fit = training_of(need)
            done = None if fit is None else self.trainings.cache.done(fit)
            if done is not None:  # a training is evidence, even if only its predictions were asked for
                found.evidence[done.train_request.fit] = done.training
        return found

    def _why_not(self, need: Need) -> str:
        fits = (each for each in with_prerequisites(need) if isinstance(each, Fit))
        return next((why for fit in fits if (why := self.early_stop.why_not(fit))), "")

    def profile(self, side: Side) -> DataProfile:
        """Return the profile of a side's data."""
        return self.trainings.prepared[side].dataset.profile

    def sketches(self, side: Side, table: str) -> TableSketch:
        """Return the sketches of one table of a side's data."""
        return self.trainings.prepared[side].dataset.sketches(table)

    def leakage(self, need: Leakage) -> LeakageTraces:
        """Search a side's data for what gives the target away."""
        with self.trainings.reporter.step(Phase.READ, need.side, need.label):
            return self.trainings.prepared[need.side].dataset.leakage(need)

    def train(self, fit: Fit) -> Training:
        """Return a training; it is carried out if it was not yet."""
        if fit.model is not Model.USER:
            return self._reference(fit)
        return self.trainings.model(fit).training

    def predict(self, need: Predict) -> Predictions:
        """Return predictions; they are made if they were not yet."""
        known = self.trainings.cache.predictions(need)
        if known is None:
            self._predict(need)
            known = self.trainings.cache.predictions(need)
        if known is None:
            raise UnmetError("there is no model that predicts")
        return known

    def score(self, need: Score) -> OwnScore:
        """Return the values of one of the user's own metrics."""
        predictions = self.predict(need.predict)
        if isinstance(self.metrics_from, str):
            raise UnmetError(self.metrics_from)
        tree, settings = self.metrics_from
        dataset = self.trainings.prepared[need.side].dataset
        with self.trainings.reporter.step(Phase.SCORE, need.side, need.metric):
            return twice(lambda: score(need, predictions, dataset, tree, settings))

    def metrics_file(self, need: MetricsFile) -> ReportedMetrics:
        """Return the metrics in the file that `model.metrics` names, as a training left it.

        Of the first training it may also be the commit's.
        """
        name = self.trainings.prepared[need.side].tree.recipe.model.metrics
        if name is None:
            raise UnmetError("`model.metrics` is not set")
        if need.prerequisites:
            workspace = self.trainings.model(need.training).workspace
            data = self._read_below([(workspace.tree, workspace.cwd)], name, reported_metrics.MOST_BYTES)
        else:
            data = self.read_file(need.side, name, reported_metrics.MOST_BYTES)
        read = reported_metrics.read(data)
        if isinstance(read, str):
            raise UnmetError(f"`{name}`: {read}")
        return read

    def read_file(self, side: Side, path: str, most: int) -> bytes:
        """Return a file of a side, as the first training left it, or else as the commit has it."""
        prepared_side = self.trainings.prepared[side]
        workspace = self.trainings.cache.first_workspace(side)
        roots = [(workspace.tree, workspace.cwd)] if workspace is not None else []
        roots.append((prepared_side.root, prepared_side.root / prepared_side.tree.folder))
        return self._read_below(roots, path, most)

    @staticmethod
    def _read_below(roots: list[tuple[Path, Path]], path: str, most: int) -> bytes:
        """Return the file at the path in the first folder that has it; none is followed out of its root."""
        for root, folder in roots:
            place = (folder / path).parent.resolve() / Path(path).name
            if not place.is_relative_to(root.resolve()):
                continue
            try:
                return bounded_read.read(place, most)
            except FileNotFoundError:
                continue
            except bounded_read.UnreadableError as error:
                raise UnmetError(f"`{path}`: {error}") from error
        raise UnmetError(f"`{path}` was not written")

    def files_read(self, fit: Fit) -> ReadFiles:
        """Return the files of the commit that a training and its predictions of the eval rows read."""
        trace = self.trainings.prepared[fit.side].reads
        if trace is None:
            raise UnmetError("`smoke.trace_reads` is off")
        done, predictions = self.trainings.model(fit), self.predict(Predict(fit))
        self._require_model(done)
        if predictions.effects.ended is not Ending.OK:
            raise UnmetError(f"predicting ended with: {predictions.effects.ended}")
        return trace.found(done.workspace.tree)

    def history(self, need: History) -> RunHistory:
        """Raise an error: earlier runs are not kept."""
        raise UnmetError("no history is kept yet")

    def service(self, need: Service) -> ServiceProbe:
        """Raise an error: services are not started."""
        raise UnmetError("no service is started yet")

    def inspect(self, fit: Fit, program: Path, facts: Mapping[str, Any]) -> Inspection:
        """Run a program of gatebot's beside a loaded model."""
        done, adapter = self.trainings.model(fit), self.trainings.adapter(fit)
        self._require_model(done)
        rows = self.trainings.prepared[fit.side].dataset.predict_request(Predict(fit)).rows
        request = InspectRequest(program, facts, rows)
        seconds = self.trainings.budget.seconds_left()
        with self.trainings.reporter.step(
            Phase.INSPECT, fit.side, f"{program.parent.name.replace('_', ' ')}, {fit.label}"
        ):
            return twice(lambda: adapter.inspect(done, request, seconds))

    def _predict(self, need: Predict) -> None:
        """Make predictions, and store them."""
        if need.fit.model is not Model.USER:
            self._reference(need.fit, need)
        elif self.trainings.prepared[need.side].adapter is None:
            self.trainings.cache.keep_predictions(need, self._from_file(need))
        else:
            done = self.trainings.model(need.fit)
            self._require_eval_rows(need)
            if need.rows != EVAL and done.training.effects.ended is Ending.OK:
                self._answer_together(need.fit, done)
            self.trainings.cache.keep_predictions(need, self._ask(need, done))

    def _answer_together(self, fit: Fit, done: TrainedModel) -> None:
        """Predict all planned rows besides the eval rows in one process, where the adapter can."""
        dataset, adapter = self.trainings.prepared[fit.side].dataset, self.trainings.adapter(fit)
        needs = [need for need in self.trainings.planned.get(fit, ()) if need.rows != EVAL and not need.rows.may_crash]
        needs = [need for need in needs if need.rows.table is None and self.trainings.cache.predictions(need) is None]
        requests = [request for need in needs if (request := dataset.predict_request(need)).name not in done.tried]
        requests.sort(key=lambda request: request.rows.rows)  # what is remembered of many rows must not answer few
        done.tried.update(request.name for request in requests)
        if len(requests) < 2:
            return
        seconds = self.trainings.budget.seconds_left()
        with self.trainings.reporter.step(Phase.PREDICT, fit.side, f"{len(requests)} other sets of rows, {fit.label}"):
            twice(lambda: adapter.answer(done, tuple(requests), seconds))

    def _ask(self, need: Predict, done: TrainedModel) -> Predictions:
        prepared_side, adapter = self.trainings.prepared[need.side], self.trainings.adapter(need.fit)
        predict_request = prepared_side.dataset.predict_request(need)
        if predict_request.name in done.answered:
            return done.answered[predict_request.name]
        self._require_model(done)
        seconds = self.trainings.budget.seconds_left()
        with self.trainings.reporter.step(Phase.PREDICT, need.side, need.label) as outcome:
            predictions = twice(lambda: adapter.predict(done, predict_request, seconds))
            effects = prepared_side.explained(predictions.effects, done.workspace)
            predictions = replace(predictions, effects=effects)
            outcome.word = f"problem: {predictions.problem}" if predictions.problem else predictions.effects.ended.value
        if predictions.effects.ended is Ending.TIMEOUT and seconds < prepared_side.job.rules.smoke.timeout:
            raise UnmetError(f"budget: it was still predicting when the time was up, after {seconds:.0f} s")
        return predictions

    def _require_eval_rows(self, need: Predict) -> None:
        """Raise an error for other rows of a model that has failed on the eval rows: it would fail again, at length."""
        plain = self.trainings.cache.predictions(Predict(need.fit))
        if need.rows != EVAL and plain is not None and (plain.problem or plain.effects.ended is not Ending.OK):
            raise UnmetError(f"the eval rows were not predicted: {plain.problem or plain.effects.ended}")

    def _require_model(self, done: TrainedModel) -> None:
        ended = done.training.effects.ended
        if ended is not Ending.OK:
            raise UnmetError(f"its training ended with: {ended}")

    def _from_file(self, need: Predict) -> Predictions:
        prepared_side = self.trainings.prepared[need.side]
        name, settings = prepared_side.tree.recipe.model.predictions, prepared_side.settings
        if name is None or settings is None:
            raise UnmetError("no model is named")
        predict_request = prepared_side.dataset.predict_request(need)
        folder = prepared_side.root / prepared_side.tree.folder
        return external.from_file(folder, name, need.fit, predict_request, settings)

    def _reference(self, fit: Fit, *more: Predict) -> Training:
        """Return the training of a reference model, whose planned predictions are made at the same time."""
        asked = tuple(dict.fromkeys((*self.trainings.planned.get(fit, ()), *more)))
        with self._lock:
            known, failed = self._references.get(fit), self._failed.get(fit)
        if failed is not None:
            raise UnmetError(str(failed))
        if known is not None and all(self.trainings.cache.predictions(need) for need in asked):
            return known
        prepared_side = self.trainings.prepared[fit.side]
        dataset, task = prepared_side.dataset, prepared_side.job.rules.task
        expected = self.trainings.budget.expected(Fit(fit.side, fit.tier), len(dataset.trained(fit)))
        fitter = reference_models.LinearFitter(
            Programs.beside(prepared_side.runner), reference_models.seconds_for(expected), self._linear_answers
        )
        try:
            with self.trainings.reporter.step(Phase.REFERENCE, fit.side, fit.label):
                effects, predictions = reference_models.measured(dataset, asked, fit, task, fitter)
        except UnmetError as error:
            with self._lock:
                self._failed[fit] = error
            raise
        for need, each in predictions.items():
            self.trainings.cache.keep_predictions(need, each)
        training = reference_models.training(effects, dataset, fit)
        with self._lock:
            self._references[fit] = training
        return training
