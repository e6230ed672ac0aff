"""What the code says of its own metrics is what gatebot finds.

Why: An evaluation that scores training rows, drops hard ones or averages otherwise shows only as a gap to the
recomputed value.
Fix: Look at the evaluation code: which rows it scores, with which labels and predictions, by which definition of the
metric. If the change is meant, waive it: once it is on base, the gap is base's too.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.claim_gaps import LEVEL, ComparedClaim
from gatebot.checks.claim_numbers import ClaimedNumber, claim_of, number_of, reported
from gatebot.checks.claim_pairs import claim_changes
from gatebot.checks.row_views import Tables, Views, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Direction, Finding, Level, Measure, Provenance
from gatebot.evidence.column import Floats
from gatebot.evidence.effort import Effort
from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.profile import Profile
from gatebot.evidence.training import Fit, Training
from gatebot.stats.arrays import StatError
from gatebot.stats.claims import Claim, Seeds, gap_change, least_rows, own_gap
from gatebot.stats.contrast import Estimand
from gatebot.stats.noise import Ledger, run_variance
from gatebot.tasks.table import Table
from gatebot.tasks.task import Declared


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
    """Base's claims, and what they speak of; and the claims of further trainings of head."""
    return (
        *effort.claims(Side.BASE),
        *effort.claims(Side.HEAD)[1:],
        Profile(Side.BASE),
        *effort.predictions(Side.BASE),
        *effort.scores(Side.BASE),
    )


def run(comparison: Comparison, options: ClaimOptions) -> Iterator[Finding | Measure]:
    """Each claim, shown; and a finding where it misses the computed value by more than an honest claim could.

    A gap that base does not have, or that grew, is worse. One that is as large on base is inherited.
    """
    views = Views(comparison)
    now, before = (reported(comparison, side) for side in (Side.HEAD, Side.BASE))
    claims: list[_Computed] = []
    for declared in comparison.declared:
        if declared.slice is not None:
            continue
        number, old = number_of(declared.name, now), number_of(declared.name, before)
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


def _shown(views: Views, declared: Declared, number: ClaimedNumber, before: ClaimedNumber | None) -> Measure:
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


@dataclass(frozen=True, slots=True, eq=False)
class _Computed:
    """A claimed metric, and its values by gatebot's own count."""

    views: Views
    declared: Declared
    head: ClaimedNumber
    base: ClaimedNumber | None
    values: Floats
    main: Floats

    def rows(self, side: Side) -> float:
        """Return the least number of rows that the claim can rest on by its own digits; 0 if they do not tell."""
        number = self.head if side is Side.HEAD else self.base
        if number is None or not 0 <= number.value <= 1 or not math.isclose(self._step, 1.0):  # a share of rows
            return 0.0
        return float(least_rows(number.value, number.digit, _given(self.views.comparison, side)))

    def compared(self, rows: Mapping[Side, float]) -> ComparedClaim | None:
        """Return the claim beside what it claims to be; None if the noise of the metric is unknown."""
        comparison, clusters, step = self.views.comparison, self.views.whole.clusters, self._step
        runs = comparison.runs(Tier.SMOKE)
        identical = comparison.base is not None and bool(runs) and all(run.identical for run in runs)
        try:
            seeds = _seeds(comparison, self.declared, self.values, self.main)
            head = self._claim(self.head, self._tables.head[0], rows[Side.HEAD])
            found = ComparedClaim(
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
        effort = comparison.effort
        return replace(
            found,
            base=base,
            base_own=base_own,
            change=change,
            changes=claim_changes(comparison, self.declared.name) if identical else found.changes,
            more=effort.trains and effort.confirm_seeds > 0 and not comparison.runs(Tier.CONFIRM),
        )

    @property
    def _tables(self) -> Tables:
        return self.views.whole.alone(Tier.SMOKE, self.declared.own)

    @property
    def _step(self) -> float:
        return metric_of(self.declared).step(self._tables.head[0])

    def _claim(self, number: ClaimedNumber, table: Table, rows: float) -> Claim:
        metric = metric_of(self.declared)
        influence = metric.influence(table)
        if influence is None:
            raise StatError(f"{metric.name}: its uncertainty is unknown")
        return Claim.of(number.value, number.digit, rows, metric.value(table), influence)


def _computed(views: Views, declared: Declared, head: ClaimedNumber, base: ClaimedNumber | None) -> Iterator[_Computed]:
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
