"""What the code says of its own metrics is what gatebot finds.

Why: An evaluation that scores training rows, drops hard ones or averages otherwise shows only as a gap to the
recomputed value.
Fix: Look at the evaluation code: which rows it scores, with which labels and predictions, by which definition of the
metric. If the change is meant, waive it: once it is on base, the gap is base's too.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.row_views import Tables, Views, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Direction, Fact, Finding, Level, Measure, Provenance, Status
from gatebot.evidence.column import Floats
from gatebot.evidence.effort import Effort
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.profile import Profile
from gatebot.evidence.training import Fit, Training
from gatebot.stats.arrays import StatError
from gatebot.stats.claims import Claim, Seeds, coincidence, gap_change, is_proven, least_rows, own_gap
from gatebot.stats.contrast import Contrast, Estimand
from gatebot.stats.noise import Ledger, run_variance
from gatebot.tasks.table import Table
from gatebot.tasks.task import Declared

LEVEL = 0.0025
"""Chance that a report with honest claims calls one of them false, if they rest on the rows that are assumed."""
COINCIDENCE = 0.0005
"""Chance below which a claim that equals the computed value is taken to be made on the same rows."""

T = TypeVar("T")


class ClaimOptions(Options):
    """Settings of this check."""

    gap: float = Field(
        default=0.01, gt=0, description="share of the computed value by which a claim may miss it, or be farther off"
    )
    holdout: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="least share of the rows given to train that claims rest on (of the eval rows, where none trains)",
    )


def needs(effort: Effort) -> tuple[Need, ...]:
    """The metrics file, and what it speaks of."""
    return (
        MetricsFile(Side.HEAD),
        Profile(Side.HEAD),
        *effort.predictions(Side.HEAD),
        *effort.scores(Side.HEAD),
    )


def wishes(effort: Effort) -> tuple[Need, ...]:
    """Base's claims, and what they speak of."""
    return (
        MetricsFile(Side.BASE),
        Profile(Side.BASE),
        *effort.predictions(Side.BASE),
        *effort.scores(Side.BASE),
    )


def run(comparison: Comparison, options: ClaimOptions) -> Iterator[Finding | Measure]:
    """Each claim, shown; and a finding where it misses the computed value by more than an honest claim could.

    A gap that base does not have, or that grew, is worse. One that is as large on base is inherited.
    """
    views = Views(comparison)
    now, before = (_reported(comparison, side) for side in (Side.HEAD, Side.BASE))
    claims: list[_Computed] = []
    for declared in comparison.declared:
        if declared.slice is not None:
            continue
        number, old = _number(declared.name, now), _number(declared.name, before)
        if number is not None:
            yield _shown(views, declared, number, old)
            claims += _computed(views, declared, number, old)
        elif claim_of(declared.name, {path: path for path in now.words}) is not None:
            says = "{metric} is claimed by a word where a number belongs"
            yield Finding(declared.name, says, {"metric": declared.name}, likelihood=Level.MEDIUM)
    rows = {side: max([_least(comparison, side, options), *(each.rows(side) for each in claims)]) for side in Side}
    judged = [found for each in claims if (found := each.compared(rows)) is not None]
    if any(each.is_on_eval_rows for each in judged):
        judged = [each.on_eval_rows() for each in judged]
    elif any(each.is_on_bases_rows for each in judged):
        judged = [each.on_bases_rows() for each in judged]
    for each in judged:
        finding = each.finding(options.gap, LEVEL / len(judged))
        if finding is not None:
            yield finding


def claim_of(name: str, claims: Mapping[str, T]) -> T | None:
    """The claimed value of a metric: under its own name, or at the one path that ends with it and is not of training.

    `eval.accuracy` says accuracy; where two paths do, neither is taken.
    """
    if name in claims:
        return claims[name]
    found = [
        value
        for path, value in claims.items()
        if path.rpartition(".")[2] == name and not any("train" in part.lower() for part in path.split("."))
    ]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Number:
    """A claimed number, and what one unit of its last printed digit is worth; 0 if it is whole or exact."""

    value: float
    digit: float

    def printed_like(self, other: "_Number | None") -> "_Number":
        """Return this number with the other's precision if it shows none: 1.0 may be 0.996 without its digits."""
        return self if self.digit or other is None else _Number(self.value, other.digit)


def _reported(comparison: Comparison, side: Side) -> ReportedMetrics:
    snapshot = comparison.side(side)
    found = None if snapshot is None else snapshot.get(MetricsFile(side), ReportedMetrics)
    return ReportedMetrics({}) if found is None else found


def _number(name: str, reported: ReportedMetrics) -> _Number | None:
    path = claim_of(name, {path: path for path in reported.values})
    return None if path is None else _Number(reported.values[path], reported.digits.get(path, 0.0))


def _shown(views: Views, declared: Declared, number: _Number, before: _Number | None) -> Measure:
    runs = views.whole.alone(Tier.SMOKE, declared.own).head
    return Measure(
        metric=declared.name,
        slice=None,
        direction=Direction.HIGHER if declared.higher_is_better else Direction.LOWER,
        base=None if before is None else before.value,
        head=number.value,
        margin=declared.margin.size,
        relative=declared.margin.relative,
        units=len(runs[0]) if runs else 0,
        seeds=0,
        provenance=Provenance.CLAIMED,
        not_enforced="claimed, not computed",
    )


