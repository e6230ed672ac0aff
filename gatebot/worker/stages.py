"""Defines the stages of a task: the calls to the user's code, and the files that are written."""

from __future__ import annotations

import json
import runpy
import time
from pathlib import Path
from typing import Any, Callable, Dict

from . import answers, inventory, metric, model_file, rows, seeds, user_code
from .journal import Journal

Task = Dict[str, Any]


def train(task: Task) -> None:
    """Train and save the model; if it cannot be saved, write the reason to the status file."""
    module = user_code.load(task["root"], task["pipeline"])
    if task["capacity"] != 1 and not user_code.takes(module, "train", "capacity"):
        _leave(task["status"], {"unmet": "`train` has no parameter `capacity`"})
        return
    model = _trained(task, module)
    saved, why = model_file.save(module, model, task["model"])
    _leave(task["status"], {"saved": saved, "why": why})


def predict(task: Task) -> None:
    """Load a saved model and predict; if a pickled model cannot be loaded, write the reason to the status file."""
    module = user_code.load(task["root"], task["pipeline"])
    try:
        model = model_file.load(module, task["model"], task["saved"])
    except model_file.NotLoadableError as error:
        _leave(task["status"], {"saved": None, "why": str(error)})
        return
    seeds.sow(task["seed"])
    for job in task["predict"]:
        _predicted(task, module, model, job)


def train_and_predict(task: Task) -> None:
    """Train and predict in one process, for models that cannot be saved."""
    module = user_code.load(task["root"], task["pipeline"])
    model = _trained(task, module)
    for job in task["predict"]:
        _predicted(task, module, model, job)


def inspect(task: Task) -> None:
    """Load a model, or train it where it is not a file, and run a program beside it."""
    start = time.perf_counter()
    module = user_code.load(task["root"], task["pipeline"])
    try:
        model = model_file.load(module, task["model"], task["saved"]) if task["saved"] else _trained(task, module)
    except model_file.NotLoadableError as error:
        _leave(task["status"], {"why": str(error)})
        return
    start_s = time.perf_counter() - start
    seeds.sow(task["seed"])

    def call(table: Any) -> Any:
        return user_code.call(module, "predict", {**_common(task), "model": model, "rows": table})

    program = runpy.run_path(task["program"])
    asked = rows.read(task["asked"], task["types"])
    values = program["run"](call, asked, task["facts"])
    _leave(task["status"], {"values": values, "start_s": start_s})


def score(task: Task) -> None:
    """Call a metric of the user."""
    file, _, name = task["metric"].rpartition(":")
    function = getattr(user_code.load(task["root"], file), name)
    _leave(task["status"], metric.call(function, task))


def environment(task: Task) -> None:
    """List interpreter, distributions and libraries."""
    _leave(task["status"], inventory.taken())


STAGES: dict[str, Callable[[Task], None]] = {
    "train": train,
    "predict": predict,
    "train_and_predict": train_and_predict,
    "inspect": inspect,
    "score": score,
    "environment": environment,
}


def _trained(task: Task, module: Any) -> Any:
    known = rows.read(task["rows"], task["types"])
    with Journal(task["report"]) as journal:
        seeds.sow(task["seed"])
        model = user_code.call(module, "train", {**_common(task), "rows": known, "report": journal.report})
    if model is None and not hasattr(module, "save"):
        raise TypeError("train returned None: it has to return the model")
    return model


def _predicted(task: Task, module: Any, model: Any, job: dict[str, str]) -> None:
    asked = rows.read(job["rows"], task["types"])
    answer = user_code.call(module, "predict", {**_common(task), "model": model, "rows": asked})
    columns = answers.columns_of(answer, task["task"], _classes(model, task["classes"]), task["id"])
    rows.write(job["predictions"], columns)


def _classes(model: Any, seen: list[str]) -> list[Any]:
    """Return the model's own order of classes, or else the sorted labels of the rows that it was trained on."""
    own = getattr(model, "classes_", None)
    if own is None:
        return seen
    listed = list(answers.plain(own))
    return seen if listed and isinstance(listed[0], (list, tuple)) else listed


def _common(task: Task) -> Task:
    return {name: task[name] for name in ("seed", "capacity", "out", "device", "budget_s", "assets")}


def _leave(path: str, facts: Any) -> None:
    Path(path).write_text(json.dumps(facts), encoding="utf-8")
