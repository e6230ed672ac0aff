"""The file that a predicting run left, as Predictions."""

from pathlib import Path

from gatebot.collect import delivery, untrusted
from gatebot.collect.bench import Question
from gatebot.collect.contract import Surroundings, delivered, failed, without_output
from gatebot.collect.program import Programs
from gatebot.snapshot.evidence import Effects, Ending, Predictions


def read(
    path: Path,
    question: Question,
    effects: Effects,
    around: Surroundings,
    *,
    by_order: bool = False,
    rescored: bool = False,
) -> Predictions:
    """What a run answered. `path` lies where only that run could write, and the run is over."""
    if effects.ended is not Ending.OK:
        return failed(effects)
    try:
        data = untrusted.read(path, question.asked.most_bytes)
    except FileNotFoundError:
        return failed(without_output(effects, "predictions file"))
    except untrusted.UnreadableError as error:
        return failed(effects, str(error))
    programs = Programs.beside(around.runner)
    found = delivery.read(
        data, path.name, question.asked, around.task, around.project, programs=programs, by_order=by_order
    )
    return delivered(effects, found, rescored=rescored)