class _Rows(StrEnum):
    """The rows that claims are made on."""

    UNKNOWN = "unknown"
    SCORED = "scored"  # those that gatebot scores
    OF_BASE = "of base"  # whichever base's claims are made on


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
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
    rows: _Rows = _Rows.UNKNOWN

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

    def on_eval_rows(self) -> "_Compared":
        """Return the same for claims that are made on the rows that gatebot scores."""
        change = None if self.change is None else Contrast(self.change.delta, 0.0)
        return replace(self, own=Contrast(self.own.delta, 0.0), change=change, rows=_Rows.SCORED)

    def on_bases_rows(self) -> "_Compared":
        """Return the same for claims that are made on the rows of base's claims."""
        change = None if self.change is None else Contrast(self.change.delta, 0.0)
        return replace(self, change=change, rows=_Rows.OF_BASE)

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
        if self._changed_alone:
            return Finding(f"{self.name} evaluation", f"{_EQUAL}: {_CHANGED}", self._facts(level), action=Action.NOTE)
        return None

    def _is_off(self, least: float, level: float) -> bool:
        """Whether no honest evaluation of a model of head's makes this claim; any of its trainings may be meant."""
        usual = self.rows is not _Rows.SCORED and self.values.min() <= self.head.value <= self.values.max()
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
_NOTES = {
    _Rows.UNKNOWN: "An honest claim on {rows} other rows lies between {low} and {high}",
    _Rows.SCORED: "Base's claims are made on the rows that gatebot scores, so that both have to be equal",
    _Rows.OF_BASE: "Other claims are equal to the last digit, so they are made on the same rows",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Computed:
    """A claimed metric, and its values by gatebot's own count."""

    views: Views
    declared: Declared
    head: _Number
    base: _Number | None
    values: Floats
    main: Floats

    def rows(self, side: Side) -> float:
        """Return the least number of rows that the claim can rest on by its own digits; 0 if they do not tell."""
        number = self.head if side is Side.HEAD else self.base
        if number is None or not 0 <= number.value <= 1 or not math.isclose(self._step, 1.0):  # a share of rows
            return 0.0
        return float(least_rows(number.value, number.digit, _given(self.views.comparison, side)))

    def compared(self, rows: Mapping[Side, float]) -> _Compared | None:
        """Return the claim beside what it claims to be; None if the noise of the metric is unknown."""
        comparison, clusters, step = self.views.comparison, self.views.whole.clusters, self._step
        runs = comparison.runs(Tier.SMOKE)
        identical = comparison.base is not None and bool(runs) and all(run.identical for run in runs)
        try:
            seeds = _seeds(comparison, self.declared, self.values, self.main)
            head = self._claim(self.head, self._tables.head[0], rows[Side.HEAD])
            found = _Compared(
                name=self.declared.name,
                sign=1.0 if self.declared.higher_is_better else -1.0,
                step=step,
                identical=identical,
                values=self.values,
                head=head,
                own=own_gap(head, seeds, clusters=clusters, step=step),
            )
            if self.base is None:
                return found
            base = self._claim(self.base, self._tables.main[0], rows[Side.BASE])
            base_own = own_gap(base, seeds, clusters=clusters, step=step)
            change = gap_change(base, head, seeds, clusters=clusters, step=step, same=identical)
        except StatError:
            return None
        return replace(found, base=base, base_own=base_own, change=change)

    @property
    def _tables(self) -> Tables:
        return self.views.whole.alone(Tier.SMOKE, self.declared.own)

    @property
    def _step(self) -> float:
        return metric_of(self.declared).step(self._tables.head[0])

    def _claim(self, number: _Number, table: Table, rows: float) -> Claim:
        metric = metric_of(self.declared)
        influence = metric.influence(table)
        if influence is None:
            raise StatError(f"{metric.name}: its uncertainty is unknown")
        return Claim.of(number.value, number.digit, rows, metric.value(table), influence)


def _computed(views: Views, declared: Declared, head: _Number, base: _Number | None) -> Iterator[_Computed]:
    """Yield the claim with gatebot's own values; nothing if head has none."""
    metric, tables = metric_of(declared), views.whole.alone(Tier.SMOKE, declared.own)
    values, main = (np.array([metric.value(table) for table in side]) for side in (tables.head, tables.main))
    if not values.size or not np.isfinite(values).all():
        return
    if not main.size or not np.isfinite(main).all():
        base, main = None, values[:0]
    yield _Computed(
        views, declared, head.printed_like(base), None if base is None else base.printed_like(head), values, main
    )


def _least(comparison: Comparison, side: Side, options: ClaimOptions) -> float:
    """The least number of rows that any claim is assumed to rest on."""
    return max(options.holdout * _given(comparison, side), 1.0)


def _given(comparison: Comparison, side: Side) -> int:
    """How many rows the first training was given; those that are scored if it trained on none of gatebot's."""
    snapshot = comparison.side(side)
    training = None if snapshot is None else snapshot.get(Fit(side), Training)
    return (0 if training is None else training.rows) or len(comparison.units)


def _seeds(comparison: Comparison, declared: Declared, head: Floats, main: Floats) -> Seeds:
    """The noise of the metric over trainings, from the runs of both sides and from what main has shown before.

    Raises:
        StatError: it is unknown.
    """
    if comparison.head.about.estimand == Estimand.ARTIFACT:
        return Seeds()
    known = comparison.earlier(Tier.SMOKE, declared.name)
    prior = Ledger(known.variance, known.df) if known is not None and known.df > 0 else None
    return Seeds(*run_variance(*(side for side in (head, main) if side.size), prior=prior))


CHECK = Check(
    "model.claimed",
    Level.MEDIUM,
    Level.HIGH,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=ClaimOptions,
)
