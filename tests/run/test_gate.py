"""The loop, with a collector that has everything in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gatebot.comparison.case import Case
from gatebot.config.sections.model import ModelRecipe
from gatebot.core.report import State
from gatebot.decide.plan import SMOKE_SEEDS, SMOKE_SEEDS_WITHOUT_LEDGER
from gatebot.errors import UsageError
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side, Tier
from gatebot.evidence.profile import Profile
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit
from gatebot.run.gate import effort_of, first_plan, gate, gather, surveyed
from tests.checks.worlds import World, world


@dataclass
class FakeCollector:
    """A collector that takes what is asked for from made-up evidence, and keeps a list of what was asked."""

    full: World
    sides: frozenset[Side] = frozenset([Side.HEAD])
    user_s: float = 0.0
    base_failure: str = ""
    asked: list[list[Need]] = field(default_factory=list)

    @property
    def reachable(self) -> frozenset[Side]:
        return self.sides

    def collect(self, needs: Iterable[Need]) -> Mapping[Side, Snapshot]:
        asked = list(needs)
        self.asked.append(asked)
        return {side: self._taken(side, asked) for side in {need.side for need in asked}}

    def _taken(self, side: Side, asked: list[Need]) -> Snapshot:
        full = self.full.head if side is Side.HEAD else self.full.base
        assert full is not None
        mine = [need for need in asked if need.side is side]
        found = {need: found for need in mine if (found := full.get(need, Evidence)) is not None}
        unmet = {need: "not made up" for need in mine if not full.has(need)}
        return replace(full, evidence=found, unmet=unmet)

    @property
    def trainings(self) -> list[Fit]:
        """Of the user's model, in the order in which they were asked for."""
        return [need for needs in self.asked for need in needs if isinstance(need, Fit) and need.model == "user"]

    @property
    def compared(self) -> list[Fit]:
        """Those that are compared, without those that a check wants for itself."""
        return [fit for fit in self.trainings if fit.is_plain]


def _warm(what: World, **facts: Any) -> Case:
    return replace(what.knowing(**facts).case(), head=None)


FINE, LOSS = world(confirm=True), world(confirm=True, loss=0.1)
UNSURE = world(confirm=True, loss=0.025, rows=400, metrics=({"metric": "accuracy"},))


def test_a_harmless_change_costs_two_trainings() -> None:
    collector = FakeCollector(FINE)
    gated = gate(_warm(FINE), collector)
    assert gated.report.verdict == "pass"
    assert collector.compared == list(Effort(smoke_seeds=2).fits(Side.HEAD))
    assert gated.report.costs.trainings == 2


def test_a_loss_buys_the_confirm_tier_once_and_then_the_report_is_final() -> None:
    collector = FakeCollector(LOSS)
    gated = gate(_warm(LOSS), collector)
    assert gated.report.verdict == "blocked"
    assert [fit for fit in collector.trainings if fit.tier is Tier.CONFIRM] == list(
        Effort().fits(Side.HEAD, Tier.CONFIRM)
    )
    assert len(collector.asked) == 3  # survey, smoke, confirm
    assert gated.report.costs.trainings == 7
    assert not gated.report.wants


def test_nothing_is_bought_after_the_second_round() -> None:
    without = LOSS.minus(Side.HEAD, *LOSS.effort.predictions(Side.HEAD, Tier.CONFIRM))
    collector = FakeCollector(without)
    report = gate(_warm(without), collector).report
    assert report.wants
    assert len(collector.asked) == 3


@pytest.mark.parametrize(("loss", "verdict"), [(UNSURE, "pass"), (LOSS, "blocked")])
def test_a_confirm_tier_that_does_not_fit_into_the_budget_says_so(loss: World, verdict: str) -> None:
    tight = loss.ruled(smoke={"budget": "30s"})
    collector = FakeCollector(tight)
    report = gate(_warm(tight), collector).report
    assert report.verdict == verdict
    assert "budget: 50 s needed, 30 s left" in report.wants[0].reason
    assert all(fit.tier is Tier.SMOKE for fit in collector.trainings)


def test_without_a_ledger_there_are_three_seeds_and_base_is_trained_beside() -> None:
    bare = world(seeds=3)
    collector = FakeCollector(bare, frozenset(Side))
    gated = gate(replace(bare.case(), head=None, base=None), collector)
    assert gated.case.facts.effort.smoke_seeds == SMOKE_SEEDS_WITHOUT_LEDGER == 3
    assert {fit.side for fit in collector.trainings} == set(Side)
    assert (gated.report.costs.trainings, gated.report.costs.base_trainings) == (3, 3)
    assert gated.report.measures


def test_base_that_cannot_be_prepared_is_named_with_the_reason() -> None:
    alone = world(seeds=3).without_base().knowing(states=(State.RETRAINED,))
    why = "`smoke.setup` (pip install x) failed: exit code 1."
    gated = gate(replace(alone.case(), head=None), FakeCollector(alone, base_failure=why))
    assert (gated.report.verdict, gated.report.base.failure) == ("pass", why)
    assert gated.case.facts.chosen.failure == why  # so that judging again says it too


def test_with_a_ledger_there_are_two() -> None:
    assert surveyed(_warm(FINE), FakeCollector(FINE)).facts.effort.smoke_seeds == SMOKE_SEEDS == 2


def test_folds_are_read_off_the_data() -> None:
    folded = world(folds=5, seeds=3)
    case = surveyed(_warm(folded), FakeCollector(folded))
    assert case.facts.effort.folds == 5
    assert len(case.facts.effort.fits(Side.HEAD)) == 5 * case.facts.effort.smoke_seeds


