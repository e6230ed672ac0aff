import numpy as np
import pytest

from gatebot.core.finding import Action, Bound, Priority, Provenance, Status
from gatebot.decide.judge import judge
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.stats.decision import Outcome
from tests.checks.worlds import (
    HARMLESS,
    SLICES,
    World,
    column,
    examined,
    facts,
    measures,
    said,
    same,
    scored,
    weighed,
    world,
)

CHECK = "model.regression"
ACCURACY = {"metric": "accuracy", "margin": 0.02}
COST = {"python": "metrics.py:cost", "direction": "lower", "margin": "5%"}
FAULT = world(loss=0.3, confirm=True)


def _outcome(subject: str, what: World) -> Outcome:
    answer = measures(CHECK, what)[subject].answer
    assert answer is not None
    return answer.outcome


@pytest.mark.parametrize(
    ("planted", "subject"),
    [
        (world(loss=0.06, confirm=True), "accuracy"),
        (world(loss=0.06, confirm=True, folds=5), "accuracy"),
        (world(loss=0.06, confirm=True, groups=200), "accuracy"),
        (world(loss=0.06, trains=False, rows=4000), "accuracy"),
        (world(loss=0.1, confirm=True, shares=(0.95, 0.05), rows=4000), "balanced_accuracy"),
        (world(loss=0.05, confirm=True, task="regression"), "rmse"),
        (world(loss=0.1, confirm=True, task="scores"), "mean"),
    ],
    ids=["labels", "folds", "groups", "brought", "rare", "regression", "scores"],
)
def test_a_proven_loss_blocks(planted: World, subject: str) -> None:
    found = weighed(CHECK, planted)[subject]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P0, Action.BLOCK)
    assert _outcome(subject, planted) is Outcome.WORSE
    assert facts(CHECK, planted, subject)["metric"] == subject


@pytest.mark.parametrize(("loss", "rows", "proven"), [(0.025, 400, False), (0.1, 2000, True)])
def test_smoke_evidence_asks_for_more_and_proves_only_what_is_blatant(loss: float, rows: int, proven: bool) -> None:
    planted = world(loss=loss, rows=rows)
    found = weighed(CHECK, planted)["accuracy"]
    assert (found.action, found.undecided) == ((Action.BLOCK, False) if proven else (Action.WARN, True))
    assert [want.measure for want in judge(planted.case()).wants][:1] == ["accuracy"]


@pytest.mark.parametrize(
    ("loss", "outcome"),
    [(-0.1, Outcome.HELD), (0.0, Outcome.WORSE), (0.06, Outcome.WORSE)],
    ids=["gain", "same", "loss"],
)
def test_a_metric_that_has_to_improve(loss: float, outcome: Outcome) -> None:
    asked = world(loss=loss, confirm=True, metrics=({"metric": "accuracy", "improve_by": 0.04},))
    measure = measures(CHECK, asked)["accuracy"]
    assert (measure.bound, measure.margin) == (Bound.GAIN, 0.04)
    assert _outcome("accuracy", asked) is outcome


def test_numbers_of_a_measure() -> None:
    measure = measures(CHECK, world(loss=0.06, confirm=True, metrics=(ACCURACY,)))["accuracy"]
    assert measure.base is not None
    assert measure.base - measure.head == pytest.approx(0.06, abs=0.02)
    assert (measure.units, measure.seeds, measure.margin, measure.relative) == (2000, 5, 0.02, False)
    assert np.mean(measure.by_seed) == pytest.approx(measure.head - measure.base)
    assert (measure.provenance, measure.bound, measure.identical) == (Provenance.COMPUTED, Bound.CHANGE, False)


def test_brought_predictions_are_rescored() -> None:
    assert measures(CHECK, world(trains=False))["accuracy"].provenance is Provenance.RESCORED


def test_identical_predictions_held() -> None:
    found = measures(CHECK, same())
    assert all(each.identical and each.answer and each.answer.outcome is Outcome.HELD for each in found.values())


def test_classes_are_measured_softly() -> None:
    planted = world(loss=0.5, loss_in="yes", confirm=True, shares=(0.9, 0.1), rows=4000, metrics=(ACCURACY,))
    found = measures(CHECK, planted)
    assert {"recall(no)", "recall(yes)", "precision(no)", "precision(yes)"} <= set(found)
    assert not found["recall(yes)"].declared
    assert said(CHECK, planted)["recall(yes)"] is Status.NEW
    unsure = world(loss=0.03, loss_in="yes", shares=(0.9, 0.1), metrics=(ACCURACY,))
    assert "recall(yes)" not in said(CHECK, unsure)


def test_no_class_is_held_more_tightly_than_the_whole() -> None:
    found = measures(CHECK, world(metrics=({"metric": "accuracy", "margin": 0.1}, {"metric": "log_loss"})))
    assert {each.margin for each in found.values() if not each.declared} == {0.1}
    assert {each.margin for each in measures(CHECK, world()).values() if not each.declared} == {0.02}


def test_classes_without_ten_positives_decide_nothing() -> None:
    found = measures(CHECK, world(shares=(0.997, 0.003), metrics=(ACCURACY,)))["recall(yes)"]
    assert found.not_enforced == "positives=4 < 10"


def test_too_few_rows_decide_nothing() -> None:
    assert measures(CHECK, world(rows=14))["accuracy"].not_enforced == "n=14 < 50"
    assert not said(CHECK, world(rows=14, loss=0.5))


