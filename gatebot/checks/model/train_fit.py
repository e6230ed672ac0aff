"""The model learns from all parts of its training rows that base's learns from.

Why: A limit that was left in from debugging, a loop that ends early or a file that is not read leaves rows out. The
metric on eval rows may hardly tell; but rows that were not trained on are predicted no better than new ones.
Fix: Look at where the training rows are read, filtered, cut and split. If rows are left out on purpose, waive it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.train_gaps import Fitted, fitted
from gatebot.checks.train_tables import needs, train_table, wishes
from gatebot.comparison.comparison import MAX_SEEDS, Comparison
from gatebot.core.finding import Fact, Finding, Level
from gatebot.evidence.column import Floats, Hashes
from gatebot.evidence.need import Side
from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Ledger, pair, single
from gatebot.tasks.table import Mask

LEVEL = 0.0025
"""One-sided, over all parts: the chance that a part is told of which head has lost as much as is tolerated."""
CUTS = (0.25, 0.5, 0.75)
"""Places of the file behind which, and before which, rows may be left out."""
FEWEST_ROWS = 50
MOVED = 0.15
"""Share of the whole fit that has to be lost: other rows that are held out are no fewer rows to learn from."""


class TrainFitOptions(Options):
    """Settings of this check."""

    kept: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="least share of what base learns of a part of its training rows that head keeps, if it keeps all "
        "of the others",
    )


def excuse(comparison: Comparison) -> str:
    """There are no training rows, or none to compare with."""
    if not comparison.effort.trains:
        return "predictions are brought: there are none of training rows"
    if all(train_table(comparison, Side.BASE, seed) is None for seed in range(MAX_SEEDS)):
        return "base has no predictions of its training rows yet"
    return ""


def run(comparison: Comparison, options: TrainFitOptions) -> Iterator[Finding]:
    """A finding for the part of the training rows that head has surely stopped to learn from, if base learns from it.

    A part counts that is predicted better than new rows by base, and by head far less so than the other rows. What
    weakens the fit of all rows alike, such as a penalty, is no finding; nor is a part that is held out where another
    one was.
    """
    metric, sides = fitted(comparison)
    if not metric:
        return
    trainings = _Trainings(metric, sides[Side.HEAD], sides[Side.BASE])
    found = [lost for part in PARTS if (lost := trainings.lost(part, options.kept))]
    if found:
        yield max(found, key=lambda each: each.surely).finding()


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the training rows, in the order of the file: those before the cut, or those from there on."""

    cut: float
    first: bool

    @property
    def name(self) -> str:
        return f"first {100 * self.cut:.0f} %" if self.first else f"last {100 * (1 - self.cut):.0f} %"

    def whole(self, part: float, rest: float) -> float:
        """Return the mean over all rows of what is so of this part and of the others."""
        share = self.cut if self.first else 1 - self.cut
        return share * part + (1 - share) * rest

    def among(self, places: Floats) -> Mask:
        """Return which rows are in it, by their places in [0, 1)."""
        return np.asarray((places < self.cut) == self.first)


PARTS = tuple(_Part(cut, first) for cut in CUTS for first in (True, False))


@dataclass(frozen=True, slots=True)
class _Lost:
    """A part that head no longer learns from.

    Attributes:
        part: which.
        metric: by which it shows.
        surely: by how much more than is tolerated, at least.
        gaps: how much better rows are predicted than new ones: of the part and of the others, on base and on head.
        seeds: trainings of head.
    """

    part: _Part
    metric: str
    surely: float
    gaps: tuple[float, float, float, float]
    seeds: int

    def finding(self) -> Finding:
        names = ("base_part", "base_rest", "head_part", "head_rest")
        facts: dict[str, Fact] = dict(zip(names, self.gaps, strict=True))
        facts |= {"part": self.part.name, "metric": self.metric, "seeds": self.seeds}
        says = (
            "the {part} of the training rows are no longer learnt: their {metric} is better than that of new rows by "
            "{head_part}, that of the others by {head_rest}; on base by {base_part} and {base_rest}"
        )
        return Finding("training rows", says, facts, size=self.surely)


@dataclass(frozen=True, slots=True, eq=False)
class _Trainings:
    """All trainings of both sides that predicted their training rows, by one metric."""

    metric: str
    head: list[Fitted]
    main: list[Fitted]

    def lost(self, part: _Part, kept: float) -> _Lost | None:
        """Return the part if head surely keeps less of what base learns of it than is tolerated."""
        every = (*self.head, *self.main)
        masks = [part.among(each.places) for each in every]
        if min(rows.sum() for each in masks for rows in (each, ~each)) < FEWEST_ROWS:
            return None
        base_part, base_rest = (self._mean(self.main, part, inside) for inside in (True, False))
        head_part, head_rest = (self._mean(self.head, part, inside) for inside in (True, False))
        if not np.isfinite([base_part, base_rest, head_part, head_rest]).all() or min(base_part, base_rest) <= 0:
            return None
        if part.whole(head_part, head_rest) > (1 - MOVED) * part.whole(base_part, base_rest):
            return None
        units = np.unique(np.concatenate([rows.ids for each in every for rows in (each.train, each.eval)]))
        try:
            learns = self._sums(self.main, part, (1.0, 0.0), units)
            if single(learns.values, learns.influence, ledger=learns.ledger).lower(LEVEL) <= 0:
                return None  # base hardly learns from it, so nothing can be lost
            weights = (-1.0, kept * base_part / base_rest)
            base, head, main = (
                self._sums(side, part, weights, units) for side in (self.main[: len(self.head)], self.head, self.main)
            )
            lost = pair(base.values, head.values, base.influence, head.influence, ledger=main.ledger)
        except StatError:
            return None
        surely = lost.lower(LEVEL / len(PARTS)) - (1 - kept) * base_part
        gaps = (base_part, base_rest, head_part, head_rest)
        return _Lost(part, self.metric, surely, gaps, len(self.head)) if surely > 0 else None

    def _mean(self, side: list[Fitted], part: _Part, inside: bool) -> float:
        return float(np.mean([each.gap(part.among(each.places) == inside) for each in side]))

    def _sums(self, side: list[Fitted], part: _Part, weights: tuple[float, float], units: Hashes) -> "_Sums":
        """Return the weighted sums of the gaps of the part and of the others."""
        values, influence = np.zeros(len(side)), np.zeros((len(side), len(units)))
        for at, each in enumerate(side):
            rows = part.among(each.places)
            for mask, weight in zip((rows, ~rows), weights, strict=True):
                if weight:
                    values[at] += weight * each.gap(mask)
                    influence[at] += weight * each.influence(mask, units)
        return _Sums(values, influence)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """One number of each training, float[S], and what each unit contributes to it, float[S, units]."""

    values: Floats
    influence: Floats

    @property
    def ledger(self) -> Ledger | None:
        return Ledger.of(self.values, holds_base=True) if len(self.values) > 1 else None


CHECK = Check(
    "model.train_fit",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=TrainFitOptions,
    relative=True,
    excuse=excuse,
)
