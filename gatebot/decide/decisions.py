"""Decides all measures of a Report together, because the error rate of blocking is controlled over all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan

from gatebot.core.finding import Bound, Clean, Fact, Finding, Found, Measure, Outcome, Provenance, Status, Undecided
from gatebot.core.report import ReportedMeasure
from gatebot.decide.run_checks import CheckResults
from gatebot.stats import decision
from gatebot.stats.contrast import Contrast
from gatebot.stats.decision import Floor, Gain, Levels, Question, decide
from gatebot.stats.multiplicity import holm
from gatebot.stats.power import foreseen, more_seeds_settle, settle, settle_gain

SUSPECT = 0.05
"""Probability that slices and classes, all together, request the confirm tier although nothing is worse."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A finding, and the measure that caused it, if any."""

    finding: Finding
    measure: Measure | None = None


def answered(results: Sequence[CheckResults], confirm_seeds: int = 0, *, same_rows: bool = False) -> list[CheckResults]:
    """Return the results with an answer in every measure, and outcomes that take the answers into account.

    Args:
        results: results of all checks, with their measures.
        confirm_seeds: number of seeds that the confirm tier would have; 0 if there is no such tier.
        same_rows: whether both tiers train on the same rows, so that the confirm tier adds seeds only.
    """
    measures = [measure for each in results for measure in each.measures]
    answers: dict[int, Measure] = {}
    for warns_only in (False, True):  # measures that cannot block use up none of the level
        family = [measure for measure in measures if measure.warns_only is warns_only]
        questions = [_question(each, confirm_seeds, same_rows=same_rows) for each in family]
        for measure, answer in zip(family, decide(questions), strict=True):
            answers[id(measure)] = measure.answered(answer)
    done = [replace(each, measures=tuple(answers[id(measure)] for measure in each.measures)) for each in results]
    return [replace(each, outcome=_outcome(each)) for each in done]


def decisions_of(results: CheckResults) -> Iterator[Decision]:
    """Yield all findings of a check, including those that its measures cause."""
    yield from (Decision(finding) for finding in results.findings)
    for measure in results.measures:
        finding = finding_of(measure)
        if finding is not None:
            yield Decision(finding, measure)


def wanting(measures: Sequence[Measure]) -> list[Measure]:
    """Return the measures for which more evidence is worth its cost.

    A declared measure requests the confirm tier if it looks bad, or if it is undecided and the confirm tier can guard
    the margin. Slices and classes are many, so some look bad by chance on every pull request. They request it only if
    smoke evidence alone rejects "no loss" after Holm's correction over all of them.
    """
    asking = [each for each in measures if each.answer and each.answer.wants_confirm and not each.warns_only]
    soft = [each for each in measures if not each.declared and not each.not_enforced and each.smoke is not None]
    adjusted = holm([each.smoke.p_worse() for each in soft if each.smoke]) if soft else ()
    suspect = {id(each) for each, p in zip(soft, adjusted, strict=True) if p <= SUSPECT}
    return [each for each in asking if each.declared or id(each) in suspect]


