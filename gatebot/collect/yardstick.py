"""gatebot's own two models, against which the user's is held: a constant, and a linear one."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import Event
from typing import Any

import numpy as np

from gatebot.collect.contract import UnmetError
from gatebot.collect.material import Material
from gatebot.collect.runner import InterruptedRunError
from gatebot.config.model import TaskName
from gatebot.data.identity import spelled
from gatebot.data.rows import Index
from gatebot.needs import Fit, Model, Predict
from gatebot.snapshot.column import Column, Floats, Hashes, Names, Numbers
from gatebot.snapshot.evidence import Effects, Ending, Predictions, Training

MOST_ROWS = 20_000
MOST_CLASSES = 200
SECONDS = 60.0
ENVIRON = ("PATH", "PYTHONPATH", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a yardstick says of some rows: class probabilities, shape [n, classes], or values, shape [n, 1]."""

    values: Floats
    classes: tuple[str, ...] = ()


def measured(
    material: Material, needs: tuple[Predict, ...], fit: Fit, task: TaskName, cancel: Event
) -> tuple[Effects, dict[Predict, Predictions]]:
    """Train a yardstick on the same rows as the user's model, and predict.

    Raises:
        UnmetError: the task knows no such model, or it is too much for it.
        InterruptedRunError: everything is being ended.
    """
    target = material.split.target
    if target is None or task is TaskName.SCORES:
        raise UnmetError("there is no model to compare with: nothing is trained")
    train = material.split.training(fit.tier, fit.fold)
    if not len(train):
        raise UnmetError("there is no model to compare with: there are no train rows")
    start = time.monotonic()
    if fit.model is Model.TRIVIAL:
        answers = {need: _constant(target.take(train), len(material.index_of(need))) for need in needs}
    else:
        answers = _linear(material, needs, train, target, cancel)
    ended = Ending.OK if len(answers) == len(needs) else Ending.TIMEOUT
    effects = Effects(ended, seconds=time.monotonic() - start)
    return effects, {need: _predictions(answers.get(need), material.ids_of(need), effects, target) for need in needs}


def training(effects: Effects, material: Material, fit: Fit) -> Training:
    """The yardstick's own training, as evidence."""
    lesson = material.lesson(fit)
    return Training(effects, lesson.rows.rows, lesson.rows.digest)


def _constant(known: Column, rows: int) -> Answer:
    """The share of each class, or the mean."""
    match known:
        case Names():
            counts = np.bincount(known.codes[known.codes >= 0], minlength=len(known.names)).astype(np.float64)
            return Answer(np.tile(counts / counts.sum(), (rows, 1)), known.names)
        case Numbers():
            return Answer(np.full((rows, 1), np.nanmean(known.values)))


def _linear(
    material: Material, needs: tuple[Predict, ...], train: Index, target: Column, cancel: Event
) -> dict[Predict, Answer]:
    """A linear model; no answers when its time is up."""
    if isinstance(target, Names) and len(target.names) > MOST_CLASSES:
        raise UnmetError(f"the simple model knows at most {MOST_CLASSES} classes, not {len(target.names)}")
    known = train[:: -(-len(train) // MOST_ROWS)]
    kinds = {
        column.name: column.kind
        for column in material.profile.columns
        if column.name not in material.not_features and column.kind != "empty"
    }
    question = {
        "lesson": _cells(material, kinds, known),
        "kinds": kinds,
        "labels": _labels(target.take(known)),
        "asked": [_cells(material, kinds, material.index_of(need)) for need in needs],
    }
    answer = _answered(json.dumps(question).encode(), cancel)
    if answer is None:
        return {}
    if "problem" in answer:
        raise UnmetError(f"the simple model does not fit this data: {answer['problem']}")
    classes = tuple(answer["classes"])
    values = [np.array(matrix, dtype=np.float64).reshape(-1, len(classes) or 1) for matrix in answer["values"]]
    return {need: Answer(matrix, classes) for need, matrix in zip(needs, values, strict=True)}


def _answered(question: bytes, cancel: Event) -> dict[str, Any] | None:
    """What the process of the linear model says; None when its time is up."""
    end = time.monotonic() + SECONDS
    with TemporaryFile() as asked:  # through a pipe, what is not sent within the first `timeout` never is
        asked.write(question)
        asked.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "gatebot.collect.linear"],
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ENVIRON if name in os.environ},
        )
    with process:
        while True:
            try:
                answer, _ = process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                if time.monotonic() < end and not cancel.is_set():
                    continue
                process.kill()
                if cancel.is_set():
                    raise InterruptedRunError from None
                return None
            if process.returncode:
                return {"problem": f"exit code {process.returncode}"}
            found: dict[str, Any] = json.loads(answer)
            return found


def _cells(material: Material, kinds: dict[str, str], index: Index) -> dict[str, list[str]]:
    frame = material.rows.frame[index]
    return {name: spelled(frame, name).to_list() for name in kinds}


def _labels(target: Column) -> list[str | None] | list[float | None]:
    match target:
        case Names():
            return target.texts()
        case Numbers():
            return [value if np.isfinite(value) else None for value in target.values.tolist()]


def _predictions(answer: Answer | None, ids: Hashes, effects: Effects, target: Column) -> Predictions:
    if answer is None:
        return Predictions(effects, ids[:0], {})
    if isinstance(target, Numbers):
        return Predictions(effects, ids, {"prediction": Numbers(answer.values[:, 0])})
    best = answer.values.argmax(axis=1).astype(np.int32)
    scores = {f"score_{name}": Numbers(answer.values[:, at].copy()) for at, name in enumerate(answer.classes)}
    return Predictions(effects, ids, {"prediction": Names(best, answer.classes), **scores})
