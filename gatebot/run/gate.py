"""The main loop: plan, collect and judge, and repeat once if more evidence could settle an open measure."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from gatebot.comparison.case import Case
from gatebot.config.document import Rules
from gatebot.config.sections.model import ModelRecipe
from gatebot.core.report import Report
from gatebot.decide.declarations import declared_metrics, needs_scores, require_scores
from gatebot.decide.judge import judge
from gatebot.decide.plan import (
    SMOKE_SEEDS,
    SMOKE_SEEDS_WITHOUT_LEDGER,
    Plan,
    plan_baseline,
    plan_first,
    plan_next,
)
from gatebot.evidence.effects import Ending
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.need import Need, Side, with_prerequisites
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Model, Training, training_of
from gatebot.evidence.truth import Truth

MAX_ROUNDS = 2
"""Smoke, then confirm. The limit prevents collecting evidence repeatedly until the result looks good."""

E = TypeVar("E", Training, Predictions)


class Collector(Protocol):
    """The interface of an object that collects evidence."""

    @property
    def sides(self) -> frozenset[Side]:
        """The sides whose commits are trained in this run, where evidence is missing."""

    @property
    def reachable(self) -> frozenset[Side]:
        """The sides whose commits can be trained at all."""

    def collect(self, needs: Iterable[Need]) -> Mapping[Side, Snapshot]:
        """Collect these needs; the Snapshots also record why a need could not be met."""

    @property
    def base_failure(self) -> str:
        """Why base could not be prepared; empty if it could, or was not tried yet."""

    @property
    def user_s(self) -> float:
        """Seconds so far in which the user's code, set-up or fetch ran."""


@dataclass(frozen=True, slots=True)
class Gated:
    """A Case with all collected evidence, and the Report on it."""

    case: Case
    report: Report


def gate(case: Case, collector: Collector, *, as_baseline: bool = False) -> Gated:
    """Collect evidence and judge it, with a second round if that could settle an open measure.

    Args:
        case: the Case with base's stored evidence, if any; head's evidence is collected here.
        collector: collects evidence from the checked-out trees.
        as_baseline: this is main's own run, which collects all that pull requests will need and compares nothing.
    """
    start = time.monotonic()
    budget_s = case.facts.rules.smoke.budget
    case = _tried(surveyed(case, collector, as_baseline=as_baseline), collector)
    plan = first_plan(case, collector, as_baseline=as_baseline)
    for _ in range(MAX_ROUNDS):
        case = _costed(_collected(plan, case, collector), time.monotonic() - start, collector)
        report = judge(case)
        if as_baseline:
            break
        plan = plan_next(report.wants, case, collector, budget_s - (time.monotonic() - start))
        if not plan:
            report = judge(case := case.cut(plan.cut)) if plan.cut else report  # the wants then say why they are open
            break
    return Gated(case, report)


def gather(case: Case, collector: Collector, *, as_baseline: bool = False) -> Case:
    """Return the Case with the first round's evidence, without judging; for jobs that only run user code."""
    start = time.monotonic()
    case = _tried(surveyed(case, collector, as_baseline=as_baseline), collector)
    plan = first_plan(case, collector, as_baseline=as_baseline)
    return _costed(_collected(plan, case, collector), time.monotonic() - start, collector)


def surveyed(case: Case, collector: Collector, *, as_baseline: bool = False) -> Case:
    """Return the Case with head's data profile, which determines how many folds and seeds are trained.

    Raises:
        UsageError: the Rules declare a metric that the task does not have, or a class that no eval row has.
    """
    rules = case.facts.rules
    declared_metrics(rules, None)  # before data is fetched
    case = case.with_evidence(collector.collect([Profile(Side.HEAD)]))
    declared_metrics(rules, _binding_truth(case, collector))
    return sized(case, Side.HEAD, as_baseline=as_baseline)


def _binding_truth(case: Case, collector: Collector) -> Truth | None:
    """Return the labels that head will be scored with: base's if there is a base; None if they are not here."""
    if case.base is not None:
        return case.base.truth
    if Side.BASE not in collector.sides:
        return None if case.head is None else case.head.truth
    read = collector.collect([Profile(Side.BASE)]).get(Side.BASE)  # it is read together with head's
    return None if read is None else read.truth


def _tried(case: Case, collector: Collector) -> Case:
    """Return the Case with head's first predictions, if they tell whether a declared metric can have a value at all.

    That is asked of a configuration that nothing has been judged by yet. Of a pull request, it is a check's question.

    Raises:
        UsageError: the metric needs probabilities, and the predictions have none.
    """
    facts, head = case.facts, case.head
    new = case.base is None and Side.BASE not in collector.sides
    if head is None or not new or not facts.effort.trains:
        return case
    if not any(needs_scores(each) for each in declared_metrics(facts.rules, head.truth)):
        return case
    first = Predict(Fit(Side.HEAD))
    case = case.with_evidence(collector.collect(with_prerequisites(first)))
    predictions = None if case.head is None else case.head.get(first, Predictions)
    if predictions is not None and predictions.effects.ended is Ending.OK and not predictions.problem:
        require_scores(facts.rules, head.truth, predictions)
    return case


