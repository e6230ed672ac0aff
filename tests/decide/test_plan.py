"""What is collected, in which order, and what a budget leaves out."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.checks.registry import all_checks
from gatebot.comparison.case import Case, Changes, CheckRecord
from gatebot.core.report import Want
from gatebot.decide.plan import Plan, plan_baseline, plan_first, plan_next
from gatebot.evidence.effort import AA_SEEDS, Effort
from gatebot.evidence.metrics_file import MetricsFile
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.operation import Operation
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import Predict
from gatebot.evidence.profile import Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Model
from tests.checks.worlds import World, about, claiming, world

ENDLESS = 1e9
HEAD, BASE, BOTH = [Side.HEAD], [Side.BASE], [Side.HEAD, Side.BASE]
WANT = Want(measure="accuracy", tier=Tier.CONFIRM, reason="likely regression, unproven")


@dataclass(frozen=True)
class Trees:
    """Sides that are trained in a run, and those that could be."""

    sides: frozenset[Side]
    reachable: frozenset[Side]


HEAD_TREES, BOTH_TREES = Trees(frozenset(HEAD), frozenset(HEAD)), Trees(frozenset(BOTH), frozenset(BOTH))


def _warm(what: World | None = None, **rules: object) -> Case:
    """Base's evidence is stored, head has none yet."""
    what = (world(confirm=True) if what is None else what).ruled(**rules)
    return replace(what.case(), head=None)


def _cold(**rules: object) -> Case:
    return replace(world().ruled(**rules).case(), head=None, base=None)


def _compared(plan: Plan) -> tuple[Fit, ...]:
    """The trainings that are compared, without those that a check wants for itself."""
    return tuple(fit for fit in plan.trainings if fit.is_plain)


# --- the first round ---


def test_the_plan_is_the_union_of_what_checks_need_without_repeats() -> None:
    case = _cold()
    plan = plan_first(case, BOTH, ENDLESS)
    effort = case.facts.effort
    asked = {need for check in all_checks().values() for need in (*check.needs(effort), *check.wishes(effort))}
    assert asked <= set(plan.needs)
    assert len(plan.needs) == len(set(plan.needs))
    assert set(plan.seconds) == set(plan.needs)


def test_nothing_is_asked_for_twice() -> None:
    case = world().case()
    plan = plan_first(case, BOTH, ENDLESS)
    assert not [need for need in plan.needs if case.has(need)]
    assert not _compared(plan)


def test_only_sides_that_are_here_are_asked_for() -> None:
    assert {need.side for need in plan_first(_cold(), HEAD, ENDLESS).needs} == {Side.HEAD}
    assert {need.side for need in plan_first(_cold(), BOTH, ENDLESS).needs} == set(Side)
    assert not plan_first(_cold(), [], ENDLESS)


def test_what_comes_first_is_planned_first() -> None:
    places = {need: place for place, need in enumerate(plan_first(_cold(), BOTH, ENDLESS).needs)}
    for need, place in places.items():
        if isinstance(need, Predict):
            assert places[need.fit] < place
            assert places[Profile(need.side)] < places[need.fit]


def test_a_default_pull_request_costs_at_most_four_trainings_of_head_with_a_warm_baseline() -> None:
    plan = plan_first(_warm(), HEAD, ENDLESS)
    assert 0 < len(plan.trainings) <= 4
    assert all(fit.tier is Tier.SMOKE for fit in plan.trainings)


def test_checks_that_are_switched_off_ask_for_nothing() -> None:
    plan = plan_first(_cold(checks={"model.heuristic": False}), HEAD, ENDLESS)
    assert not [need for need in plan.needs if isinstance(need, Predict) and need.fit.model is not Model.USER]


def test_own_metrics_are_asked_for_with_the_predictions_that_they_score() -> None:
    what = world()
    case = _warm(replace(what, effort=replace(what.effort, own=("metrics.py:cost",))))
    plan = plan_first(case, HEAD, ENDLESS)
    scores = [need for need in plan.needs if isinstance(need, Score)]
    assert [need.metric for need in scores] == ["metrics.py:cost"] * 2
    assert all(plan.needs.index(need.predict) < plan.needs.index(need) for need in scores)


