"""The adapter for Python: functions `train` and `predict` in a file, which the worker calls in separate processes."""

import json
import math
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from gatebot.collect import bounded_read, predictions
from gatebot.collect.adapters.adapter import ModelAdapter, RunSettings, TrainedModel, without_output
from gatebot.collect.workspace import InspectRequest, PredictRequest, RowsFile, TrainRequest, Workspace
from gatebot.errors import MachineError
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import Inspection, UnmetError, number
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Training
from gatebot.sandbox import Completed

JOURNAL_BYTES = 32 << 20
MOST_LOSSES = 10_000


@dataclass(slots=True)
class PythonAdapter(ModelAdapter):
    """Calls `train(rows, …)` and `predict(model, rows, …)` of a Python file.

    Training and predicting are two processes, and the model is passed between them as a file. The file is written and
    read by the user's own `save` and `load`, or pickled and unpickled in the user's processes. If the model cannot be
    saved to a file, `in_one_process` holds the reason, and from then on each training predicts in its own process. The
    training that found this out is repeated.

    Attributes:
        settings: what all trainings of the side share.
        file: the path of the Python file, relative to the folder of gatebot.yml.
        device: `cpu` or `cuda`.
        network: whether training and whether predicting may open network connections.
    """

    settings: RunSettings
    file: str
    device: str
    network: tuple[bool, bool]
    in_one_process: str = field(default="", init=False)

    def train(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> TrainedModel:
        """Train and save the model; if it cannot be saved, predict in the same process."""
        if self.in_one_process and predict_requests:
            return self._at_once(workspace, train_request, predict_requests, seconds)
        task = self._task("train", workspace, train_request, seconds)
        completed = self._run(task, workspace, (train_request.rows,), seconds)
        trained = TrainedModel(workspace, train_request, self._training(workspace, train_request, completed))
        if trained.training.effects.ended is not Ending.OK:
            return trained
        status = self._status(workspace)
        if status is None:
            effects = without_output(trained.training.effects, "model: the process ended before `train` returned")
            return replace(trained, training=replace(trained.training, effects=effects))
        if "unmet" in status and train_request.fit.capacity != 1:
            raise UnmetError("`train` has no parameter `capacity`")
        trained.saved = status.get("saved") or ""
        if not trained.saved:
            self.in_one_process = str(status.get("why"))[:300] or "it cannot be saved"
            if predict_requests:
                return self._at_once(workspace, train_request, predict_requests, seconds)
        return trained

    def predict(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        """Predict in a new process."""
        if predict_request.name in model.answered:
            return model.answered[predict_request.name]
        if not model.saved:
            return self._again(model, predict_request, seconds)
        self._forget(model.workspace)
        task = self._task("predict", model.workspace, model.train_request, seconds) | {
            "saved": model.saved,
            "predict": self._asking(model.workspace, predict_request),
        }
        files = tuple(call.rows for call in predict_request.calls)
        effects = self._effects(self._run(task, model.workspace, files, seconds), model.workspace)
        status = self._status(model.workspace) or {}
        if effects.ended is Ending.OK and "why" in status:
            self.in_one_process, model.saved = str(status["why"])[:300], ""
            return self._again(model, predict_request, seconds)
        return self._answer(model.workspace, predict_request, effects)

    def _again(self, model: TrainedModel, predict_request: PredictRequest, seconds: float) -> Predictions:
        """Train again and predict in the same process."""
        again = self._at_once(model.workspace, model.train_request, (predict_request,), seconds)
        return again.answered[predict_request.name]

    def answer(self, model: TrainedModel, predict_requests: tuple[PredictRequest, ...], seconds: float) -> None:
        """Predict several sets of rows in one process, if the model is a file."""
        if not model.saved:
            return
        self._forget(model.workspace)
        asking = [asking for request in predict_requests for asking in self._asking(model.workspace, request)]
        task = self._task("predict", model.workspace, model.train_request, seconds) | {
            "saved": model.saved,
            "predict": asking,
        }
        files = tuple(call.rows for request in predict_requests for call in request.calls)
        effects = self._effects(self._run(task, model.workspace, files, seconds), model.workspace)
        if effects.ended is not Ending.OK or "why" in (self._status(model.workspace) or {}):
            return
        share = len(predict_requests)
        each = replace(effects, seconds=effects.seconds / share, cpu_seconds=effects.cpu_seconds / share)
        answers = {request.name: self._answer(model.workspace, request, each) for request in predict_requests}
        good = (name for name, answer in answers.items() if answer.effects.ended is Ending.OK and not answer.problem)
        model.answered |= {name: answers[name] for name in good}

    def inspect(self, model: TrainedModel, inspect_request: InspectRequest, seconds: float) -> Inspection:
        """Run a program in a process that loads the model, or trains it again if it is not a file."""
        self._forget(model.workspace)
        program = self.settings.tasks / f"{uuid4().hex}.py"
        shutil.copyfile(inspect_request.program, program)
        program.chmod(0o644)
        rows = inspect_request.rows
        task = self._task("inspect", model.workspace, model.train_request, seconds) | {
            "saved": model.saved,
            "program": str(program),
            "facts": dict(inspect_request.facts),
            "asked": str(rows.table),
        }
        completed = self._run(task, model.workspace, (model.train_request.rows, rows), seconds, program)
        effects, status = self._effects(completed, model.workspace), self._status(model.workspace) or {}
        if effects.ended is not Ending.OK or "values" not in status:
            last = "".join(effects.log_tail[-1:])
            ended = "the process ended early" if effects.ended is Ending.OK else str(effects.ended)
            why = str(status.get("why") or (f"{ended}: {last}" if last else ended))[:300]
            return Inspection(None, why, peak_rss_bytes=completed.peak_rss_bytes)
        start_s = number(status.get("start_s")) or 0.0
        return Inspection(status["values"], "", max(start_s, 0.0), completed.peak_rss_bytes)

    def _at_once(
        self,
        workspace: Workspace,
        train_request: TrainRequest,
        predict_requests: tuple[PredictRequest, ...],
        seconds: float,
    ) -> TrainedModel:
        self._forget(workspace)
        asking = [asking for request in predict_requests for asking in self._asking(workspace, request)]
        task = self._task("train_and_predict", workspace, train_request, seconds) | {"predict": asking}
        rows = (train_request.rows, *(call.rows for request in predict_requests for call in request.calls))
        completed = self._run(task, workspace, rows, seconds)
        trained = TrainedModel(workspace, train_request, self._training(workspace, train_request, completed))
        why = f"gatebot: trained and asked in one process, because the model is not a file ({self.in_one_process})"
        effects = trained.training.effects
        effects = replace(effects, log_tail=(*effects.log_tail, *self.settings.runner.masked(why)))
        trained.answered = {
            predict_request.name: self._answer(workspace, predict_request, effects)
            for predict_request in predict_requests
        }
        return trained

    def _asking(self, workspace: Workspace, predict_request: PredictRequest) -> list[dict[str, str]]:
        """Return the task of each call of `predict`. Predictions that an earlier process left there are deleted."""
        for call in predict_request.calls:
            bounded_read.forget(_file(workspace, call))
        return [
            {
                "rows": str(call.rows.table),
                "predictions": str(_file(workspace, call)),
            }
            for call in predict_request.calls
        ]

    def _answer(self, workspace: Workspace, predict_request: PredictRequest, effects: Effects) -> Predictions:
        parts = [
            predictions.read(_file(workspace, call), call, effects, self.settings, by_order=True)
            for call in predict_request.calls
        ]
        return predictions.in_one(parts)

    def _task(self, stage: str, workspace: Workspace, train_request: TrainRequest, seconds: float) -> dict[str, Any]:
        return {
            "stage": stage,
            "root": str(workspace.cwd),
            "pipeline": self.file,
            "rows": str(train_request.rows.table),
            "types": train_request.rows.types,
            "classes": list(train_request.classes),
            "task": self.settings.task.value,
            "id": None,
            "seed": train_request.seed,
            "capacity": float(train_request.fit.capacity),
            "device": self.device,
            "budget_s": seconds,
            "assets": None if self.settings.assets is None else str(self.settings.assets),
            "out": str(workspace.out),
            "model": str(workspace.model),
            "status": str(workspace.answer("status.json")),
            "report": str(workspace.answer("report.jsonl")),
        }

    def _run(
        self, task: dict[str, Any], workspace: Workspace, rows: tuple[RowsFile, ...], seconds: float, *programs: Path
    ) -> Completed:
        settings = self.settings
        if settings.python is None:
            raise MachineError("There is no Python to run the pipeline.", "Set `smoke.python`.")
        file = settings.tasks / f"{uuid4().hex}.json"
        file.write_text(json.dumps(task))
        granted = {path for each in rows for path in each.tables}
        assets = () if settings.assets is None else (settings.assets,)
        training, predicting = self.network
        return settings.runner.run(
            (str(settings.python), str(settings.worker), str(file)),
            workspace.scratch,
            cwd=workspace.cwd,
            readable=(settings.worker.parent, file, *programs, *sorted(granted), *assets),
            network={"train": training, "predict": predicting}.get(task["stage"], training and predicting),
            seconds=seconds,
            env=settings.env(workspace),
        )

    def _training(self, workspace: Workspace, train_request: TrainRequest, completed: Completed) -> Training:
        return Training(
            effects=self._effects(completed, workspace),
            rows=train_request.rows.rows,
            rows_digest=train_request.rows.digest,
            artifact_bytes=workspace.model_bytes,
            losses=_losses(workspace.answer("report.jsonl")),
        )

    def _effects(self, completed: Completed, workspace: Workspace) -> Effects:
        return self.settings.runner.effects(completed, workspace.tree)

    def _status(self, workspace: Workspace) -> dict[str, Any] | None:
        """Return the status that the worker wrote, or None if it is not valid: user code can overwrite it."""
        try:
            status = json.loads(bounded_read.read(workspace.answer("status.json"), 1 << 20))
        except (FileNotFoundError, ValueError, RecursionError, bounded_read.UnreadableError):
            return None
        return status if isinstance(status, dict) and status.get("saved") in (None, *_SAVERS) else None

    def _forget(self, workspace: Workspace) -> None:
        """Delete the status of an earlier stage, so that it is not read as the status of this stage."""
        bounded_read.forget(workspace.answer("status.json"))


_SAVERS = ("user", "joblib", "pickle", "cloudpickle")


def _file(workspace: Workspace, predict_request: PredictRequest) -> Path:
    return workspace.answer(f"{predict_request.name}.csv")


def _losses(path: Path) -> tuple[float, ...]:
    """Return the losses that `train` reported, in order. Non-finite losses are kept, because a check looks for them."""
    try:
        lines = bounded_read.read(path, JOURNAL_BYTES).splitlines()
    except (FileNotFoundError, bounded_read.UnreadableError):
        return ()
    found = [loss for line in lines if (loss := _loss(line)) is not None]
    every = math.ceil(len(found) / MOST_LOSSES) or 1
    return tuple(found[::every])


def _loss(line: bytes) -> float | None:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return None
    loss = facts.get("loss") if isinstance(facts, dict) else None
    try:
        return float(loss) if isinstance(loss, int | float) else None
    except OverflowError:  # an integer of hundreds of digits
        return math.inf
