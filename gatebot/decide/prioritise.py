"""Assigns a priority and an action to every finding, and separates waived findings. It never drops a finding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from gatebot.checks.check import Check
from gatebot.comparison.case import Case, CheckRecord, Facts
from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Action, Fact, Finding, Measure, Status
from gatebot.core.report import ReportedFinding, WaivedFinding
from gatebot.decide.decisions import Decision, decisions_of
from gatebot.decide.policy.action import action_of
from gatebot.decide.policy.risk import Prior, Risk, risk_of
from gatebot.decide.policy.waiver import waiver_for
from gatebot.decide.run_checks import CheckResults
from gatebot.stats.decision import Answer, Outcome

_NO_RECORD = CheckRecord()


@dataclass(frozen=True, slots=True)
class Prioritised:
    """All findings of a Report, the most important first, and the waived ones separately."""

    findings: tuple[ReportedFinding, ...]
    waived: tuple[WaivedFinding, ...]


def prioritise(case: Case, results: Iterable[CheckResults]) -> Prioritised:
    """Return every finding with its priority, its action and the reasons for both."""
    kept, waived = [], []
    for each in results:
        for decision in decisions_of(each):
            found = _weighed(case, each.check, decision)
            if isinstance(found, WaivedFinding):
                waived.append(found)
            else:
                kept.append(found)
    actions, statuses = list(Action), list(Status)
    kept.sort(key=lambda f: (actions.index(f.action), f.priority, statuses.index(f.status), f.check, f.subject))
    return Prioritised(tuple(kept), tuple(waived))


def risk(case: Case, check: Check, finding: Finding | None = None) -> Risk:
    """Return the risk of a check before it runs or, if a finding is given, the risk of that finding."""
    facts = case.facts
    record = facts.history.get(check.id, _NO_RECORD)
    prior = Prior(check.id, check.impact, check.likelihood, record.runs, record.found)
    return risk_of(prior, facts.rules.policy, facts.changes.paths or (), finding.likelihood if finding else None)


def _weighed(case: Case, check: Check, decision: Decision) -> ReportedFinding | WaivedFinding:
    facts, finding, measure = case.facts, decision.finding, decision.measure
    found = risk(case, check, finding)
    action, why_action = _action(case, decision, found)
    today = facts.now.date()
    quotes = shows_logs(facts) or not finding.log
    waiver, refused = waiver_for(check.id, finding.subject, _loss(measure), today, facts.rules.waivers)
    reported = ReportedFinding(
        check=check.id,
        title=check.title,
        subject=finding.subject,
        says=finding.says,
        status=finding.status,
        priority=found.priority,
        impact=found.impact,
        likelihood=found.likelihood,
        why_priority="; ".join(clause for clause in (found.why, why_action, refused) if clause),
        action=action,
        facts=_plain({**finding.facts, **(finding.quoted if quotes else {})}),
        where=finding.where if quotes else (),
        log=finding.log if quotes else (),
        note=finding.note if quotes or not finding.quoted else "",
        fix=check.section("Fix"),
        measure=None if measure is None else measure.subject,
        undecided=finding.undecided or _undecided(measure),
    )
    if waiver is None:
        return reported
    return WaivedFinding(
        finding=reported,
        owner=waiver.owner,
        reason=waiver.reason,
        until=waiver.until,
        days_left=(waiver.until - today).days,
    )


def shows_logs(facts: Facts) -> bool:
    """Whether logs of user code are quoted; a stranger's code could print anything under gatebot's name."""
    return facts.rules.privacy.stranger_logs or not (facts.is_fork or facts.is_first)


def _action(case: Case, decision: Decision, found: Risk) -> tuple[Action, str]:
    """Return the action of a finding, and the reason if it differs from the action of the priority alone."""
    facts, finding = case.facts, decision.finding
    policy = facts.rules.policy

    def acting(fixed: Action | None = None) -> Action:
        return action_of(found.priority, finding.status, policy, can_review=facts.can_review, fixed=fixed)

    plain = acting()
    fixed, why = _exception(case, decision)
    if fixed is None or finding.status is Status.FIXED:
        return plain, ""
    if finding.status is Status.INHERITED:
        return acting(finding.action), ""
    if finding.action is not None:
        return acting(fixed), why
    weaker = max(plain, acting(fixed), key=list(Action).index)  # doubt never strengthens an action
    return weaker, why if weaker is not plain else ""


def _exception(case: Case, decision: Decision) -> tuple[Action | None, str]:
    """Return the action that replaces the priority's action, and the reason; None if there is no exception."""
    measure = decision.measure
    if decision.finding.action is not None:
        return decision.finding.action, "its action is fixed"
    if decision.finding.unconfirmed:
        return Action.WARN, "not confirmed on more rows"
    if measure is not None and measure.warns_only:
        return Action.WARN, "its margin only warns"
    if decision.finding.undecided or _undecided(measure):
        return _in_doubt(case.facts.rules.policy, None if measure is None else measure.answer)
    return None, ""


def _in_doubt(policy: Policy, answer: Answer | None) -> tuple[Action, str]:
    """Return the action of an unproven loss, as the policy says; measures that are not declared only warn."""
    if answer is not None and answer.stands_out:
        return Action.WARN, "stands out among all that is watched, and is not proven"
    if answer is not None and answer.likely and policy.reviewers and policy.undecided == "warn":
        return Action.REVIEW, "likely, and not proven"
    return Action(policy.undecided), "not proven"


def _undecided(measure: Measure | None) -> bool:
    return measure is not None and measure.answer is not None and measure.answer.outcome is Outcome.UNDECIDED


def _loss(measure: Measure | None) -> float | None:
    """Return how much worse head is than base or the limit, in the metric's own units; negative if it is better."""
    if measure is None:
        return None
    against = measure.base if measure.limit is None else measure.limit
    return None if against is None else measure.direction.sign * (against - measure.head)


def _plain(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Convert facts to JSON values, so that a Report stays equal when it is written and read."""
    return {name: _plain_fact(fact) for name, fact in facts.items()}


def _plain_fact(fact: Fact) -> Any:
    match fact:
        case float() if not isfinite(fact):
            return None
        case tuple():
            return list(fact)
        case _:
            return fact
