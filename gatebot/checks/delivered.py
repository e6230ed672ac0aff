"""What was delivered as predictions, beside what was asked for."""

from collections.abc import Iterator

from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Finding
from gatebot.evidence.column import Hashes, Names
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.tasks.task import Problem


def delivered(comparison: Comparison) -> Iterator[tuple[Predictions, Hashes]]:
    """Head's predictions that ended well, each with the ids that it was asked for."""
    profile = comparison.profile(Side.HEAD)
    if profile is None:
        return
    rows = profile.eval_rows
    for tier in Tier:
        for fit in comparison.effort.fits(Side.HEAD, tier):
            predictions = comparison.head.get(Predict(fit), Predictions)
            if predictions is not None and predictions.effects.ended is Ending.OK:
                yield predictions, rows.ids[rows.folds == fit.fold] if comparison.effort.folds > 1 else rows.ids


def finding_of(problem: Problem, predictions: Predictions) -> Finding:
    """A task's complaint as a finding; how bad it is, is the share of the rows that it speaks of.

    What the metrics correct is only a note.
    """
    rows = problem.facts.get("rows")
    size = rows / max(len(predictions.ids), 1) if isinstance(rows, int) else None
    action = Action.NOTE if problem.corrected else None
    return Finding(problem.code, problem.says, problem.facts, size=size, action=action)


def known_classes(comparison: Comparison) -> tuple[str, ...]:
    """Labels that stand in the training or eval data of either side."""
    known: set[str] = set()
    for side in Side:
        snapshot, profile = comparison.side(side), comparison.profile(side)
        known |= set(profile.train_classes) if profile is not None else set()
        truth = None if snapshot is None else snapshot.truth
        if truth is not None and isinstance(truth.target, Names):
            known |= set(truth.target.names)
    return tuple(sorted(known))
