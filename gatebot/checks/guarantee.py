"""What can be said of the guarantee that the Rules give: one of four answers, never the numbers behind them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Hashes
from gatebot.stats.condition import Variable
from gatebot.stats.promise import Promise
from gatebot.tasks.labels import Labels, as_names, labels
from gatebot.tasks.table import Table


class GuaranteeOutcome(StrEnum):
    """What is told of the condition: the three verdicts, or that none can be given."""

    HELD = "held"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    NOT_GIVEN = "not given"


class Lack(StrEnum):
    """Why no verdict can be given."""

    ROWS = "rows"  # fewer than the promise needs
    ANSWERS = "answers"  # some eval rows are not answered, or not the same, on both sides
    USES = "uses"  # the eval rows have served as often as was promised


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise beside the evidence.

    Attributes:
        promise: the Rules' own.
        answer: what is told.
        rows: labelled eval rows that base has.
        missing: those of them on which base and head cannot be compared.
        uses: commits of main that these eval rows have judged; 0 where nobody has counted.
        lack: why no verdict can be given, where none can.
    """

    promise: Promise
    answer: GuaranteeOutcome
    rows: int
    missing: int
    uses: int
    lack: Lack | None = None


def judged(comparison: Comparison) -> Judged | None:
    """The promise judged; None without one, or where base and head have nothing in common.

    Every labelled eval row of base's has to be there: who could leave rows out could choose the answer.
    """
    promise, runs = comparison.promise, comparison.runs()
    if promise is None or comparison.base is None or not runs or runs[0].base is None:
        return None
    known = labelled(comparison)
    rows, compared = len(known), np.isin(comparison.units, known)
    missing = rows - int(compared.sum())
    uses = comparison.base.about.eval_uses or 0
    lack = _lack(promise, rows, missing, uses)
    answer = (
        GuaranteeOutcome.NOT_GIVEN
        if lack
        else _told(promise, runs[0].head.where(compared), runs[0].base.where(compared))
    )
    return Judged(promise, answer, rows, missing, uses, lack)


def values(new: Table, old: Table) -> dict[Variable, float]:
    """n, o and d: the accuracies of both, and the share of rows that they answer differently."""
    one, other = labels(new), labels(old)
    return {
        Variable.NEW: float(one.right.mean()),
        Variable.OLD: float(other.right.mean()),
        Variable.DIFFERENCE: float((_names(one) != _names(other)).mean()),
    }


def labelled(comparison: Comparison) -> Hashes:
    """Ids of the eval rows that have a label."""
    if comparison.truth is None or comparison.rows is None:
        return np.empty(0, dtype=np.uint64)
    known = comparison.truth.ids[as_names(comparison.truth.target).codes >= 0]
    return comparison.rows.ids[np.isin(comparison.rows.ids, known)]


def _lack(promise: Promise, rows: int, missing: int, uses: int) -> Lack | None:
    if uses >= promise.merges:
        return Lack.USES
    if rows < promise.rows:
        return Lack.ROWS
    return Lack.ANSWERS if missing else None


def _told(promise: Promise, new: Table, old: Table) -> GuaranteeOutcome:
    match promise.told(values(new, old)):
        case True:
            return GuaranteeOutcome.HELD
        case False:
            return GuaranteeOutcome.BROKEN
        case None:
            return GuaranteeOutcome.UNDECIDED


def _names(of: Labels) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """The predicted class of each unit by name, since two tables may number theirs differently."""
    return np.array([*of.classes, ""], dtype=object)[of.predicted]