def test_brought_predictions_need_no_confirm_tier() -> None:
    case = _warm(world(trains=False))
    assert all(fit.tier is Tier.SMOKE for fit in plan_first(case, HEAD, ENDLESS).trainings)
    assert not plan_next([WANT], case, BOTH_TREES, ENDLESS)


# --- the budget ---


def test_what_the_highest_priority_needs_is_mandatory() -> None:
    plan = plan_first(_warm(), HEAD, 0.0)
    assert len(plan.trainings) == 2
    assert set(Effort().predictions(Side.HEAD)) <= set(plan.needs)
    assert sum(plan.seconds[fit] for fit in plan.trainings) == 20.0


def test_a_repeated_training_waits_until_those_that_are_compared_are_paid() -> None:
    again = Predict(Fit(Side.HEAD, repeat=1))
    plan = plan_first(_warm(), HEAD, 25.0)
    assert len(plan.trainings) == 2
    assert plan.cut[again] == plan.cut[again.fit]
    assert plan.cut[again].startswith("budget: 10 s needed, ")
    assert again in plan_first(_warm(), HEAD, ENDLESS).needs


def _optional(**impact: str) -> Case:
    """Everything is switched off but one check that trains, at a priority that is not mandatory."""
    names = {name: False for name in all_checks() if name != "model.floor"}
    return _warm(checks=names, policy={"impact": {"model.floor": "low"}, **impact})


def test_the_rest_is_cut_with_the_reason() -> None:
    plan = plan_first(_optional(), HEAD, 15.0)
    assert [fit.seed for fit in plan.trainings] == [0]
    second = Fit(Side.HEAD, seed=1)
    assert plan.cut[second] == "budget: 10 s needed, 5 s left"
    assert plan.cut[Predict(second)] == plan.cut[second]
    assert not set(plan.cut) & set(plan.needs)


def test_a_prediction_of_a_model_that_was_cut_is_cut_too() -> None:
    plan = plan_first(_optional(), HEAD, 1.0)
    assert set(plan.cut) == {*Effort().fits(Side.HEAD), *Effort().predictions(Side.HEAD)}
    assert [need for need in plan.needs if not isinstance(need, Profile)] == []


@given(st.floats(0, 100))
def test_a_budget_is_kept_but_for_what_is_mandatory(budget_s: float) -> None:
    assert plan_first(_OPTIONAL, HEAD, budget_s).total_s <= budget_s


_OPTIONAL = _optional()


def test_likelier_checks_get_their_evidence_first() -> None:
    case = _warm(checks={"code.smoke_train": False, "model.regression": False, "data.schema": False})
    known = {"model.heuristic": CheckRecord(runs=10, found=9)}
    often = replace(case, facts=case.facts.model_copy(update={"history": known}))
    trivial = Fit(Side.HEAD, model=Model.TRIVIAL)

    def place(of: Case) -> int:
        return [need for need in plan_first(of, HEAD, ENDLESS).needs if not isinstance(need, Profile)].index(trivial)

    assert place(often) <= place(case)


def test_touched_paths_raise_what_is_mandatory() -> None:
    raised = {"likelihood": [{"paths": ["src/**"], "raise": ["model.floor"]}], "impact": {"model.floor": "high"}}
    names = {name: False for name in all_checks() if name != "model.floor"}
    case = _warm(checks=names, policy=raised)
    touched = replace(case, facts=case.facts.model_copy(update={"changes": Changes(paths=("src/a.py",))}))
    assert not plan_first(case, HEAD, 0.0).trainings
    assert len(plan_first(touched, HEAD, 0.0).trainings) == 2


def test_costs_are_bases_own() -> None:
    plan = plan_first(_warm(), HEAD, ENDLESS)
    assert {plan.seconds[fit] for fit in plan.trainings} == {10.0}
    assert sum(plan.seconds[fit] for fit in plan.trainings) == 10.0 * len(plan.trainings)
    assert plan_first(_cold(), HEAD, ENDLESS).total_s == 0.0


# --- the second round ---


