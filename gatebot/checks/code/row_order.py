"""Predictions do not depend on the order of the rows, or on how many are asked for at once.

Why: A service asks row by row. A model that scales by the batch, or pairs answers with the wrong rows, differs there.
Fix: Keep averages, encodings and columns of the training rows in the model; take none from the rows that `predict`
gets. Keep each answer beside its row, and draw no random numbers in `predict`.
"""

from collections.abc import Iterator

from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.difference import TOLERANCE, TOLERANCE_SAYS, Difference, difference, failure, usable
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Batches, Predict, Predictions, RepeatedRows, ShuffledRows
from gatebot.evidence.training import Fit

SHUFFLED = ShuffledRows()
ALONE = Batches(size=1, calls=5)
"""Single rows are the batch that differs most from all rows, and a command is started for each of them."""
REPEATED = RepeatedRows()
WAYS = (
    (SHUFFLED, "shuffled rows", "the rows in another order", "{count} of {rows} rows differ in another order"),
    (ALONE, "batches", "single rows", "{count} of {rows} rows differ when each is asked for alone"),
)
"""Rows, subject, the rows in words, and the sentence."""


class OrderOptions(Options):
    """Settings of this check."""

    tolerance: float = Field(default=TOLERANCE, ge=0, lt=1, description=TOLERANCE_SAYS)
    share: float = Field(default=0.001, ge=0, lt=1, description="share of rows that may differ: labels at a near tie")


def needs(effort: Effort) -> tuple[Need, ...]:
    """The first model's predictions of all rows, and of the same in another order, alone, and once more."""
    return _asked(effort, Side.HEAD)


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return _asked(effort, Side.BASE)


def _asked(effort: Effort, side: Side) -> tuple[Need, ...]:
    if not effort.trains:
        return ()
    fit = Fit(side)
    return (Predict(fit), *(Predict(fit, rows) for rows in (SHUFFLED, ALONE, REPEATED)))


def excuse(comparison: Comparison) -> str:
    """Nobody can be asked again."""
    return "" if comparison.effort.trains else "predictions are brought: there is no model to ask again"


def run(comparison: Comparison, options: OrderOptions) -> Iterator[Finding]:
    """A finding for each way of asking that changes more rows than asking for the same once more does.

    A model that answers at random is not blamed on the order of the rows. If it does not answer a second time, nothing
    is put down to chance.
    """
    fit = Fit(Side.HEAD)
    plain = comparison.head.get(Predict(fit), Predictions)
    repeated = comparison.head.get(Predict(fit, REPEATED), Predictions)
    if not usable(plain):
        return
    luck = difference(plain, repeated, options.tolerance) if usable(repeated) else Difference(len(plain.ids), 0)
    for rows, subject, what, says in WAYS:
        asked = comparison.head.get(Predict(fit, rows), Predictions)
        if asked is None:
            continue
        if failed := failure(subject, what, "all rows in one call", asked):
            if usable(repeated):  # else it fails whatever the order
                yield failed
            continue
        few = rows.size * rows.calls if isinstance(rows, Batches) else None
        found = difference(plain, asked, options.tolerance, few)
        if found.exceeds(luck, options.share):
            size = None if few else found.share  # of a handful of rows, twice as many is luck and no worse
            yield Finding(subject, says + found.by, found.facts, size=size)


CHECK = Check(
    "code.row_order",
    Level.HIGH,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=OrderOptions,
    excuse=excuse,
)
