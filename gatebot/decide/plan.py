"""Plans which evidence to collect next, in which order, and what to leave out when the budget is too small."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from gatebot.checks.check import Check
from gatebot.checks.registry import all_checks, check_named
from gatebot.comparison.case import Case
from gatebot.core.finding import Priority
from gatebot.core.report import State, Want
from gatebot.decide.judge import comparison_of
from gatebot.decide.policy.risk import Prior, risk_of
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.own_score import Score
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Model, training_of

SMOKE_SEEDS, SMOKE_SEEDS_WITHOUT_LEDGER = 2, 3
"""Smoke seeds of a pull request if main's seed noise is known, and if it is not."""


class Reach(Protocol):
    """The commits that can be trained."""

    @property
    def sides(self) -> frozenset[Side]:
        """The sides that are trained in this run, where evidence is missing."""

    @property
    def reachable(self) -> frozenset[Side]:
        """The sides that can be trained at all, if a finding has to be confirmed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Needs in the order of collection, with estimated seconds, and the needs that the budget excludes.

    `shared` holds the needs of the confirm tier that a training of the smoke tier provides too.
    """

    needs: tuple[Need, ...] = ()
    seconds: Mapping[Need, float] = field(default_factory=dict)
    cut: Mapping[Need, str] = field(default_factory=dict)
    shared: frozenset[Need] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.needs)

    def joined(self, more: "Plan") -> "Plan":
        """Return both plans as one."""
        needs = tuple(dict.fromkeys((*self.needs, *more.needs)))
        return Plan(needs, {**self.seconds, **more.seconds}, {**self.cut, **more.cut}, self.shared | more.shared)

    @property
    def trainings(self) -> tuple[Fit, ...]:
        """The user's trainings among the needs."""
        fits = (need for need in self.needs if isinstance(need, Fit) and need not in self.shared)
        return tuple(fit for fit in fits if fit.model is Model.USER)

    @property
    def total_s(self) -> float:
        """Estimated seconds, if everything runs sequentially."""
        return sum(self.seconds.values())


def plan_first(case: Case, sides: Iterable[Side], budget_s: float) -> Plan:
    """Plan the first round: all evidence that enabled checks need and that is missing.

    Args:
        case: the Case, with base's recorded costs if there is a base.
        sides: sides whose commits can be trained in this run.
        budget_s: seconds; needs of the highest priority are mandatory and may exceed it.
    """
    return _cut(case, _ranked(case), frozenset(sides), budget_s)


def plan_baseline(case: Case, budget_s: float) -> Plan:
    """Plan a baseline: all evidence that pull requests will be compared with, in both tiers and with the A/A seeds."""
    effort = case.facts.effort
    if effort.trains:
        effort = replace(effort, smoke_seeds=max(AA_SEEDS, effort.smoke_seeds))
    case = replace(case, facts=case.facts.model_copy(update={"effort": effort}))
    ranked = _ranked(case)
    for part in _whole_tier(effort, Side.HEAD, Tier.CONFIRM) if effort.trains else ():
        ranked.setdefault(part, Priority.P1)
    return _cut(case, ranked, frozenset([Side.HEAD]), budget_s)


def plan_next(wants: Iterable[Want], case: Case, reach: Reach, budget_s: float) -> Plan:
    """Plan the second round: the confirm tier, and what checks need to confirm their findings.

    Each part is planned as a whole or not at all, because the choice of evidence must not depend on what was found.
    """
    wants = tuple(wants)
    plan = Plan()
    if any(want.tier == Tier.CONFIRM for want in wants):
        plan = _plan_confirm(case, reach.sides, budget_s)
    for name in dict.fromkeys(want.check for want in wants if want.check):
        more = _plan_of_check(check_named(name), case, reach.reachable, budget_s - plan.total_s)
        plan = plan.joined(more)
    return plan


def _plan_confirm(case: Case, sides: Iterable[Side], budget_s: float) -> Plan:
    """Plan the confirm tier.

    The plan is empty if base's evidence cannot be collected, because head's would have nothing to be compared with.
    """
    effort, here = case.facts.effort, frozenset(sides)
    if not effort.trains:
        return Plan()
    alone = case.base is None or case.broken(Side.BASE)
    compared = [Side.HEAD] if alone else [Side.HEAD, Side.BASE]
    tier = (part for side in compared for part in _whole_tier(effort, side, Tier.CONFIRM))
    asked = {part: Priority.P1 for part in tier if not (isinstance(part, MetricsFile) and _is_dear(case, part))}
    missing = [need for need in asked if not isinstance(need, Profile | Score | MetricsFile) and not case.has(need)]
    if any(need.side not in here for need in missing):
        return Plan()
    return _whole(_cut(case, asked, here, float("inf")), budget_s)


def _plan_of_check(check: Check, case: Case, sides: frozenset[Side], budget_s: float) -> Plan:
    """Plan what one check needs to confirm a finding. What needs files that are not here is cut."""
    needs = check.confirm(comparison_of(case)) if check.confirm is not None else ()
    asked, cut = dict[Need, Priority](), dict[Need, str]()
    for need in (each for each in needs if not case.has(each)):
        missing = {each.side for each in with_prerequisites(need)} - sides
        if missing:
            cut[need] = f"the files of {min(missing)} are not here"
        else:
            asked[need] = Priority.P1
    return _whole(_cut(case, asked, sides, float("inf")), budget_s).joined(Plan(cut=cut))


