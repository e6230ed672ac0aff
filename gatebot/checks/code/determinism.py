"""The same code, data and seed twice give the same predictions.

Why: Where a training cannot be repeated, a fault of it can hardly be found, and no number of it can be checked.
Fix: Hand the seed to everything that draws, sort what comes from sets and folders, and ask the library for its
deterministic mode. If the difference is meant, set `declared` of this check.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.difference import TOLERANCE, TOLERANCE_SAYS, Difference, difference, failure, usable
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions, RepeatedRows
from gatebot.evidence.training import Fit

NOTE = (
    "Verdicts rest on several seeds, whose spread holds this noise too; but where a measure is close to its margin,"
    " running it again may give another verdict"
)
REPEATED = RepeatedRows()


class DeterminismOptions(Options):
    """Settings of this check."""

    declared: bool = Field(default=False, description="the difference is known and meant: it is only noted")
    share: float = Field(default=0.01, ge=0, lt=1, description="share of rows that may get another prediction")
    tolerance: float = Field(default=TOLERANCE, ge=0, lt=1, description=TOLERANCE_SAYS)


def needs(effort: Effort) -> tuple[Need, ...]:
    """The first model's predictions, the same once more, and those of a second training with the same seed."""
    return _asked(effort, Side.HEAD)


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return _asked(effort, Side.BASE)


def _asked(effort: Effort, side: Side) -> tuple[Need, ...]:
    if not effort.trains:
        return ()
    fit = Fit(side)
    return (Predict(fit), Predict(fit, REPEATED), Predict(_again(side)))


def _again(side: Side) -> Fit:
    return Fit(side, repeat=1)


def excuse(comparison: Comparison) -> str:
    """Nothing can be trained again."""
    return "" if comparison.effort.trains else "predictions are brought: nothing can be trained again"


def run(comparison: Comparison, options: DeterminismOptions) -> Iterator[Finding]:
    """A finding for predicting that differs, and one for training that differs by more than predicting does."""
    fit = Fit(Side.HEAD)
    plain = comparison.head.get(Predict(fit), Predictions)
    if plain is None or not usable(plain):
        return
    action = Action.NOTE if options.declared else None
    alike = Difference(len(plain.ids), 0)
    for need, subject, what, says in (
        (Predict(fit, REPEATED), "predicting", "a second time", "one model gives {count} of {rows} rows two answers"),
        (
            Predict(_again(Side.HEAD)),
            "training",
            "with the model of a second training",
            "two trainings with one seed differ in {count} of {rows} rows",
        ),
    ):
        again = comparison.head.get(need, Predictions)
        if again is None:
            continue
        if failed := failure(subject, what, "the first time", again):
            yield failed
            continue
        found = difference(plain, again, options.tolerance)
        if found.exceeds(alike, options.share):
            yield Finding(subject, says + found.by, found.facts, action=action, note=NOTE, size=found.share)
        alike = found


CHECK = Check(
    "code.determinism",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=DeterminismOptions,
    excuse=excuse,
)
