"""The judge: computes the Report of a Case, deterministically."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from gatebot import __version__
from gatebot.checks.guarantee import judged
from gatebot.checks.registry import all_checks
from gatebot.checks.visible_margin import visible_margin
from gatebot.comparison.case import Case
from gatebot.comparison.comparison import Comparison
from gatebot.config.guarantee import obstacles
from gatebot.core.finding import Action, Clean, Crashed, Finding, Priority, Skipped, Status
from gatebot.core.report import (
    Base,
    CrashedCheck,
    EnvironmentChange,
    Head,
    Report,
    ReportedApproval,
    ReportedFinding,
    ReportedGuarantee,
    SkippedCheck,
    State,
    VerdictName,
    Want,
)
from gatebot.decide.decisions import answered, reported, wanting
from gatebot.decide.declarations import declared_metrics
from gatebot.decide.prioritise import Prioritised, prioritise, risk, shows_logs
from gatebot.decide.run_checks import CheckResults, could_not_see, run_checks
from gatebot.decide.values import reported_values
from gatebot.errors import ExitCode, GateError, UsageError
from gatebot.evidence.failure import Failure
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.profile import RowTable
from gatebot.evidence.training import seed_of
from gatebot.stats.contrast import Estimand
from gatebot.stats.promise import Promise
from gatebot.tasks.registry import task_named

NOTHING_TO_JUDGE = frozenset({State.NOTHING_RELEVANT, State.DRAFT, State.NO_DATA})


def judge(case: Case) -> Report:
    """Judge a Case and return its Report.

    Raises:
        GateError: Nothing was collected, and no state says why.
        UsageError: The Rules name a metric or a setting that does not exist, or give a guarantee that cannot apply.
    """
    if NOTHING_TO_JUDGE & set(case.facts.states):
        return _report(case, None, [], Prioritised((), ()))
    if case.head is None:
        raise GateError("nothing was collected, so there is nothing to judge")
    comparison = comparison_of(case)
    effort = case.facts.effort
    looked = [run_checks(check, comparison, case) for check in all_checks().values()]
    profile = comparison.profile(Side.HEAD)
    same_rows = profile is not None and profile.one_tier
    results = answered(looked, effort.confirm_seeds if effort.trains else 0, same_rows=same_rows)
    return _report(case, comparison, results, prioritise(case, results))


def comparison_of(case: Case) -> Comparison:
    """Return the Case's evidence with base and head aligned by row."""
    if case.head is None:
        raise GateError("nothing was collected, so there is nothing to compare")
    facts, rules = case.facts, case.facts.rules
    task = task_named(rules.task)
    aligned = Comparison(
        task=task,
        head=case.head,
        base=case.base,
        effort=facts.effort,
        slices=rules.data.slices,
        protected=rules.data.protected,
        anchor=case.anchor,
        anchor_name=facts.anchor.name,
        anchor_missing=facts.anchor.missing,
        changed_paths=facts.changes.paths,
        rule_paths=facts.changes.gate,
    )
    metrics = declared_metrics(rules, aligned.truth)
    widened = tuple(replace(each, margin=visible_margin(aligned, each)) if each.widens else each for each in metrics)
    return replace(aligned, declared=widened, promise=_promise(case))


def _promise(case: Case) -> Promise | None:
    """Return the guarantee that the Rules give.

    Raises:
        UsageError: The guarantee cannot apply to the collected evidence.
    """
    rules = case.facts.rules
    trains = any(side is not None and side.about.estimand == Estimand.RECIPE for side in (case.head, case.base))
    if why := next(obstacles(rules, trains=trains), ""):
        raise UsageError(f"gatebot.yml: guarantee: {why}", "docs/statistics.md says what a guarantee rests on")
    return rules.guarantee.promise if rules.guarantee is not None else None


