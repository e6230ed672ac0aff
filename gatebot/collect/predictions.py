"""Reads the file that a predict run wrote, as Predictions."""

from dataclasses import replace
from pathlib import Path

from gatebot.collect import bounded_read
from gatebot.collect import delivered as columns
from gatebot.collect.adapters.adapter import Surroundings, delivered, failed, without_output
from gatebot.collect.program import Programs
from gatebot.collect.workspace import PredictRequest
from gatebot.evidence.kinds import Effects, Ending, Predictions


def read(
    path: Path,
    predict_request: PredictRequest,
    effects: Effects,
    around: Surroundings,
    *,
    by_order: bool = False,
    rescored: bool = False,
) -> Predictions:
    """Return the predictions that a run wrote.

    `path` must be in a folder that only this run could write to, and the run must have ended. Messages contain no path
    of gatebot and no secret.
    """
    mask, name = around.runner.redactor.mask, f"predictions{path.suffix}"
    if effects.ended is not Ending.OK:
        return failed(effects)
    try:
        data = bounded_read.read(path, predict_request.asked.most_bytes)
    except FileNotFoundError:
        return failed(without_output(effects, "predictions file"))
    except bounded_read.UnreadableError as error:
        return failed(effects, mask(str(error).replace(path.name, name)))
    programs = Programs.beside(around.runner)
    found = columns.read(
        data, name, predict_request.asked, around.task, around.project, programs=programs, by_order=by_order
    )
    answered = delivered(effects, replace(found, problem=mask(found.problem)), rescored=rescored)
    if around.committed is None:
        return answered
    return replace(answered, copied=around.committed.copied(data, found, predict_request.asked))