def test_the_confirm_tier_comes_only_when_it_is_wanted_and_is_whole() -> None:
    case = world().case()
    assert not plan_next([], case, BOTH_TREES, ENDLESS)
    plan = plan_next([WANT], case, BOTH_TREES, ENDLESS)
    assert set(plan.trainings) == {*Effort().fits(Side.HEAD, Tier.CONFIRM), *Effort().fits(Side.BASE, Tier.CONFIRM)}
    assert set(Effort().predictions(Side.HEAD, Tier.CONFIRM)) <= set(plan.needs)


def test_it_comes_once() -> None:
    assert not plan_next([WANT], world(confirm=True).case(), BOTH_TREES, ENDLESS)


def test_of_base_only_what_is_not_stored() -> None:
    what = world(confirm=True)
    confirm: list[Need] = [*what.effort.fits(Side.HEAD, Tier.CONFIRM)]
    confirm += what.effort.predictions(Side.HEAD, Tier.CONFIRM)
    plan = plan_next([WANT], what.minus(Side.HEAD, *confirm).case(), HEAD_TREES, ENDLESS)
    assert {fit.side for fit in plan.trainings} == {Side.HEAD}
    assert len(plan.trainings) == 5


def test_it_is_not_bought_where_base_cannot_have_it() -> None:
    assert not plan_next([WANT], world().case(), HEAD_TREES, ENDLESS)
    assert plan_next([WANT], world().without_base().case(), HEAD_TREES, ENDLESS)


def test_claims_come_with_it_where_something_is_claimed_and_no_model_of_base_is_trained_for_them() -> None:
    claimed = claiming(claiming(world(), Side.HEAD, accuracy=0.9), Side.BASE, accuracy=0.9)
    for side in Side:
        assert set(Effort().claims(side, Tier.CONFIRM)) <= set(
            plan_next([WANT], claimed.case(), BOTH_TREES, ENDLESS).needs
        )
    plain = plan_next([WANT], world().case(), BOTH_TREES, ENDLESS)
    assert not any(isinstance(need, MetricsFile) for need in plain.needs)
    stored = claiming(claiming(world(confirm=True), Side.HEAD, accuracy=0.9), Side.BASE, accuracy=0.9)
    plan = plan_next([WANT], stored.case(), BOTH_TREES, ENDLESS)
    assert not any(need.side is Side.BASE for need in plan.needs)


def test_it_is_cut_as_a_whole() -> None:
    plan = plan_next([WANT], world().case(), BOTH_TREES, 200.0)
    assert not plan
    assert set(plan.cut.values()) == {"budget: 250 s needed, 200 s left"}  # ten trainings of 2.5 times 10 s
    assert plan_next([WANT], world().case(), BOTH_TREES, 251.0)


def test_what_a_check_needs_to_confirm_a_finding_is_planned_by_itself() -> None:
    want = Want(measure="single latency", tier="", reason="", check="infra.latency")
    in_turn = Operation(Fit(Side.HEAD), in_turn=True)
    plan = plan_next([want], world().case(), BOTH_TREES, ENDLESS)
    assert in_turn in plan.needs
    assert plan.trainings == ()
    assert plan.seconds[in_turn] >= 10.0  # base is trained again, because only its evidence is stored
    assert plan_next([want], world().case(), Trees(frozenset(HEAD), frozenset(BOTH)), ENDLESS)
    assert plan_next([want], world().case(), HEAD_TREES, ENDLESS).cut == {in_turn: "the files of base are not here"}
    assert "budget" in plan_next([want], world().case(), BOTH_TREES, 1.0).cut[in_turn]


def test_what_is_wished_of_base_does_not_train_it_again() -> None:
    wish = Operation(Fit(Side.BASE))
    assert wish not in plan_first(world().case(), BOTH, ENDLESS).needs
    assert wish in plan_first(world().without_base().case(), BOTH, ENDLESS).needs


# --- data so small that both tiers train on the same rows ---


def _small(what: World) -> World:
    return what.both_with(profile=lambda profile: replace(profile, one_tier=True))


def test_trainings_of_the_smoke_tier_are_not_bought_again() -> None:
    case = _small(world()).case()
    plan = plan_next([WANT], case, BOTH_TREES, ENDLESS)
    confirm = Effort().fits(Side.HEAD, Tier.CONFIRM)
    assert plan.trainings == confirm[case.facts.effort.smoke_seeds :]  # base has five seeds of the smoke tier
    assert set(confirm) <= set(plan.needs)  # those that are there are shared, not left out
    assert plan.total_s == 10.0 * len(plan.trainings)  # on as many rows as in the smoke tier