def _report(
    case: Case, comparison: Comparison | None, results: Sequence[CheckResults], prioritised: Prioritised
) -> Report:
    facts, rules = case.facts, case.facts.rules
    states = (*facts.states, *_seen_states(case, comparison))
    is_draft = State.DRAFT in states  # a draft was not judged, so it does not pass
    verdict = VerdictName.INCONCLUSIVE if is_draft else verdict_of(case, states, results, prioritised.findings)
    observed = rules.policy.mode == "observe" and not _unjudged(case, states)
    pairs = [(each.check.id, measure) for each in results for measure in each.measures]
    return Report(
        gatebot_version=__version__,
        generated_at=facts.now,
        verdict=verdict,
        exit_code=ExitCode.PASS if observed else verdict.exit_code,
        priority=_priority(verdict, prioritised.findings),
        observed=observed,
        project=facts.project,
        states=states,
        base=_base(case, states),
        head=_head(case, states),
        branch=facts.branch,
        rules_sha=facts.rules_sha,
        rules_digest=case.head.about.rules_digest if case.head else "",
        rows=0 if comparison is None else len(comparison.units),
        **_drawn(None if comparison is None else comparison.rows),
        seeds=0 if comparison is None else max(len(comparison.head_runs(tier)) for tier in Tier),
        isolation=case.head.about.isolation if case.head else "",
        isolation_why=case.head.about.isolation_why if case.head else (),
        granted=case.head.about.granted if case.head else (),
        findings=prioritised.findings,
        measures=tuple(reported(check, measure, untrusted=facts.is_fork) for check, measure in pairs),
        values=() if comparison is None else reported_values(comparison, untrusted=facts.is_fork),
        skipped=tuple(
            SkippedCheck(
                check=each.check.id,
                title=each.check.title,
                reason=each.outcome.reason,
                excused=each.outcome.excused,
            )
            for each in results
            if isinstance(each.outcome, Skipped)
        ),
        crashed=tuple(
            CrashedCheck(check=each.check.id, error=each.outcome.error)
            for each in results
            if isinstance(each.outcome, Crashed)
        ),
        clean=tuple(each.check.id for each in results if isinstance(each.outcome, Clean)),
        waived=prioritised.waived,
        approvals=tuple(
            ReportedApproval(**each.model_dump(exclude={"sha"}))
            for each in facts.approvals
            if each.sha == facts.judged.sha
        ),
        wants=() if comparison is None else _wants(case, comparison, results),
        guarantee=None if comparison is None else _guarantee(comparison),
        eval_uses=None if case.base is None else case.base.about.eval_uses,
        environment_changes=_environment_changes(case),
        costs=facts.costs,
        run_url=facts.run_url,
        reproduce=facts.reproduce,
    )


def _drawn(rows: RowTable | None) -> dict[str, Any]:
    """How the eval rows were drawn, if they are not all labelled rows that training leaves."""
    if rows is None or rows.pool <= len(rows):
        return {}
    heaviest = 1.0 if rows.weights is None else round(float(rows.weights.max(initial=1.0)), 3)
    return {"drawn_from": rows.pool, "heaviest": heaviest}


def _base(case: Case, states: Collection[State]) -> Base:
    """The base commit, and how it fails if it is broken."""
    chosen = case.facts.chosen
    if State.BASE_BROKEN not in states or case.base is None:
        return chosen
    failure = first_failure(case, Side.BASE)
    return chosen.model_copy(update={"failure": failure.cause if failure else ""})


def _head(case: Case, states: Collection[State]) -> Head:
    """The head commit, and how it fails if it is as broken as base. What strangers' code printed is not quoted."""
    judged = case.facts.judged
    if State.NOTHING_TRAINS not in states:
        return judged
    head, base = first_failure(case, Side.HEAD), first_failure(case, Side.BASE)
    if head is None:
        return judged
    if base is not None and _kind(case, head) == _kind(case, base):
        head = base  # in the same words, so that they are told once
    quotes = head is base or shows_logs(case.facts)
    return judged.model_copy(update={"failure": head.cause if quotes else head.says})


def first_failure(case: Case, side: Side) -> Failure | None:
    """Return how the first smoke run of a side that failed ended."""
    failures = (case.failure(fit, side) for fit in case.facts.effort.fits(side))
    return next((failure for failure in failures if failure is not None), None)


def _kind(case: Case, failure: Failure) -> object:
    return failure.kind(seed_of(case.facts.project, 0))


def _unjudged(case: Case, states: Collection[State]) -> bool:
    """Whether nothing works on any side, so that there is no verdict, not even one to be observed."""
    if {State.BASELINE, State.BOOTSTRAP} & set(states):
        return case.head is not None and case.broken(Side.HEAD)
    return State.NOTHING_TRAINS in states and case.facts.rules.policy.broken_base == "error"


def _guarantee(comparison: Comparison) -> ReportedGuarantee | None:
    """Return the guarantee for the Report; None if there is no guarantee, or nothing to compare."""
    found = judged(comparison)
    if found is None:
        return None
    promise = found.promise
    return ReportedGuarantee(
        condition=promise.text,
        reliability=promise.reliability,
        steps=promise.steps,
        adaptivity=promise.adaptivity.value,
        mode=promise.mode.value,
        answer=found.answer.value,
        rows_needed=promise.rows,
        rows=found.rows,
        merges=promise.merges,
    )


