"""One prediction for each row, with its id, of a kind that the task knows.

Why: Rows that are lost, doubled or mixed up make every metric a number about other rows.
Fix: Return exactly one prediction for each row that `predict` was given, in the rows' order or with their ids.
"""

from collections.abc import Iterator

import numpy as np

from gatebot.checks.check import Check, Options
from gatebot.checks.delivered import delivered, finding_of, known_classes
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Finding, Level
from gatebot.evidence.column import Hashes
from gatebot.evidence.effort import Effort
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.profile import Profile


def needs(effort: Effort) -> tuple[Need, ...]:
    """The rows that were asked for, and what came back."""
    return (Profile(Side.HEAD), *effort.predictions(Side.HEAD))


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's, to tell what is inherited."""
    return (Profile(Side.BASE), *effort.predictions(Side.BASE))


def run(comparison: Comparison, _options: Options) -> Iterator[Finding]:
    """The first problem of each kind: what is wrong with one seed is mostly wrong with all."""
    seen: set[str] = set()
    for predictions, asked in delivered(comparison):
        for finding in _problems(comparison, predictions, asked):
            if finding.subject not in seen:
                seen.add(finding.subject)
                yield finding


def _problems(comparison: Comparison, predictions: Predictions, asked: Hashes) -> Iterator[Finding]:
    if predictions.problem:
        yield Finding("unreadable", "the predictions cannot be read: {problem}", {"problem": predictions.problem})
        return
    ids, counts = np.unique(predictions.ids, return_counts=True)
    missing, extra = int((~np.isin(asked, ids)).sum()), int((~np.isin(ids, asked)).sum())
    for subject, rows, says in (
        ("missing rows", missing, "{rows} of {asked} rows have no prediction"),
        ("unknown ids", extra, "{rows} predictions are for ids that were not asked for"),
        ("doubled rows", int((counts > 1).sum()), "{rows} rows have more than one prediction"),
    ):
        if rows:
            yield Finding(subject, says, {"rows": rows, "asked": len(asked)}, size=rows / max(len(asked), 1))
    truth = comparison.head.truth or comparison.truth
    if truth is not None:
        for problem in comparison.task.shape_problems(predictions, truth, known_classes(comparison)):
            yield finding_of(problem, predictions)


CHECK = Check("code.output_shape", Level.HIGH, Level.MEDIUM, run, __doc__, needs=needs, wishes=wishes)
