"""The reference models that head is shown beside: their trainings, and what they predict for the compared rows."""

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Model
from gatebot.tasks.table import Table


def reference_fits(effort: Effort, side: Side, model: Model) -> tuple[Fit, ...]:
    """Return the trainings of a reference model: the simple one is fitted for one fold, since fits take seconds."""
    folds = effort.folds if model is Model.TRIVIAL else 1
    return tuple(Fit(side, fold=fold, model=model) for fold in range(folds))


def reference_table(comparison: Comparison, model: Model) -> Table | None:
    """Return the reference model's table of the compared rows that it was asked for; None if one is missing."""
    fits = reference_fits(comparison.effort, Side.HEAD, model)
    parts = [comparison.head.get(Predict(fit), Predictions) for fit in fits]
    usable = [part for part in parts if part is not None and part.effects.ended is Ending.OK]
    if len(usable) < len(parts):
        return None
    return comparison.joined_table(usable, folds=len(parts))