def test_a_harmless_change_to_small_data_takes_six_trainings() -> None:
    small = world(rows=500, folds=3)
    collector = FakeCollector(small, frozenset(Side))
    gated = gate(replace(small.case(), head=None, base=None), collector)
    assert gated.report.verdict == "pass"
    assert (gated.report.costs.trainings, gated.report.costs.base_trainings) == (6, 6)


def test_main_leaves_all_that_pull_requests_need_and_is_compared_with_nothing() -> None:
    main = replace(FINE, head=FINE.base) if FINE.base else FINE
    collector = FakeCollector(main)
    gated = gate(
        replace(main.knowing(states=(State.BASELINE,)).case(), head=None, base=None), collector, as_baseline=True
    )
    assert len(collector.compared) == 10
    assert (gated.report.verdict, len(collector.asked)) == ("pass", 2)
    assert not [each for each in gated.report.measures if each.check == "model.regression"]


def test_a_training_that_serves_both_tiers_is_paid_once() -> None:
    evidence = dict(LOSS.head.evidence)
    for fit in LOSS.effort.fits(Side.HEAD):
        evidence[fit.at(Tier.CONFIRM)] = evidence[fit]
    shared = replace(LOSS, head=replace(LOSS.head, evidence=evidence))
    costs = gate(_warm(shared), FakeCollector(shared)).report.costs
    assert (costs.trainings, costs.train_s) == (5, 50.0)


def test_what_user_code_took_is_not_gatebots_share() -> None:
    report = gate(_warm(FINE), FakeCollector(FINE, user_s=1e6)).report
    assert report.costs.gate_s == 0.0
    assert (report.costs.train_s, report.costs.peak_rss_mb) == (20.0, 500.0)
    assert report.costs.predict_s == 20.0


def test_gathering_judges_nothing_and_collects_the_first_round() -> None:
    collector = FakeCollector(LOSS)
    case = gather(_warm(LOSS), collector)
    assert all(case.has(need) for need in case.facts.effort.predictions(Side.HEAD))
    assert len(collector.asked) == 2


def test_the_plan_can_be_seen_before_anything_is_trained() -> None:
    collector = FakeCollector(FINE)
    plan = first_plan(surveyed(_warm(FINE), collector), collector)
    assert collector.asked == [[Profile(Side.HEAD)]]
    assert [plan.seconds[fit] for fit in plan.trainings if fit.is_plain] == [10.0, 10.0]
    baseline = first_plan(surveyed(_warm(FINE), collector, as_baseline=True), collector, as_baseline=True)
    assert sum(fit.is_plain for fit in baseline.trainings) == 10


@pytest.mark.parametrize(
    ("model", "rules", "effort"),
    [
        ({"python": "p.py"}, {}, Effort()),
        ({"train": "t", "predict": "p"}, {}, Effort(calls=False)),
        ({"train": "t", "predict": "p"}, {"smoke": {"seeds": 4}}, Effort(smoke_seeds=4, calls=False)),
        ({"python": "p.py"}, {"smoke": {"seeds": 8}}, Effort(smoke_seeds=8, confirm_seeds=8)),
        ({"run": "r"}, {}, Effort(smoke_seeds=1, confirm_seeds=0, trains=False, calls=False)),
        (
            {"predictions": "p.csv"},
            {"smoke": {"seeds": 4}},
            Effort(smoke_seeds=1, confirm_seeds=0, trains=False, calls=False),
        ),
        (
            {"python": "p.py"},
            {"metrics": [{"python": "m.py:cost", "direction": "lower", "margin": margin} for margin in (0.1, 0.2)]},
            Effort(own=("m.py:cost",)),
        ),
    ],
)
def test_the_kind_of_model_says_what_may_be_asked_for(
    model: dict[str, str], rules: dict[str, Any], effort: Effort
) -> None:
    assert effort_of(ModelRecipe.model_validate(model), world().ruled(**rules).rules) == effort


@pytest.mark.parametrize(
    ("metric", "says", "trainings"),
    [
        ({"metric": "r2"}, "no metric 'r2'", 0),
        ({"metric": "recall", "of": "maybe"}, "no eval row is of the class 'maybe'", 0),
        ({"metric": "log_loss"}, "log_loss takes probabilities", 1),
    ],
)
@pytest.mark.parametrize("as_baseline", [True, False])
def test_a_wrong_metric_costs_no_trainings(
    metric: dict[str, Any], says: str, trainings: int, as_baseline: bool
) -> None:
    collector = FakeCollector(world(confirm=True, scores=False).without_base())
    with pytest.raises(UsageError, match=says):
        gate(_warm(collector.full.ruled(metrics=[metric])), collector, as_baseline=as_baseline)
    assert len(collector.trainings) == trainings


def test_a_class_that_only_base_has_is_no_mistake() -> None:
    base = world(classes=("no", "yes", "maybe"))
    what = replace(base, head=world().head).ruled(metrics=[{"metric": "recall", "of": "maybe"}])
    for case, sides in ((_warm(what), [Side.HEAD]), (replace(_warm(what), base=None), list(Side))):
        assert surveyed(case, FakeCollector(what, frozenset(sides))).head is not None


def test_predictions_without_probabilities_are_a_finding_of_a_pull_request_and_no_mistake_of_its_rules() -> None:
    what = world(scores=False, metrics=({"metric": "log_loss"},))
    assert gate(_warm(what), FakeCollector(what)).report.findings
