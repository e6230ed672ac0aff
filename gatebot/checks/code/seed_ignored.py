"""Another seed gives another model, or the code draws nothing.

Why: Where the seed is ignored, repeating a training shows nothing of its luck: five equal runs are one draw.
Fix: Hand the seed to everything that draws. A learner that draws nothing needs no change: train rows vary with the
seed, so its spread is measured too.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check, Options
from gatebot.checks.difference import difference, usable
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Finding, Level
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit

NOTE = "Each seed trains on other rows, so the spread over seeds is measured all the same"


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Two trainings of base with two seeds on the same rows; of head where main leaves its baseline.

    A pull request does not pay for it: what base does with its seeds is known from its baseline.
    """
    if not effort.trains:
        return ()
    sides = (Side.BASE, Side.HEAD) if effort.smoke_seeds >= AA_SEEDS else (Side.BASE,)
    return tuple(need for side in sides for need in (Predict(Fit(side)), Predict(_other_seed(side))))


def _other_seed(side: Side) -> Fit:
    """The second seed, on the train rows of the first."""
    return Fit(side, seed=1, rows_of=0)


def excuse(comparison: Comparison) -> str:
    """No side was trained twice on the same rows."""
    if not comparison.effort.trains:
        return "predictions are brought: nothing can be trained again"
    return "" if _answers(comparison) else "no training with another seed on the same rows"


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """A note if both models give the same predictions."""
    found = _answers(comparison)
    if found is None or difference(*found, 0.0).count:
        return
    says = "two seeds gave the same predictions of all {rows} rows: the code ignores its seed, or draws nothing"
    yield Finding("seed", says, {"rows": len(found[0].ids)}, action=Action.NOTE, note=NOTE)


def _answers(comparison: Comparison) -> tuple[Predictions, Predictions] | None:
    """Return what both models of one side predict; head's if head was trained so."""
    for side in (Side.HEAD, Side.BASE):
        snapshot = comparison.side(side)
        if snapshot is None:
            continue
        pair = tuple(snapshot.get(Predict(fit), Predictions) for fit in (Fit(side), _other_seed(side)))
        one, other = pair
        if usable(one) and usable(other):
            return one, other
    return None


CHECK = Check("code.seed_ignored", Level.LOW, Level.MEDIUM, run, __doc__, wishes=wishes, excuse=excuse)
