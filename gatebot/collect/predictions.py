"""Reads the file that a predict run wrote, as Predictions."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from gatebot.collect import bounded_read
from gatebot.collect import delivered as columns
from gatebot.collect.adapters.adapter import RunSettings, delivered, failed, without_output
from gatebot.collect.program import Programs
from gatebot.collect.workspace import PredictRequest
from gatebot.evidence.column import concatenated
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.predictions import Predictions


def in_one(parts: list[Predictions]) -> Predictions:
    """Return the predictions of several calls as one set; a failed call makes it a failure."""
    if len(parts) == 1:
        return parts[0]
    failed_parts = [part for part in parts if part.problem or part.effects.ended is not Ending.OK]
    if failed_parts or any(part.columns.keys() != parts[0].columns.keys() for part in parts):
        problem = failed_parts[0].problem if failed_parts else "its calls gave different columns"
        return failed((failed_parts or parts)[0].effects, problem)
    try:
        columns_of_all = {name: concatenated([part.columns[name] for part in parts]) for name in parts[0].columns}
    except TypeError as error:
        return failed(parts[0].effects, str(error))
    return replace(parts[0], ids=np.concatenate([part.ids for part in parts]), columns=columns_of_all, copied=None)


def read(
    path: Path,
    predict_request: PredictRequest,
    effects: Effects,
    settings: RunSettings,
    *,
    by_order: bool = False,
    rescored: bool = False,
) -> Predictions:
    """Return the predictions that a run wrote.

    `path` must be in a folder that only this run could write to, and the run must have ended. Messages contain no path
    of gatebot and no secret.
    """
    mask, name = settings.runner.redactor.mask, f"predictions{path.suffix}"
    if effects.ended is not Ending.OK:
        return failed(effects)
    try:
        data = bounded_read.read(path, predict_request.requested.most_bytes)
    except FileNotFoundError:
        return failed(without_output(effects, "predictions file"))
    except bounded_read.UnreadableError as error:
        return failed(effects, mask(str(error).replace(path.name, name)))
    programs = Programs.beside(settings.runner)
    found = columns.read(
        data, name, predict_request.requested, settings.task, settings.project, programs=programs, by_order=by_order
    )
    answered = delivered(effects, replace(found, problem=mask(found.problem)), rescored=rescored)
    if settings.committed is None:
        return answered
    return replace(answered, copied=settings.committed.copied(data, found, predict_request.requested))
