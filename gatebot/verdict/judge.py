"""A Case in, a Report out: the same every time."""

from collections.abc import Sequence

from gatebot import __version__
from gatebot.case import Case
from gatebot.checks.registry import all_checks
from gatebot.comparison import Comparison
from gatebot.config.model import MetricRule, Rules
from gatebot.errors import ExitCode, GateError
from gatebot.finding import Action, Clean, Crashed, Measure, Priority, Skipped, Status
from gatebot.needs import Side, Tier
from gatebot.report import (
    CrashedCheck,
    EnvironmentChange,
    Report,
    ReportedFinding,
    SkippedCheck,
    State,
    VerdictName,
    Want,
)
from gatebot.snapshot.evidence import Ending, Training
from gatebot.tasks.registry import Declaration, declared, task_named
from gatebot.verdict.answer import answered, reported
from gatebot.verdict.examine import Examined, could_not_see, examine
from gatebot.verdict.weigh import Weighed, prior_priority, weigh

NOTHING_TO_JUDGE = frozenset({State.NOTHING_RELEVANT, State.DRAFT, State.NO_DATA})


def judge(case: Case) -> Report:
    """May this be merged?

    Raises:
        GateError: nothing was collected, and no named state says why.
        UsageError: the Rules name a metric or a setting that does not exist.
    """
    if NOTHING_TO_JUDGE & set(case.facts.states):
        return _report(case, None, [], Weighed((), ()))
    if case.head is None:
        raise GateError("nothing was collected, so there is nothing to judge")
    comparison = comparison_of(case)
    examined = answered([examine(check, comparison, case) for check in all_checks().values()])
    return _report(case, comparison, examined, weigh(case, examined))


def comparison_of(case: Case) -> Comparison:
    """The Case's evidence, aligned."""
    if case.head is None:
        raise GateError("nothing was collected, so there is nothing to compare")
    facts, rules = case.facts, case.facts.rules
    task = task_named(rules.task)
    truth = next((side.truth for side in (case.base, case.head) if side is not None and side.truth is not None), None)
    return Comparison(
        task=task,
        head=case.head,
        base=case.base,
        declared=declared(task, [_declaration(rule) for rule in rules.metrics], truth),
        effort=facts.effort,
        slices=rules.data.slices,
        protected=rules.data.protected,
        changed_paths=facts.changes.paths,
        rule_paths=facts.changes.gate,
    )


def _declaration(rule: MetricRule) -> Declaration:
    return Declaration(
        metric=rule.metric,
        own=rule.python,
        of=rule.of,
        slice=rule.slice,
        direction=rule.direction,
        margin=None if rule.margin is None else (rule.margin.size, rule.margin.relative),
        warn=None if rule.warn is None else (rule.warn.size, rule.warn.relative),
        floor=rule.floor,
        ceiling=rule.ceiling,
        options=rule.options,
    )


def _report(case: Case, comparison: Comparison | None, examined: Sequence[Examined], weighed: Weighed) -> Report:
    facts, rules = case.facts, case.facts.rules
    states = (*facts.states, *_seen_states(case, comparison))
    verdict = _verdict(case, states, examined, weighed.findings)
    observed = rules.policy.mode == "observe"
    decisive = [f for f in weighed.findings if f.status in (Status.NEW, Status.WORSE) and f.action is not Action.NOTE]
    pairs = [(each.check.id, measure) for each in examined for measure in each.measures]
    return Report(
        gatebot_version=__version__,
        generated_at=facts.now,
        verdict=verdict,
        exit_code=ExitCode.PASS if observed else verdict.exit_code,
        priority=min((f.priority for f in decisive), default=None, key=list(Priority).index),
        observed=observed,
        project=facts.project,
        states=states,
        base=facts.chosen,
        head=facts.judged,
        rules_sha=facts.rules_sha,
        rules_digest=case.head.about.rules_digest if case.head else "",
        rows=0 if comparison is None else len(comparison.units),
        seeds=0 if comparison is None else len(comparison.runs(Tier.SMOKE)),
        isolation=case.head.about.isolation if case.head else "",
        isolation_why=case.head.about.isolation_why if case.head else (),
        findings=weighed.findings,
        measures=tuple(reported(check, measure) for check, measure in pairs),
        skipped=tuple(
            SkippedCheck(
                check=each.check.id,
                title=each.check.title,
                reason=each.outcome.reason,
                excused=each.outcome.excused,
            )
            for each in examined
            if isinstance(each.outcome, Skipped)
        ),
        crashed=tuple(
            CrashedCheck(check=each.check.id, error=each.outcome.error)
            for each in examined
            if isinstance(each.outcome, Crashed)
        ),
        clean=tuple(each.check.id for each in examined if isinstance(each.outcome, Clean)),
        waived=weighed.waived,
        wants=tuple(_wants(measure) for _, measure in pairs if measure.answer and measure.answer.wants_confirm),
        environment_changes=_environment_changes(case),
        costs=facts.costs,
        run_url=facts.run_url,
        reproduce=facts.reproduce,
    )


def _verdict(
    case: Case, states: Sequence[State], examined: Sequence[Examined], findings: Sequence[ReportedFinding]
) -> VerdictName:
    """The worst that anything says."""
    rules = case.facts.rules
    acting = [f for f in findings if f.status in (Status.NEW, Status.WORSE)]
    if any(f.action is Action.BLOCK and not f.undecided for f in acting):
        return VerdictName.BLOCKED
    if any(_owes(each, rules) for each in examined):
        return VerdictName.ERROR
    if State.NO_BASELINE in states and rules.baseline.missing == "block":
        return VerdictName.ERROR
    if any(f.action is Action.BLOCK for f in acting):
        return VerdictName.INCONCLUSIVE
    waits = any(f.action is Action.REVIEW for f in acting) or (case.facts.is_fork and rules.policy.forks == "review")
    approved = any(approval.sha == case.facts.judged.sha for approval in case.facts.approvals)
    return VerdictName.REVIEW if waits and not approved else VerdictName.PASS


def _owes(examined: Examined, rules: Rules) -> bool:
    """A check that failed, or one of the highest priority that lacks evidence which head owes: never a pass."""
    if isinstance(examined.outcome, Crashed):
        return True
    highest = prior_priority(examined.check, rules.policy.impact) is Priority.P0
    return highest and could_not_see(examined)


def _seen_states(case: Case, comparison: Comparison | None) -> list[State]:
    """Situations that only the evidence shows."""
    found = []
    if case.base is not None and not any(
        training.effects.ended is Ending.OK
        for fit in case.facts.effort.fits(Side.BASE)
        if (training := case.base.get(fit, Training)) is not None
    ):
        found.append(State.BASE_BROKEN)
    if comparison is not None and _identical(comparison):
        found.append(State.IDENTICAL)
    return found


def _identical(comparison: Comparison) -> bool:
    runs = comparison.runs(Tier.SMOKE)
    return bool(runs) and all(run.identical for run in runs)


def _wants(measure: Measure) -> Want:
    reason = measure.answer.reason if measure.answer else ""
    return Want(measure=measure.subject, tier=Tier.CONFIRM, reason=reason)


def _environment_changes(case: Case) -> tuple[EnvironmentChange, ...]:
    if case.base is None or case.head is None:
        return ()
    base, head = case.base.about.environment, case.head.about.environment
    names = sorted({name for name in {**base, **head} if base.get(name) != head.get(name)})
    return tuple(EnvironmentChange(name=name, base=base.get(name), head=head.get(name)) for name in names)