def verdict_of(
    case: Case, states: Sequence[State], results: Sequence[CheckResults], findings: Sequence[ReportedFinding]
) -> VerdictName:
    """Return the worst verdict that any finding, check or state calls for."""
    policy = case.facts.rules.policy
    actions = [f.action for f in _acting(findings) if not f.undecided]
    doubts = [f.action for f in _acting(findings) if f.undecided]
    if Action.BLOCK in actions:
        return VerdictName.BLOCKED
    if _unjudged(case, states) or any(_owes(case, each) for each in results):
        return VerdictName.ERROR
    if State.NO_BASELINE in states and case.facts.rules.baseline.missing == "block":
        return VerdictName.ERROR
    if Action.BLOCK in doubts:
        return VerdictName.INCONCLUSIVE
    if case.facts.is_fork and policy.forks == "trusted-run":  # untrusted evidence cannot be approved
        return VerdictName.REVIEW
    waiting = {f.priority for f in _acting(findings) if f.action is Action.REVIEW}
    if State.NO_DATA in states or (case.facts.is_fork and policy.forks == "review"):
        waiting.add(Priority.P0)  # unseen or untrusted: the approval must cover every priority
    return VerdictName.PASS if all(_approved(case, priority) for priority in waiting) else VerdictName.REVIEW


def _acting(findings: Sequence[ReportedFinding]) -> list[ReportedFinding]:
    return [f for f in findings if f.status in (Status.NEW, Status.WORSE)]


def _priority(verdict: VerdictName, findings: Sequence[ReportedFinding]) -> Priority | None:
    """Return the highest priority of the findings that caused the verdict; undecided ones do not count if it blocks."""
    proven = [f for f in _acting(findings) if not (verdict is VerdictName.BLOCKED and f.undecided)]
    for action in (Action.BLOCK, Action.REVIEW, Action.WARN):
        if priorities := [f.priority for f in proven if f.action is action]:
            return min(priorities, key=list(Priority).index)
    return None


def _approved(case: Case, priority: Priority) -> bool:
    """Whether an authorised reviewer has approved exactly this commit, including findings of this priority."""
    may = {login.casefold() for login in case.facts.rules.policy.reviewers}
    order = list(Priority).index
    return any(
        approval.sha == case.facts.judged.sha
        and (not may or approval.login.casefold() in may)
        and (approval.priority is None or order(priority) >= order(approval.priority))
        for approval in case.facts.approvals
    )


def _owes(case: Case, results: CheckResults) -> bool:
    """Whether a check prevents a pass: it crashed, or it has priority P0 and head lacks required evidence."""
    if isinstance(results.outcome, Crashed):
        return True
    return could_not_see(results) and risk(case, results.check).priority is Priority.P0


def _seen_states(case: Case, comparison: Comparison | None) -> list[State]:
    """Return the states that are known only from the evidence."""
    found = []
    if case.head is not None and case.broken(Side.BASE):
        found.append(State.BASE_BROKEN)
        if case.broken(Side.HEAD):
            found.append(State.NOTHING_TRAINS)
    if comparison is not None and _identical(comparison):
        found.append(State.IDENTICAL)
    return found


def _identical(comparison: Comparison) -> bool:
    runs = comparison.runs(Tier.SMOKE)
    return len(runs) == comparison.effort.smoke_seeds and all(run.identical for run in runs)


def _wants(case: Case, comparison: Comparison, results: Sequence[CheckResults]) -> tuple[Want, ...]:
    """Return what the confirm tier would settle, and why its evidence is missing if it was requested."""
    measures = wanting([measure for each in results for measure in each.measures])
    asked = [(each.subject, each.answer.reason) for each in measures if each.answer]
    own = [each for each in results if each.check.confirm is not None]
    others = [each for each in results if each.check.confirm is None]
    asked += [(f.subject, "not confirmed on more rows") for each in others for f in each.findings if _open(f)]
    tried = [need for need in case.facts.effort.fits(Side.HEAD, Tier.CONFIRM) if not case.has(need)]
    why = next((case.why_unmet(need) for need in tried if case.head and need in case.head.unmet), "")
    confirm = [
        Want(measure=subject, tier=Tier.CONFIRM, reason=f"{reason}; {why}" if why else reason)
        for subject, reason in dict(asked).items()
    ]
    return (*confirm, *(_want_of(case, comparison, each, f) for each in own for f in each.findings if _open(f)))


def _want_of(case: Case, comparison: Comparison, results: CheckResults, finding: Finding) -> Want:
    """Return the want of a check that says itself what would confirm its findings."""
    needs = results.check.confirm(comparison) if results.check.confirm is not None else ()
    tried = (need for need in needs if case.head is not None and need in case.head.unmet)
    why = next((case.why_unmet(need) for need in tried), "not measured beside base")
    return Want(measure=finding.subject, tier="", reason=why, check=results.check.id)


def _open(finding: Finding) -> bool:
    return finding.unconfirmed and finding.status in (Status.NEW, Status.WORSE)


def _environment_changes(case: Case) -> tuple[EnvironmentChange, ...]:
    if case.base is None or case.head is None:
        return ()
    base, head = case.base.about.environment, case.head.about.environment
    names = sorted({name for name in {**base, **head} if base.get(name) != head.get(name)})
    return tuple(EnvironmentChange(name=name, base=base.get(name), head=head.get(name)) for name in names)
