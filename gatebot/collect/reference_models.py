"""Trains gatebot's two reference models, which the user's model is compared with: a constant and a linear model."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatebot.collect.bounded_read import UnreadableError
from gatebot.collect.chosen_columns import chosen
from gatebot.collect.dataset import Dataset
from gatebot.collect.program import Programs
from gatebot.config.document import TaskName
from gatebot.data.digest import bytes_digest
from gatebot.data.identity import spelled_frame
from gatebot.data.rows import Index
from gatebot.evidence.column import Column, Floats, Hashes, Names, Numbers
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Model, Training
from gatebot.sandbox import MIB, Ended, Limits

MOST_ROWS = 20_000
MOST_CELLS = 1_000_000  # train rows times columns
MOST_CLASSES = 200
SHARE = 0.1
"""The most that the simple model may take, as a share of one training of the user's."""

LEAST_SECONDS, MOST_SECONDS = 5.0, 60.0
"""Limits of that time: to start the libraries alone takes a second or two. They are seconds of the processor, so that
whether there is an answer does not depend on what else the machine does."""

WALL_SECONDS = 300.0

PROGRAM = Path(__file__).with_name("linear.py")  # copied, not imported: it runs in the sandbox
ANSWER = "answer.json"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Predictions of a reference model: class probabilities, shape [n, classes], or values, shape [n, 1]."""

    values: Floats
    classes: tuple[str, ...] = ()


def measured(
    dataset: Dataset, needs: tuple[Predict, ...], fit: Fit, task: TaskName, fitter: "LinearFitter"
) -> tuple[Effects, dict[Predict, Predictions]]:
    """Train a reference model on the same rows as the user's model, and predict.

    The simple model learns from at most 200 columns and a million values.

    Raises:
        UnmetError: there is no reference model for this task, or the data is too large for it.
        InterruptedRunError: gatebot is shutting down.
    """
    target = dataset.split.target
    if target is None or task is TaskName.SCORES:
        raise UnmetError("there is no model to compare with: nothing is trained")
    train = dataset.trained(fit)
    if not len(train):
        raise UnmetError("there is no model to compare with: there are no train rows")
    start = time.monotonic()
    if fit.model is Model.TRIVIAL:
        answers = {need: _constant(target.take(train), len(dataset.index_of(need))) for need in needs}
    else:
        answers = _linear(dataset, needs, train, target, fitter)
    ended = Ending.OK if len(answers) == len(needs) else Ending.TIMEOUT
    effects = Effects(ended, seconds=time.monotonic() - start)
    return effects, {need: _predictions(answers.get(need), dataset.ids_of(need), effects, target) for need in needs}


def training(effects: Effects, dataset: Dataset, fit: Fit) -> Training:
    """Return the training of a reference model as evidence."""
    train_request = dataset.train_request(fit)
    return Training(effects, train_request.rows.rows, train_request.rows.digest)


def _constant(known: Column, rows: int) -> Answer:
    """Predict the share of each class, or the mean."""
    match known:
        case Names():
            counts = np.bincount(known.codes[known.codes >= 0], minlength=len(known.names)).astype(np.float64)
            return Answer(np.tile(counts / counts.sum(), (rows, 1)), known.names)
        case Numbers():
            return Answer(np.full((rows, 1), np.nanmean(known.values)))


def _linear(
    dataset: Dataset, needs: tuple[Predict, ...], train: Index, target: Column, fitter: "LinearFitter"
) -> dict[Predict, Answer]:
    """Predict with a linear model; return no answers if its time is up."""
    if isinstance(target, Names) and len(target.names) > MOST_CLASSES:
        raise UnmetError(f"the simple model knows at most {MOST_CLASSES} classes, not {len(target.names)}")
    features = {
        column.name: column.kind
        for column in dataset.profile.columns
        if column.name not in dataset.not_features and column.kind != "empty"
    }
    kinds = {name: features[name] for name in chosen(dataset.rows.frame, features, train, target.take(train))}
    most = max(1, min(MOST_ROWS, MOST_CELLS // max(len(kinds), 1)))
    known = train[:: -(-len(train) // most)]
    question: dict[str, object] = {
        "train": _cells(dataset, kinds, known),
        "kinds": kinds,
        "labels": _labels(target.take(known)),
        "asked": [_cells(dataset, kinds, dataset.index_of(need)) for need in needs],
    }
    heights = [len(dataset.index_of(need)) for need in needs]
    classes = target.names if isinstance(target, Names) else ()
    return dict(zip(needs, fitter.answers(question, heights, classes), strict=False))


def seconds_for(training_s: float) -> float:
    """Return the processor's seconds that the simple model may take, from those of one training of the user's."""
    return min(max(SHARE * training_s, LEAST_SECONDS), MOST_SECONDS)


@dataclass(slots=True)
class LinearFitter:
    """Fits linear models in the sandbox. Equal data is fitted once: mostly, both sides have the same.

    Attributes:
        programs: starts the program that fits.
        seconds: how many seconds of the processor one fit may take.
        known: the answers so far, by digest of the question; shared by both sides.
    """

    programs: Programs
    seconds: float
    known: dict[str, list[Answer]]

    def answers(self, question: dict[str, object], heights: list[int], names: tuple[str, ...]) -> list[Answer]:
        """Return the program's predictions for each set of rows; empty if its time is up.

        Raises:
            UnmetError: the model cannot learn from this data, or the output is not valid. The output is untrusted,
                because the program has read data of a pull request.
        """
        digest = bytes_digest(json.dumps(question).encode())
        if digest not in self.known:
            asked = json.dumps({**question, "seconds": math.ceil(self.seconds)}).encode()
            answers = self._fitted(asked, heights, names)
            if not answers:
                return []
            self.known[digest] = answers
        return self.known[digest]

    def _fitted(self, asked: bytes, heights: list[int], names: tuple[str, ...]) -> list[Answer]:
        most = MIB + 32 * sum(heights) * max(len(names), 1)
        limits = Limits(seconds=WALL_SECONDS, disk_bytes=most + MIB)
        with self.programs.ran(PROGRAM, asked, limits) as ran:
            if ran.completed.ended is Ended.TIMEOUT:
                return []
            try:
                if not ran.completed.ok:
                    raise ValueError(f"exit code {ran.completed.exit_code}")
                answer = json.loads(ran.read(ANSWER, most))
                return [] if answer == {"late": True} else list(_read(answer, heights, names))
            except (OSError, UnreadableError, ValueError, TypeError, RecursionError) as error:
                raise UnmetError(f"the simple model does not fit this data: {error}") from error


def _read(answer: Any, heights: list[int], names: tuple[str, ...]) -> Iterator[Answer]:
    """Yield the answers, after checking their shape.

    Raises:
        ValueError: they do not have the requested shape.
    """
    if isinstance(answer, dict) and "problem" in answer:
        raise ValueError(" ".join(str(answer["problem"])[:300].split()))
    match answer:
        case {"classes": list(classes), "values": list(matrices)} if len(matrices) == len(heights):
            labels = tuple(name for name in classes if name in names)
        case _:
            raise ValueError("it has no answer")
    if len(labels) != len(classes) or bool(labels) != bool(names):
        raise ValueError("its classes are not those of the target")
    for matrix, height in zip(matrices, heights, strict=True):
        yield Answer(np.array(matrix, dtype=np.float64).reshape(height, len(labels) or 1), labels)


def _cells(dataset: Dataset, kinds: dict[str, str], index: Index) -> dict[str, list[str]]:
    if not kinds:
        return {}
    return spelled_frame(dataset.rows.frame.select(*kinds)[index]).to_dict(as_series=False)


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