def sized(case: Case, side: Side, *, as_baseline: bool = False) -> Case:
    """Return the Case with the numbers of folds and seeds that the data of one side requires."""
    snapshot = case.side(side)
    profile = snapshot.get(Profile(side), DataProfile) if snapshot else None
    folds = int(profile.eval_rows.folds.max(initial=0)) + 1 if profile is not None else 1
    effort = replace(case.facts.effort, folds=folds, smoke_seeds=_seeds(case, folds, as_baseline=as_baseline))
    return replace(case, facts=case.facts.model_copy(update={"effort": effort}))


def effort_of(model: ModelRecipe, rules: Rules) -> Effort:
    """Return the effort that the kind of model allows, before the data is read."""
    own = tuple(dict.fromkeys(rule.python for rule in rules.metrics if rule.python is not None))
    if model.run is not None or model.predictions is not None:
        return Effort(smoke_seeds=1, confirm_seeds=0, trains=False, calls=False, own=own)
    effort = Effort(calls=model.python is not None, own=own)
    if rules.smoke.seeds == "auto":
        return effort
    return replace(effort, smoke_seeds=rules.smoke.seeds, confirm_seeds=max(effort.confirm_seeds, rules.smoke.seeds))


def first_plan(case: Case, collector: Collector, *, as_baseline: bool = False) -> Plan:
    """Return the plan of the first round."""
    budget_s = case.facts.rules.smoke.budget
    return plan_baseline(case, budget_s) if as_baseline else plan_first(case, collector.sides, budget_s)


def _seeds(case: Case, folds: int, *, as_baseline: bool) -> int:
    effort, chosen = case.facts.effort, case.facts.rules.smoke.seeds
    if not effort.trains or chosen != "auto":
        return effort.smoke_seeds
    if as_baseline:
        return AA_SEEDS
    if folds > 1:  # a seed takes as many trainings as there are folds, and each is a draw
        return SMOKE_SEEDS
    ledger = replace(effort, smoke_seeds=AA_SEEDS, folds=folds).predictions(Side.BASE)
    return SMOKE_SEEDS if all(case.has(need) for need in ledger) else SMOKE_SEEDS_WITHOUT_LEDGER


def _collected(plan: Plan, case: Case, collector: Collector) -> Case:
    """Return the Case with the evidence that the plan collected, and the reasons for evidence that is missing."""
    found = collector.collect(plan.needs) if plan else {}
    return _with_failure(case.with_evidence(found).cut(plan.cut), collector)


def _with_failure(case: Case, collector: Collector) -> Case:
    """Return the Case with the reason why base could not be prepared."""
    if case.base is not None or not collector.base_failure:
        return case
    chosen = case.facts.chosen.model_copy(update={"failure": collector.base_failure})
    return replace(case, facts=case.facts.model_copy(update={"chosen": chosen}))


def _costed(case: Case, elapsed_s: float, collector: Collector) -> Case:
    """Return the Case with its costs: the user's trainings, and gatebot's own share of the time."""
    if case.head is None:
        return case
    trainings, predictions = _of_user(case.head, Training), _of_user(case.head, Predictions)
    base = case.base if Side.BASE in collector.sides else None
    effects = [*(each.effects for each in trainings), *(each.effects for each in predictions)]
    costs = case.facts.costs.model_copy(
        update={
            "train_s": round(sum(each.effects.seconds for each in trainings), 3),
            "predict_s": round(sum(each.effects.seconds for each in predictions), 3),
            "gate_s": round(max(0.0, elapsed_s - collector.user_s), 3),
            "peak_rss_mb": round(max((each.peak_rss_bytes for each in effects), default=0) / 1e6, 1),
            "trainings": len(trainings),
            "base_trainings": 0 if base is None else len(_of_user(base, Training)),
        }
    )
    return replace(case, facts=case.facts.model_copy(update={"costs": costs}))


def _of_user(snapshot: Snapshot, kind: type[E]) -> list[E]:
    """Return the evidence of the user's own models, without reference models; evidence shared by tiers counts once."""
    fits = {need: training_of(need) for need, value in snapshot.evidence.items() if isinstance(value, kind)}
    found = (snapshot.get(need, kind) for need, fit in fits.items() if fit is not None and fit.model is Model.USER)
    return list({id(each): each for each in found if each is not None}.values())