def finding_of(measure: Measure) -> Finding | None:
    """Return the finding of an answered measure; None if it held, or is undecided and need not be reported."""
    answer = measure.answer
    if answer is None or measure.not_enforced or answer.outcome is decision.Outcome.HELD:
        return None
    told = answer.likely if measure.warns_only else measure.declared or answer.stands_out
    if answer.outcome is decision.Outcome.UNDECIDED and not told:
        return None
    facts: dict[str, Fact] = {
        **measure.facts,
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
    says = "{metric} went from {base} to {head}: {reason}"
    return Finding(measure.subject, says, facts, _inherited(measure), note=measure.note)


def _inherited(measure: Measure) -> Status:
    return Status.INHERITED if measure.inherited else Status.NEW


def _outcome(results: CheckResults) -> Outcome:
    """Return the outcome: found before undecided before clean. Fixed findings and undecided measures are not found."""
    if not isinstance(results.outcome, Clean | Found):
        return results.outcome
    open_ = tuple(measure.subject for measure in results.measures if _is_open(measure))
    found = [each.finding for each in decisions_of(results) if each.measure is None or not _is_open(each.measure)]
    found = [finding for finding in found if finding.status is not Status.FIXED]
    if found:
        return Found(tuple(found))
    return Undecided(open_) if open_ else Clean()


def _is_open(measure: Measure) -> bool:
    undecided = measure.answer is not None and measure.answer.outcome is decision.Outcome.UNDECIDED
    return undecided and not measure.not_enforced


def _question(measure: Measure, confirm_seeds: int, *, same_rows: bool) -> Question | Floor | Gain:
    enforced = not measure.not_enforced
    declared = measure.declared and measure.slice is None
    match measure.bound:
        case Bound.FLOOR:
            return Floor(measure.smoke, measure.confirm, declared=declared, enforced=enforced)
        case Bound.GAIN:
            nothing = Contrast(0.0, 0.0) if measure.identical else None  # exact: identical models gain nothing
            return Gain(
                nothing or measure.smoke,
                nothing or measure.confirm,
                measure.margin,
                foreseen=_foreseen(measure, confirm_seeds),
                declared=declared,
                enforced=enforced,
            )
        case Bound.CHANGE:
            noise = _foreseen(measure, confirm_seeds)
            return Question(
                measure.smoke,
                measure.confirm,
                measure.margin,
                harmless=None if noise is None else replace(noise, delta=0.0),
                identical=measure.identical,
                declared=declared,
                enforced=enforced,
                can_settle=not same_rows or _seeds_settle(measure, confirm_seeds),
            )


def _seeds_settle(measure: Measure, seeds: int) -> bool:
    """Whether more seeds alone could change the answer."""
    if measure.spread is None or measure.confirm is not None or not seeds:
        return True
    levels = Levels()
    return more_seeds_settle(measure.spread, seeds, measure.margin, alpha=levels.confirm, worse=levels.worse_confirm)


def _foreseen(measure: Measure, seeds: int) -> Contrast | None:
    """Return the contrast that the confirm tier would show with the same estimate and the noise of smoke evidence."""
    if measure.spread is None or measure.confirm is not None or not seeds:
        return None
    return foreseen(measure.spread, max(seeds, measure.spread.runs)).contrast


def _broken_before(measure: Measure) -> bool:
    if measure.base is None or measure.limit is None:
        return False
    return measure.direction.sign * (measure.base - measure.limit) < 0


def reported(check: str, measure: Measure, *, untrusted: bool = False) -> ReportedMeasure:
    """Return a measure for the Report, with differences as head minus base in the metric's own units."""
    answer = measure.answer
    scale = abs(measure.base) if measure.relative and measure.base is not None else 1.0
    sign = measure.direction.sign * scale
    ends = sorted(sign * end for end in (answer.low, answer.high) if end is not None) if answer else []
    spread = measure.spread
    settled = None
    if spread is not None and spread.contrast.se > 0 and isfinite(measure.margin) and measure.margin > 0:
        settled = (settle_gain if measure.bound is Bound.GAIN else settle)(spread, measure.margin)
    undecided = answer is not None and answer.outcome is decision.Outcome.UNDECIDED
    claimed = measure.provenance is Provenance.CLAIMED
    against = measure.limit if measure.bound is Bound.FLOOR else measure.base
    if measure.is_share and against is not None:  # a share stays between 0 and 1, unlike a t interval
        ends = [min(max(end, -against), 1.0 - against) for end in ends]
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
        outcome=answer.outcome if answer else decision.Outcome.UNDECIDED,
        p=answer.p if answer else None,
        reason=answer.reason if answer else "",
        tier=answer.evidence if answer else "",
        stands_out=answer is not None and answer.stands_out,
        n=measure.units,
        seeds=measure.seeds,
        declared=measure.declared,
        not_enforced=measure.not_enforced,
        provenance=Provenance.UNTRUSTED if untrusted and not claimed else measure.provenance,
        sees=settled.detectable * scale if settled else None,
        needs_rows=settled.rows if settled and undecided else None,
        needs_seeds=settled.seeds if settled and undecided else None,
        by_seed=measure.by_seed,
    )
