"""Gives every finding its priority and its action, and sets the waived ones apart. Findings are never dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatebot.case import Case, CheckRecord
from gatebot.checks.check import Check
from gatebot.finding import Action, Finding, Found, Level, Measure, Priority, Status
from gatebot.policy.action import action_of
from gatebot.policy.risk import MATRIX, Prior, risk_of
from gatebot.policy.waiver import waiver_for
from gatebot.report import ReportedFinding, WaivedFinding
from gatebot.stats.decision import Outcome
from gatebot.verdict.answer import finding_of
from gatebot.verdict.examine import Examined

_NO_RECORD = CheckRecord()


@dataclass(frozen=True, slots=True)
class Weighed:
    """All findings of a report, the weightiest first, and the waived ones apart."""

    findings: tuple[ReportedFinding, ...]
    waived: tuple[WaivedFinding, ...]


def weigh(case: Case, examined: Iterable[Examined]) -> Weighed:
    """Every finding with its priority, its action and the reason for both."""
    kept, waived = [], []
    for each in examined:
        said: list[tuple[Finding, Measure | None]] = []
        if isinstance(each.outcome, Found):
            said += [(finding, None) for finding in each.outcome.findings]
        said += [(finding, measure) for measure in each.measures if (finding := finding_of(measure)) is not None]
        for finding, measure in said:
            found, waiver = _weighed(case, each.check, finding, measure)
            if waiver is None:
                kept.append(found)
            else:
                waived.append(waiver)
    actions, statuses = list(Action), list(Status)
    kept.sort(key=lambda f: (actions.index(f.action), f.priority, statuses.index(f.status), f.check, f.subject))
    return Weighed(tuple(kept), tuple(waived))


def prior_priority(check: Check, impacts: Mapping[str, Level]) -> Priority:
    """What orders effort before there is any evidence."""
    return MATRIX[impacts.get(check.id, check.impact), check.likelihood]


def _weighed(
    case: Case, check: Check, finding: Finding, measure: Measure | None
) -> tuple[ReportedFinding, WaivedFinding | None]:
    facts = case.facts
    record = facts.history.get(check.id, _NO_RECORD)
    prior = Prior(check.id, check.impact, check.likelihood, record.runs, record.found)
    risk = risk_of(prior, facts.rules.policy, facts.changes.paths or (), finding.likelihood)
    undecided = measure is not None and measure.answer is not None and measure.answer.outcome is Outcome.UNDECIDED
    waiver, refused = waiver_for(check.id, finding.subject, _loss(measure), facts.now.date(), facts.rules.waivers)
    found = ReportedFinding(
        check=check.id,
        title=check.title,
        subject=finding.subject,
        says=finding.says,
        status=finding.status,
        priority=risk.priority,
        impact=risk.impact,
        likelihood=risk.likelihood,
        why_priority=f"{risk.why}; {refused}" if refused else risk.why,
        action=action_of(
            risk.priority,
            finding.status,
            facts.rules.policy,
            can_review=facts.can_review,
            fixed=_fixed(case, finding, measure, undecided=undecided),
        ),
        facts=dict(finding.facts),
        where=finding.where,
        log=finding.log,
        fix=check.section("Fix"),
        measure=None if measure is None else measure.subject,
        undecided=undecided,
    )
    if waiver is None:
        return found, None
    days = (waiver.until - facts.now.date()).days
    return found, WaivedFinding(
        finding=found, owner=waiver.owner, reason=waiver.reason, until=waiver.until, days_left=days
    )


def _fixed(case: Case, finding: Finding, measure: Measure | None, *, undecided: bool) -> Action | None:
    """The exceptions to "the priority decides"."""
    policy = case.facts.rules.policy
    if measure is None:
        return finding.action
    if undecided:
        likely = measure.answer is not None and measure.answer.likely
        return Action.REVIEW if likely and policy.reviewers and policy.undecided == "warn" else Action(policy.undecided)
    return Action.WARN if measure.warns_only else None


def _loss(measure: Measure | None) -> float | None:
    """How much worse head is than base or its limit, in the metric's own units; negative when it is better."""
    if measure is None:
        return None
    against = measure.base if measure.limit is None else measure.limit
    return None if against is None else measure.direction.sign * (against - measure.head)
