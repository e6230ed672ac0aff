"""A call of `predict` changes nothing but its own memory.

Why: A `predict` that changes its input, files or global random state gives other predictions when it is called again,
in another order, or by two threads at once.
Fix: Copy the rows before you change them; write files in training only; use a random generator of your own.
"""

from collections.abc import Iterator

from gatebot.checks.check import Check
from gatebot.checks.difference import usable
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.side_effects import Observed, SideEffects
from gatebot.evidence.training import Fit


def needs(effort: Effort) -> tuple[Need, ...]:
    """Head's `predict`, watched once."""
    return (SideEffects(Fit(Side.HEAD)),) if effort.calls else ()


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, so that what it does as well is inherited."""
    return (SideEffects(Fit(Side.BASE)),) if effort.calls else ()


def excuse(comparison: Comparison) -> str:
    """Return why nothing can be watched."""
    return "" if comparison.effort.calls else "`predict` is no Python function"


def run(comparison: Comparison, _options: object) -> Iterator[Finding]:
    """Yield a finding for each kind of thing that `predict` changed."""
    fit = Fit(Side.HEAD)
    seen, plain = comparison.head.get(SideEffects(fit), Observed), comparison.head.get(Predict(fit), Predictions)
    if seen is None:
        return
    if seen.problem and usable(plain):
        says = "`predict` works once, and fails in a process that calls it twice: {problem}"
        yield Finding("second call", says, {"problem": seen.problem})
    if seen.input:
        yield Finding("input rows", "`predict` changes the rows that it is given: {what}", {"what": seen.input})
    if seen.files:
        yield Finding("files", "`predict` writes files into the repository: {what}", {"what": seen.files})
    if seen.random_state:
        yield Finding(
            "random state",
            "`predict` changes the global random state of {what}",
            {"what": seen.random_state},
            likelihood=Level.LOW,
        )
    if seen.folder:
        yield Finding("working folder", "`predict` changes the working folder")


CHECK = Check("code.side_effects", Level.MEDIUM, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes, excuse=excuse)
