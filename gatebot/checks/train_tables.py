"""What a smoke training answers to the rows that it was trained on, and to the eval rows."""

import numpy as np

from gatebot.checks.difference import usable
from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Numbers
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.predictions import TRAIN, Predict, Predictions
from gatebot.evidence.training import Fit
from gatebot.evidence.truth import Truth
from gatebot.tasks.table import Table, among


def needs(effort: Effort) -> tuple[Need, ...]:
    """Both sides' predictions of the eval rows, and head's of the rows that its models were trained on."""
    return (*effort.compared(), *_trained_rows(effort, Side.HEAD)) if effort.trains else ()


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's of its training rows; without them the check is excused."""
    return _trained_rows(effort, Side.BASE) if effort.trains else ()


def _trained_rows(effort: Effort, side: Side) -> tuple[Need, ...]:
    """Return the needs for predictions of training rows, one model a seed: folds share most of their rows."""
    return tuple(Predict(Fit(side, seed=seed), TRAIN) for seed in range(effort.smoke_seeds))


def eval_table(comparison: Comparison, side: Side, seed: int) -> Table | None:
    """Return the eval rows as a smoke training predicts them; None if it does not."""
    predictions = comparison.predictions(side, Tier.SMOKE, seed)
    return None if predictions is None else comparison.joined_table([predictions])


def train_table(comparison: Comparison, side: Side, seed: int) -> Table | None:
    """Return the training rows with the labels that this side has for them, by id; None if they were not predicted."""
    snapshot = comparison.side(side)
    predictions = None if snapshot is None else snapshot.get(Predict(Fit(side, seed=seed), TRAIN), Predictions)
    if snapshot is None or not usable(predictions):
        return None
    truth = snapshot.truth
    if truth is None and not comparison.task.labelled:
        truth = Truth(predictions.ids, Numbers(np.full(len(predictions.ids), np.nan)))
    if truth is None:
        return None
    units = np.unique(predictions.ids[among(predictions.ids, truth.ids)])
    return comparison.task.table(truth, predictions, units) if len(units) else None