def _whole(plan: Plan, budget_s: float) -> Plan:
    """Return the plan, or an empty one that says why if it exceeds the budget."""
    if plan.total_s <= budget_s:
        return plan
    return Plan(cut=dict.fromkeys(plan.needs, _over(plan.total_s, budget_s)))


def _ranked(case: Case) -> dict[Need, Priority]:
    """Return the needs of all enabled checks and their prerequisites, each with its highest priority."""
    effort, ranked = case.facts.effort, dict[Need, Priority]()
    enabled = [check for check in all_checks().values() if case.facts.rules.checks.get(check.id) is not False]
    priorities = {check.id: _priority(case, check) for check in enabled}
    for check in sorted(enabled, key=lambda check: (priorities[check.id], check.id)):
        wishes = (need for need in check.wishes(effort) if not _trains_again(case, need))
        for need in (*check.needs(effort), *wishes):
            for part in with_prerequisites(need):
                ranked.setdefault(part, priorities[check.id])
    return ranked


def _whole_tier(effort: Effort, side: Side, tier: Tier) -> tuple[Need, ...]:
    predicted = (*effort.predictions(side, tier), *effort.scores(side, tier))
    asked: tuple[Need, ...] = (*predicted, *effort.claims(side, tier))
    return tuple(dict.fromkeys(part for need in asked for part in with_prerequisites(need)))


def _priority(case: Case, check: Check) -> Priority:
    facts = case.facts
    record = facts.history.get(check.id)
    runs, found = (record.runs, record.found) if record else (0, 0)
    prior = Prior(check.id, check.impact, check.likelihood, runs, found)
    return risk_of(prior, facts.rules.policy, facts.changes.paths or ()).priority


def _cut(case: Case, ranked: Mapping[Need, Priority], sides: frozenset[Side], budget_s: float) -> Plan:
    """Plan the missing needs that can be collected, by priority and then by cost, until the budget is used up.

    If a training is cut, the needs that depend on it are cut too: a prediction is cheap only if there is a model.
    """
    open_needs = [need for need in ranked if need.side in sides and not case.has(need)]
    trainings = {need: _served_by(case, need, ranked) for need in open_needs}
    shared = frozenset(need for need in open_needs if trainings[need] != training_of(need))
    costs = {need: 0.0 if need in shared else _cost(case, need) for need in open_needs}
    order = {need: place for place, need in enumerate(open_needs)}
    open_needs.sort(key=lambda need: (ranked[need], costs.get(trainings[need] or need, 0.0), order[need]))
    taken: list[Need] = []
    cut: dict[Need, str] = {}
    left = budget_s
    for need in open_needs:
        training = trainings[need]
        if training in cut and ranked[need] is not Priority.P0:
            cut[need] = cut[training]
        elif costs[need] > max(left, 0.0) and ranked[need] is not Priority.P0:
            cut[need] = _over(costs[need], left)
        else:
            left -= costs[need]
            taken.append(need)
    return Plan(tuple(taken), {need: costs[need] for need in taken}, cut, shared & frozenset(taken))


def _served_by(case: Case, need: Need, ranked: Mapping[Need, Priority]) -> Fit | None:
    """Return the training that provides a need: the smoke tier's if it is equivalent and present or requested."""
    training = training_of(need)
    if training is None or not _one_tier(case, need.side):
        return training
    smoke = training.at(Tier.SMOKE)
    return smoke if case.has(smoke) or smoke in ranked else training


def _one_tier(case: Case, side: Side) -> bool:
    """Whether both tiers train on the same rows; a side whose data was not read is assumed to be like head."""
    snapshot = case.side(side) or case.head
    profile = None if snapshot is None else snapshot.get(Profile(side), DataProfile)
    return profile is not None and profile.one_tier


def _over(needed_s: float, left_s: float) -> str:
    return f"budget: {needed_s:.0f} s needed, {max(left_s, 0.0):.0f} s left"


def _cost(case: Case, need: Need) -> float:
    """Estimate the seconds of a need from what both sides have recorded; 0 if nothing is known."""
    one_tier = _one_tier(case, need.side)
    past = partial(_past_s, case, one_tier=one_tier)
    again = (each for each in with_prerequisites(need) if isinstance(each, Fit) and _trains_again(case, each))
    return need.cost(past) + sum(each.cost(past) for each in again if each != need)


def _is_dear(case: Case, claim: MetricsFile) -> bool:
    """Whether a claim is not worth its cost: nothing is claimed, or base would be trained again for it alone."""
    return not case.has(MetricsFile(claim.side)) or _trains_again(case, claim)


def _trains_again(case: Case, need: Need) -> bool:
    """Whether base's model is needed, of which only the evidence is stored, so that it would be trained again."""
    if State.RETRAINED in case.facts.states:
        return False
    fits = (each for each in with_prerequisites(need) if isinstance(each, Fit) and each.side is Side.BASE)
    return any(case.has(fit) for fit in fits)


def _past_s(case: Case, asked: Need, *, one_tier: bool) -> float | None:
    """Return the mean seconds of a need over all seeds of the slower side; None if it was never carried out."""
    sides = [side for side in (case.base, case.head) if side is not None]
    means = [mean for side in sides if (mean := _mean_s(side, asked, one_tier=one_tier)) is not None]
    return max(means, default=None)


def _mean_s(snapshot: Snapshot, asked: Need, *, one_tier: bool) -> float | None:
    def like(need: Need) -> Need:
        return need.at(Tier.SMOKE).typical if one_tier else need.typical

    alike = (value for need, value in snapshot.evidence.items() if like(need) == like(asked))
    known = [value.seconds for value in alike if value.seconds is not None]
    return sum(known) / len(known) if known else None
