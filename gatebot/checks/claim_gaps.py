"""A claimed value beside the computed one, and beside base's claim: what is to be said of their difference."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from gatebot.core.finding import Action, Fact, Finding, Level, Status
from gatebot.evidence.column import Floats
from gatebot.stats.claims import Claim, coincidence, is_proven, mean_change
from gatebot.stats.contrast import Contrast

LEVEL = 0.0025
"""Chance that a report with honest claims calls one of them false, if they rest on the rows that are assumed."""
SYSTEMATIC = 4.0
"""Times that level: the chance that other rows, which each training draws anew, are called a systematic change."""
COINCIDENCE = 0.0005
"""Chance below which a claim that equals the computed value is taken to be made on the same rows."""


class ScoredRows(StrEnum):
    """The rows that claims are made on."""

    UNKNOWN = "unknown"
    SCORED = "scored"  # those that gatebot scores
    OF_BASE = "of base"  # whichever base's claims are made on


@dataclass(frozen=True, slots=True, eq=False)
class ComparedClaim:
    """A claim of head's beside the computed values, and beside base's claim where there is one.

    Attributes:
        name: of the metric.
        sign: 1.0 if higher is better, else -1.0.
        step: as in `gatebot.stats.claims`.
        identical: head and base predict the same, byte for byte, in every run.
        values: computed from head's runs, the first of which left the claim.
        head, base: the claims.
        own, base_own: the gaps of both, with the noise of honest claims.
        change: how much head's gap differs from base's.
        rows: on which the claims are known to be made, so that they have no noise: the eval rows, or those of base.
        changes: head's claim less base's of each training, float[trainings], where both sides predict the same in all.
        more: whether more trainings could still be compared.
    """

    name: str
    sign: float
    step: float
    identical: bool
    values: Floats
    head: Claim
    own: Contrast
    base: Claim | None = None
    base_own: Contrast | None = None
    change: Contrast | None = None
    rows: ScoredRows = ScoredRows.UNKNOWN
    changes: Floats = field(default_factory=lambda: np.zeros(0))
    more: bool = False

    @property
    def is_on_eval_rows(self) -> bool:
        """Whether base's claim shows that claims are made on the rows that gatebot scores, with the first model."""
        if self.base is None or self.base_own is None:
            return False
        one, lattice = self.base, self.step / len(self.base.influence)
        chance = coincidence(one.gap, self.base_own, digit=one.digit, value=one.computed, lattice=lattice)
        return chance <= COINCIDENCE

    @property
    def is_on_bases_rows(self) -> bool:
        """Whether an unchanged claim of equal predictions shows that claims of head are made on the rows of base's."""
        if self.base is None or self.change is None or not self.identical:
            return False
        difference, lattice = self.head.value - self.base.value, self.step / min(self.head.rows, self.base.rows)
        digit = max(self.head.digit, self.base.digit)
        chance = coincidence(difference, self.change, digit=digit, value=self.base.value, lattice=lattice)
        return chance <= COINCIDENCE

    def on_eval_rows(self) -> "ComparedClaim":
        """Return the same for claims that are made on the rows that gatebot scores."""
        change = None if self.change is None else Contrast(self.change.delta, 0.0)
        return replace(self, own=Contrast(self.own.delta, 0.0), change=change, rows=ScoredRows.SCORED)

    def on_bases_rows(self) -> "ComparedClaim":
        """Return the same for claims that are made on the rows of base's claims."""
        change = None if self.change is None else Contrast(self.change.delta, 0.0)
        return replace(self, change=change, rows=ScoredRows.OF_BASE)

    def finding(self, gap: float, level: float) -> Finding | None:
        """Return what is to be said of the claim; None if nothing is.

        Args:
            gap: share of the computed value below which no gap counts.
            level: chance that an honest claim is called worse.
        """
        least = gap * abs(self.head.computed)
        off = self._is_off(least, level)
        if self.base is None or self.base_own is None:
            return self._gap(Status.NEW, level) if off else None
        if (off or self._changed_alone) and self._has_grown(least, level):
            return self._gap(Status.WORSE, level, Level.MEDIUM if self._is_stale_and_modest else None)
        if off and abs(self.base_own.delta) > least and is_proven(self.base_own, level):
            return self._gap(Status.INHERITED, level)
        if off:
            return self._gap(Status.NEW, level, Level.MEDIUM)
        return self._of_evaluation(least, level) if self._changed_alone else None

    def _of_evaluation(self, least: float, level: float) -> Finding:
        """Return the finding that the evaluation changed, which no single claim proves to be more than other rows.

        Other rows, which each training draws anew, move some claims up and others down. If all surely move to one side,
        it is a warning. It does not block, because one hold-out for all trainings may have been exchanged for another.
        """
        found = Finding(f"{self.name} evaluation", f"{_EQUAL}: {_CHANGED}", self._facts(level), action=Action.NOTE)
        changes = self.changes
        mean = mean_change(changes)
        if mean is not None and abs(mean.delta) > least and is_proven(mean, level * SYSTEMATIC):
            facts = {**found.facts, "trainings": changes.size, "mean_change": mean.delta}
            return replace(found, facts=facts, note=_SYSTEMATIC, action=None, likelihood=Level.MEDIUM)
        one_way = changes.size > 1 and (np.sign(changes) == np.sign(changes[0])).all()
        return replace(found, unconfirmed=bool(self.more and one_way and abs(changes.mean()) > least))

    def _is_off(self, least: float, level: float) -> bool:
        """Whether no honest evaluation of a model of head's makes this claim; any of its trainings may be meant."""
        usual = self.rows is not ScoredRows.SCORED and self.values.min() <= self.head.value <= self.values.max()
        return not usual and abs(self.own.delta) > least and is_proven(self.own, level)

    def _has_grown(self, least: float, level: float) -> bool:
        """Whether head's claim is farther off than base's, by more than honest claims on other rows differ."""
        if self.base is None or self.change is None:
            return False
        open_digits = (self.head.digit + self.base.digit) / 2
        farther = abs(self.head.gap) - abs(self.base.gap) - open_digits
        return farther > least and is_proven(self.change, level)

    @property
    def _changed_alone(self) -> bool:
        """Whether the claim changed, by more than is not printed, although the predictions did not."""
        if self.base is None or not self.identical:
            return False
        return abs(self.head.value - self.base.value) > (self.head.digit + self.base.digit) / 2

    @property
    def _is_stale_and_modest(self) -> bool:
        """Whether the claim is base's still, and says less of a better model: it hides nothing that is bad."""
        if self.base is None or self.head.value != self.base.value:
            return False
        return self.sign * self.head.gap < 0 and self.sign * (self.head.computed - self.base.computed) > 0

    def _gap(self, status: Status, level: float, likelihood: Level | None = None) -> Finding:
        if self.base is None:
            says = _OFF
        elif self._changed_alone:
            says = f"{_EQUAL}: {_CHANGED}"
        elif self.head.value == self.base.value:
            says = _STALE
        else:
            says = _OFF_BEFORE
        facts = self._facts(level)
        return Finding(self.name, says, facts, status, likelihood, note=_NOTES[self.rows], size=abs(self.head.gap))

    def _facts(self, level: float) -> dict[str, Fact]:
        low, high = Contrast(self.head.computed, self.own.se, self.own.df).interval(1 - level)
        facts: dict[str, Fact] = {
            "metric": self.name,
            "claim": self.head.value,
            "computed": self.head.computed,
            "gap": self.head.gap,
            "rows": int(self.head.rows),
            "low": low,
            "high": high,
        }
        if self.base is not None:
            facts |= {"before": self.base.value, "base_computed": self.base.computed, "base_gap": self.base.gap}
        return facts


_OFF = "{metric} is claimed to be {claim}, and is {computed} by gatebot's own count"
_OFF_BEFORE = f"{_OFF}; on base it is claimed to be {{before}}, and is {{base_computed}}"
_STALE = (
    "{metric} is still claimed to be {claim}, as on base, though by gatebot's own count it went from {base_computed} to"
    " {computed}"
)
_EQUAL = "head's and base's predictions are equal byte for byte, yet {metric} is claimed to be {claim} after {before}"
_CHANGED = "the evaluation changed, not the model, and gatebot's own count is {computed}"
_SYSTEMATIC = (
    "Over {trainings} trainings it changed by {mean_change} on average, always about as much: no other rows do that"
)
_NOTES = {
    ScoredRows.UNKNOWN: "An honest claim on {rows} other rows lies between {low} and {high}",
    ScoredRows.SCORED: "Base's claims are made on the rows that gatebot scores, so that both have to be equal",
    ScoredRows.OF_BASE: "Other claims are equal to the last digit, so they are made on the same rows",
}
