"""Which evidence to collect next, in which order, and what is left out for want of time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gatebot.case import Case
from gatebot.checks.check import Check
from gatebot.checks.registry import all_checks
from gatebot.finding import Priority
from gatebot.needs import Fit, Model, Need, Predict, Profile, Side, Tier
from gatebot.policy.risk import Prior, risk_of
from gatebot.report import Want
from gatebot.snapshot.evidence import Training

AA_SEEDS = 5
"""Smoke seeds of a baseline: main against main, from which pull requests learn how much seeds alone change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Needs in the order in which they are met, each with its estimated seconds, and needs cut by the budget."""

    needs: tuple[Need, ...] = ()
    seconds: Mapping[Need, float] = field(default_factory=dict)
    cut: Mapping[Need, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.needs)

    @property
    def trainings(self) -> tuple[Fit, ...]:
        """The user's trainings among the needs."""
        return tuple(need for need in self.needs if isinstance(need, Fit) and need.model is Model.USER)

    @property
    def total_s(self) -> float:
        """Estimated seconds, one after the other."""
        return sum(self.seconds.values())


def plan_first(case: Case, sides: Iterable[Side], budget_s: float) -> Plan:
    """What every enabled check needs and nobody has yet.

    Args:
        case: has base's recorded costs, where there is a base.
        sides: commits that can be trained here.
        budget_s: seconds; needs of the highest priority are mandatory and may exceed it.
    """
    ranked: dict[Need, Priority] = {}
    for check in sorted(all_checks().values(), key=lambda check: (_priority(case, check), check.id)):
        if case.facts.rules.checks.get(check.id) is not False:
            for need in (*check.needs(case.facts.effort), *check.wishes(case.facts.effort)):
                for part in _with_prerequisites(need):
                    ranked.setdefault(part, _priority(case, check))
    return _cut(case, ranked, frozenset(sides), budget_s)


def plan_baseline(case: Case, budget_s: float) -> Plan:
    """What main leaves behind: all that pull requests will be compared with, both tiers and the A/A seeds."""
    effort = replace(case.facts.effort, smoke_seeds=max(AA_SEEDS, case.facts.effort.smoke_seeds))
    first = plan_first(replace(case, facts=case.facts.model_copy(update={"effort": effort})), [Side.HEAD], budget_s)
    more: dict[Need, Priority] = {}
    for tier in Tier if effort.trains else (Tier.SMOKE,):
        for need in effort.predictions(Side.HEAD, tier):
            for part in _with_prerequisites(need):
                if part not in first.needs:
                    more.setdefault(part, Priority.P1)
    rest = _cut(case, more, frozenset([Side.HEAD]), budget_s - first.total_s)
    return Plan((*first.needs, *rest.needs), {**first.seconds, **rest.seconds}, {**first.cut, **rest.cut})


def plan_next(wants: Iterable[Want], case: Case, sides: Iterable[Side], budget_s: float) -> Plan:
    """The confirm tier, once, where smoke evidence looks worse than half a margin."""
    if not case.facts.effort.trains or not any(want.tier == Tier.CONFIRM for want in wants):
        return Plan()
    ranked: dict[Need, Priority] = {}
    for side in Side:
        for need in case.facts.effort.predictions(side, Tier.CONFIRM):
            for part in _with_prerequisites(need):
                ranked[part] = Priority.P1
    return _cut(case, ranked, frozenset(sides), budget_s)


def _with_prerequisites(need: Need) -> tuple[Need, ...]:
    """A need and what must be there before it, in that order."""
    match need:
        case Predict(fit=fit):
            return (Profile(fit.side), fit, need)
        case Fit(side=side):
            return (Profile(side), need)
        case _:
            return (need,)


def _priority(case: Case, check: Check) -> Priority:
    facts = case.facts
    record = facts.history.get(check.id)
    runs, found = (record.runs, record.found) if record else (0, 0)
    prior = Prior(check.id, check.impact, check.likelihood, runs, found)
    return risk_of(prior, facts.rules.policy, facts.changes.paths or ()).priority


def _cut(case: Case, ranked: Mapping[Need, Priority], sides: frozenset[Side], budget_s: float) -> Plan:
    """Needs that are not met and can be, by priority and then cost, until the budget is spent."""
    open_needs = [need for need in ranked if need.side in sides and not case.has(need)]
    costs = {need: _cost(case, need) for need in open_needs}
    order = {need: place for place, need in enumerate(open_needs)}
    open_needs.sort(key=lambda need: (ranked[need], order[need]))
    taken: list[Need] = []
    cut: dict[Need, str] = {}
    left = budget_s
    for need in open_needs:
        if costs[need] > left and ranked[need] is not Priority.P0:
            cut[need] = f"budget: {costs[need]:.0f} s needed, {max(left, 0.0):.0f} s left"
            continue
        left -= costs[need]
        taken.append(need)
    return Plan(tuple(taken), {need: costs[need] for need in taken}, cut)


def _cost(case: Case, need: Need) -> float:
    """Seconds, from what the same training took on base; 0 where nobody knows."""
    if not isinstance(need, Fit) or need.model is not Model.USER or case.base is None:
        return 0.0
    same_tier = (replace(need, side=Side.BASE, seed=seed, repeat=0) for seed in range(AA_SEEDS))
    known = [training for fit in same_tier if (training := case.base.get(fit, Training)) is not None]
    return sum(training.effects.seconds for training in known) / len(known) if known else 0.0
