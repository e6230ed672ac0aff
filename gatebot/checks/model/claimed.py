"""What the code says of its own metrics is what gatebot finds.

Why: An evaluation that scores training rows, or averages otherwise, shows only as a gap to the recomputed value.
Fix: Look at the evaluation code: which rows it scores, with which labels, by which definition of the metric.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from gatebot.checks.check import Check, Options
from gatebot.checks.row_views import View, Views, metric_of
from gatebot.comparison.comparison import Comparison
from gatebot.core.finding import Action, Direction, Fact, Finding, Level, Measure, Provenance
from gatebot.evidence.effort import Effort
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.profile import Profile
from gatebot.tasks.task import Declared


class ClaimOptions(Options):
    """Settings of this check."""

    gap: float = Field(default=0.01, gt=0, description="share of the computed value by which a claim may miss it")


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
    """Each claim, shown; and a finding where it misses the computed value. Neither ever blocks."""
    whole = Views(comparison).whole
    now, before = _claims(comparison, Side.HEAD), _claims(comparison, Side.BASE)
    for declared in comparison.declared:
        claim = claim_of(declared.name, now)
        if claim is None or declared.slice is not None:
            continue
        yield _shown(whole, declared, claim, claim_of(declared.name, before))
        gap = _gap(whole, declared, claim, options.gap)
        if gap is not None:
            yield gap


def claim_of(name: str, claims: Mapping[str, float]) -> float | None:
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


def _claims(comparison: Comparison, side: Side) -> Mapping[str, float]:
    snapshot = comparison.side(side)
    found = None if snapshot is None else snapshot.get(MetricsFile(side), ReportedMetrics)
    return {} if found is None else found.values


def _shown(whole: View, declared: Declared, claim: float, before: float | None) -> Measure:
    runs = whole.alone(Tier.SMOKE, declared.own).head
    return Measure(
        metric=declared.name,
        slice=None,
        direction=Direction.HIGHER if declared.higher_is_better else Direction.LOWER,
        base=before,
        head=claim,
        margin=declared.margin.size,
        relative=declared.margin.relative,
        units=len(runs[0]) if runs else 0,
        seeds=0,
        provenance=Provenance.CLAIMED,
        not_enforced="claimed, not computed",
    )


def _gap(whole: View, declared: Declared, claim: float, share: float) -> Finding | None:
    """None where some seed's value is as near as the share says; any one training may have written the file."""
    runs = whole.alone(Tier.SMOKE, declared.own).head
    values = np.array([metric_of(declared).value(table) for table in runs])
    if not len(values) or not np.isfinite(values).all():
        return None
    nearest = float(values[np.abs(values - claim).argmin()])
    inside = values.min() <= claim <= values.max()
    if inside or abs(claim - nearest) <= share * abs(nearest):
        return None
    facts: dict[str, Fact] = {"metric": declared.name, "claim": claim, "computed": nearest, "gap": claim - nearest}
    says = "{metric} is claimed to be {claim}, and is {computed} by gatebot's own count"
    return Finding(declared.name, says, facts, action=Action.WARN)


CHECK = Check(
    "model.claimed",
    Level.MEDIUM,
    Level.MEDIUM,
    run,
    __doc__,
    needs=needs,
    wishes=wishes,
    options=ClaimOptions,
)