def test_a_declared_slice_is_held_value_by_value() -> None:
    rule = {"metric": "accuracy", "slice": "region", "margin": 0.03}
    planted = world(loss=0.2, loss_in="region=south", confirm=True, slices=SLICES, metrics=(rule,))
    assert {subject for subject in said(CHECK, planted) if "@" in subject} == {"accuracy@region=south"}
    named = {subject for subject, measure in measures(CHECK, planted).items() if measure.declared}
    assert named == {"accuracy@region=north", "accuracy@region=south", "accuracy@region=east"}


@pytest.mark.parametrize(
    ("loss", "acts"),
    [
        (0.0, {}),
        (0.04, {"accuracy (warn)": Action.WARN}),
        (0.12, {"accuracy": Action.BLOCK, "accuracy (warn)": Action.WARN}),
    ],
)
def test_two_margins_warn_and_block(loss: float, acts: dict[str, Action]) -> None:
    rule = {"metric": "accuracy", "margin": 0.08, "warn": 0.01}
    planted = world(loss=loss, confirm=True, metrics=(rule,), rows=6000)
    found = {name: each.action for name, each in weighed(CHECK, planted).items() if name.startswith("accuracy")}
    assert found == acts


def test_the_margin_that_warns_never_does_more_nor_buys_trainings() -> None:
    rule = {"metric": "accuracy", "margin": 0.2, "warn": 0.01}
    planted = world(loss=0.04, metrics=(rule,)).ruled(policy={"undecided": "block"})
    assert weighed(CHECK, planted)["accuracy (warn)"].action is Action.WARN
    assert not judge(planted.case()).wants


def test_a_relative_margin_near_zero_is_held_absolutely() -> None:
    rule = {"metric": "mse", "margin": "5%"}
    perfect = world(task="regression", skill=1.0, churn=0.0, confirm=True, metrics=(rule,))
    worse = world(task="regression", skill=1.0, churn=0.0, loss=0.1, confirm=True, metrics=(rule,))
    assert measures(CHECK, perfect)["mse"].identical
    measure = measures(CHECK, worse)["mse"]
    assert (measure.base, measure.relative, measure.not_enforced) == (0.0, False, "")
    assert said(CHECK, worse) == {"mse": Status.NEW}


def _cost(side: Side, _tier: Tier, seed: int, more: float = 0.0, rows: bool = True) -> OwnScore:
    each = np.random.default_rng([seed, side is Side.HEAD]).gamma(2.0, 1.0, 2000) * (1 + more * (side is Side.HEAD))
    return OwnScore(float(each.mean()), each if rows else None)


def test_own_metrics_are_held_like_any_other() -> None:
    fine = scored(world(metrics=(COST,), confirm=True), "metrics.py:cost", _cost)
    assert _outcome("cost", fine) is not Outcome.WORSE
    planted = scored(
        world(metrics=(COST,), confirm=True),
        "metrics.py:cost",
        lambda side, tier, seed: _cost(side, tier, seed, more=0.3),
    )
    assert said(CHECK, planted) == {"cost": Status.NEW}
    assert measures(CHECK, planted)["cost"].declared


def test_own_metrics_without_values_of_rows_are_shown() -> None:
    whole = scored(
        world(metrics=(COST,)), "metrics.py:cost", lambda side, tier, seed: _cost(side, tier, seed, rows=False)
    )
    measure = measures(CHECK, whole)["cost"]
    assert measure.not_enforced == "cost: its uncertainty is unknown"
    assert not measure.identical


def test_a_new_metric_has_no_base_yet() -> None:
    planted = scored(world(metrics=(COST,)), "metrics.py:cost", _cost)
    base = [Score(predict, "metrics.py:cost") for predict in planted.effort.predictions(Side.BASE)]
    fresh = planted.minus(Side.BASE, *base)
    measure = measures(CHECK, fresh)["cost"]
    assert (measure.base, measure.not_enforced) == (None, "base has no value")
    assert "cost" not in said(CHECK, fresh)


def test_a_missing_value_of_heads_is_never_a_pass() -> None:
    planted = scored(world(metrics=(COST,)), "metrics.py:cost", _cost)
    head = [Score(predict, "metrics.py:cost") for predict in planted.effort.predictions(Side.HEAD)]
    missing = planted.minus(Side.HEAD, *head, why="base's metric functions are not here")
    for case in (missing.case(), missing.without_base().case()):
        assert judge(case).verdict == "error"


def test_one_run_of_base_is_enough_to_compare_with() -> None:
    partial = world().minus(Side.BASE, *world().effort.predictions(Side.BASE)[1:])
    assert len(measures(CHECK, partial)["accuracy"].by_seed) == 1


def test_a_tier_that_base_lacks_does_not_count() -> None:
    both = world(confirm=True)
    partial = both.minus(Side.BASE, *both.effort.predictions(Side.BASE, Tier.CONFIRM))
    assert measures(CHECK, partial)["accuracy"].confirm is None
    assert measures(CHECK, partial)["accuracy"].smoke is not None


def test_a_value_that_is_lost_on_head_makes_no_measure() -> None:
    planted = world().head_with(predictions=column("score_yes", lambda values: values * np.nan))
    assert "log_loss" not in measures(CHECK, planted)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_are_never_proven_worse(name: str) -> None:
    found = examined(CHECK, HARMLESS[name])
    assert not [each.subject for each in found.measures if each.answer and each.answer.outcome is Outcome.WORSE]
    assert Action.BLOCK not in {each.action for each in weighed(CHECK, HARMLESS[name]).values()}
