"""Measures how many eval rows can be predicted in a quarter of the time that training takes."""

from gatebot.collect.prepared import PreparedSide
from gatebot.collect.progress import Phase
from gatebot.collect.retry import twice
from gatebot.collect.trainings import Trainings
from gatebot.data.rules import AUTO, MOST_AUTO_ROWS
from gatebot.evidence.effects import Ending
from gatebot.evidence.kind import UnmetError
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.training import Fit

SHARE = 0.25  # of the time of one training
LEAST_S = 10.0  # time that predicting may take, however short the training
FEW, MANY = 20, 1000  # rows: what both take is no part of the time per row
STEPS = (100, 200, 500, 1000, 2000, 5000, 10_000, MOST_AUTO_ROWS)


def affordable(training_s: float, few_s: float, many_s: float) -> int:
    """Return how many rows may be predicted. There are few steps, so that a busy machine seldom changes the number.

    Args:
        training_s: seconds that one training took.
        few_s: seconds that predicting `FEW` rows took.
        many_s: seconds that predicting `MANY` rows took, or infinity if it did not end.
    """
    allowed = max(SHARE * training_s, LEAST_S)
    by_row = few_s / FEW if many_s == float("inf") else max(many_s - few_s, 0.0) / (MANY - FEW)
    return max((step for step in STEPS if step * by_row <= allowed), default=STEPS[0])


def rows_to_predict(prepared_side: PreparedSide, trainings: Trainings) -> int | None:
    """Return how many rows a side predicts with `eval_rows: auto`; None if there is no need or no way to measure it.

    The first training, which is evidence anyway, tells what training takes.

    Raises:
        MachineError: the machine failed twice.
    """
    rules, rows = prepared_side.dataset.split.rules, prepared_side.dataset.profile.eval_rows
    if rules.eval_rows != AUTO or rows.pool <= MANY or not rules.trains or prepared_side.adapter is None:
        return None
    fit = Fit(prepared_side.side)
    trainings.reporter.planned(1)
    try:
        done = trainings.model(fit)
        training_s = done.training.effects.seconds
        if done.training.effects.ended is not Ending.OK:
            return None
        few = _predicted(prepared_side, trainings, fit, FEW, training_s)
        if getattr(prepared_side.adapter, "in_one_process", ""):
            trainings.cache.forget(fit)  # such a model predicts only what it is asked for while it trains
            return None
        many = _predicted(prepared_side, trainings, fit, MANY, training_s)
    except UnmetError:
        return None
    if few.problem or few.effects.ended is not Ending.OK:
        return None
    seconds = many.effects.seconds if many.effects.ended is Ending.OK else float("inf")
    return affordable(training_s, few.effects.seconds, seconds)


def _predicted(
    prepared_side: PreparedSide, trainings: Trainings, fit: Fit, count: int, training_s: float
) -> Predictions:
    seconds = min(max(SHARE * training_s, 6 * LEAST_S), trainings.budget.seconds_left())
    adapter, done = trainings.adapter(fit), trainings.model(fit)
    request = prepared_side.dataset.first_rows(fit, count)
    with trainings.reporter.step(Phase.PREDICT, fit.side, f"{count:,} rows, to see what predicting takes"):
        return twice(lambda: adapter.predict(done, request, seconds))