@pytest.mark.parametrize("budget_s", [ENDLESS, 0.0])
def test_a_baseline_is_trained_once_for_both_tiers(budget_s: float) -> None:
    small = _small(world(seeds=5))
    profile = Profile(Side.HEAD)
    read = Snapshot(small.head.about, {profile: small.head.evidence[profile]})
    plan = plan_baseline(replace(small.case(), head=read, base=None), budget_s)
    assert set(_compared(plan)) == set(Effort(smoke_seeds=AA_SEEDS).fits(Side.HEAD))
    assert set(Effort().predictions(Side.HEAD, Tier.CONFIRM)) <= set(plan.needs)


# --- main's own run ---


def test_a_baseline_holds_both_tiers_and_the_seeds_of_main_against_main() -> None:
    case = _cold()
    plan = plan_baseline(case, ENDLESS)
    for tier in Tier:
        assert set(Effort(smoke_seeds=AA_SEEDS).predictions(Side.HEAD, tier)) <= set(plan.needs)
    assert len(_compared(plan)) == 10
    assert {need.side for need in plan.needs} == {Side.HEAD}


def test_a_baseline_holds_own_metrics_of_both_tiers() -> None:
    what = world()
    case = _warm(replace(what, effort=replace(what.effort, own=("metrics.py:cost",))))
    scores = [need for need in plan_baseline(case, ENDLESS).needs if isinstance(need, Score)]
    assert {need.predict.fit.tier for need in scores} == set(Tier)
    assert len(scores) == 10


def test_a_baseline_holds_the_claims_of_all_trainings() -> None:
    needs = set(plan_baseline(_cold(), ENDLESS).needs)
    for tier in Tier:
        assert set(Effort(smoke_seeds=AA_SEEDS).claims(Side.HEAD, tier)) <= needs


def test_a_baseline_of_brought_predictions_has_one_tier_and_one_run() -> None:
    fits = plan_baseline(_warm(world(trains=False)), ENDLESS).trainings
    assert {(fit.tier, fit.seed) for fit in fits} <= {(Tier.SMOKE, 0)}


def test_a_check_is_probed_on_the_sides_that_are_here() -> None:
    leap = world(skill=0.7, loss=-0.29).case()
    want = Want(measure="accuracy", tier="", reason="", check="model.suspicious_gain")
    both, head = (plan_next([want], leap, trees, ENDLESS) for trees in (BOTH_TREES, HEAD_TREES))
    assert {need.side for need in both.needs} == {Side.HEAD, Side.BASE}
    assert not both.cut
    assert set(head.needs) == {need for need in both.needs if need.side is Side.HEAD}
    assert head.cut == {need: "the files of base are not here" for need in both.needs if need.side is Side.BASE}
    assert not head.trainings


def test_a_plan_that_is_empty_is_false() -> None:
    assert not Plan()
    assert Plan((Profile(Side.HEAD),))
    assert not Plan(cut={Fit(Side.HEAD): "budget"})


NEEDS: list[Need] = [Fit(Side.HEAD), Predict(Fit(Side.HEAD)), Profile(Side.HEAD)]


@pytest.mark.parametrize("need", NEEDS)
def test_evidence_is_only_ever_added(need: Need) -> None:
    case = world().case()
    known = case.head
    assert known is not None
    other = Snapshot(about(), {need: world(noise=9).head.evidence[need]})
    more = case.with_evidence({Side.HEAD: other})
    assert more.head is not None
    assert more.head.evidence[need] is known.evidence[need]


def test_reasons_stand_where_evidence_is_missing() -> None:
    fit = Fit(Side.HEAD, seed=7)
    cut = world().case().cut({fit: "budget: 42 s needed, 10 s left", Fit(Side.HEAD): "budget"})
    assert cut.why_unmet(fit) == "budget: 42 s needed, 10 s left"
    assert cut.why_unmet(Fit(Side.HEAD)) == "not collected"
    assert MetricsFile not in {type(need) for need in cut.facts.effort.compared()}
