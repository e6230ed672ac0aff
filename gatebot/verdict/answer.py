"""Answers all measures of a report together, because what may block is decided over the whole family."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan

from gatebot.finding import Bound, Finding, Measure, Status
from gatebot.report import ReportedMeasure
from gatebot.stats.decision import Floor, Outcome, Question, decide
from gatebot.stats.power import settle
from gatebot.verdict.examine import Examined


def answered(examined: Sequence[Examined]) -> list[Examined]:
    """The same, with an answer in every measure."""
    answers = iter(decide([_question(measure) for each in examined for measure in each.measures]))
    return [
        replace(each, measures=tuple(replace(measure, answer=next(answers)) for measure in each.measures))
        for each in examined
    ]


def _question(measure: Measure) -> Question | Floor:
    enforced = not measure.not_enforced
    declared = measure.declared and measure.slice is None
    match measure.bound:
        case Bound.FLOOR:
            return Floor(measure.smoke, measure.confirm, declared=declared, enforced=enforced)
        case Bound.CHANGE:
            return Question(
                measure.smoke,
                measure.confirm,
                measure.margin,
                identical=measure.identical,
                declared=declared,
                enforced=enforced,
            )


def finding_of(measure: Measure) -> Finding | None:
    """What an answered measure means, where it is worse, or declared and undecided; None where it held."""
    answer = measure.answer
    if answer is None or measure.not_enforced or answer.outcome is Outcome.HELD:
        return None
    if answer.outcome is Outcome.UNDECIDED and not measure.declared:
        return None
    facts = {
        "metric": measure.subject,
        "base": measure.base,
        "head": measure.head,
        "limit": measure.limit,
        "reason": answer.reason,
    }
    if measure.bound is Bound.FLOOR:
        kind = "floor" if measure.direction.sign > 0 else "ceiling"
        says = f"{{metric}} is {{head}}, beyond its {kind} of {{limit}}: {{reason}}"
        return Finding(measure.subject, says, facts, Status.INHERITED if _broken_before(measure) else Status.NEW)
    return Finding(measure.subject, "{metric} went from {base} to {head}: {reason}", facts)


def _broken_before(measure: Measure) -> bool:
    if measure.base is None or measure.limit is None:
        return False
    return measure.direction.sign * (measure.base - measure.limit) < 0


def reported(check: str, measure: Measure) -> ReportedMeasure:
    """A measure as it stands in the Report: differences in the metric's own units, head minus base."""
    answer = measure.answer
    scale = abs(measure.base) if measure.relative and measure.base is not None else 1.0
    sign = measure.direction.sign * scale
    ends = sorted(sign * end for end in (answer.low, answer.high) if end is not None) if answer else []
    settled = None
    if (
        measure.spread is not None
        and measure.margin > 0
        and measure.spread.contrast.se > 0
        and isfinite(measure.margin)
    ):
        settled = settle(measure.spread, measure.margin)
    undecided = answer is not None and answer.outcome is Outcome.UNDECIDED
    against = measure.limit if measure.bound is Bound.FLOOR else measure.base
    return ReportedMeasure(
        check=check,
        metric=measure.metric,
        slice=measure.slice,
        direction=measure.direction,
        bound=measure.bound,
        base=measure.base,
        head=measure.head,
        delta=None if against is None else measure.head - against,
        low=ends[0] if len(ends) == 2 else None,
        high=ends[1] if len(ends) == 2 else None,
        margin=measure.margin * scale if isfinite(measure.margin) else nan,
        limit=measure.limit,
        relative=measure.relative,
        outcome=answer.outcome if answer else Outcome.UNDECIDED,
        p=answer.p if answer else None,
        reason=answer.reason if answer else "",
        tier=answer.evidence if answer else "",
        n=measure.units,
        seeds=measure.seeds,
        declared=measure.declared,
        not_enforced=measure.not_enforced,
        provenance=measure.provenance,
        sees=settled.detectable * scale if settled else None,
        needs_rows=settled.rows if settled and undecided else None,
        needs_seeds=settled.seeds if settled and undecided else None,
        by_seed=measure.by_seed,
    )
