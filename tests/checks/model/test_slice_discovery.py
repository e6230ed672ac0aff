"""Slices that nobody declared: found where they are planted, left alone where chance made them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.checks.registry import check_named
from gatebot.core.finding import Action, Clean, Measure, Priority, Skipped, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Names
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.profile import DataProfile, Levels, Trait
from gatebot.evidence.training import training_of
from gatebot.stats.decision import Outcome
from tests.checks.worlds import COLUMNS, HARMLESS, World, examined, facts, measures, run, said, silent, weighed, world

CHECK = "model.slice_discovery"
PLANTED: Mapping[str, Any] = {"rows": 5000, "columns": COLUMNS, "loss": 0.15, "loss_in": "c8=d"}
FAULT = world(**PLANTED, confirm=True)


def without_levels(profile: DataProfile) -> DataProfile:
    return replace(profile, eval_rows=replace(profile.eval_rows, levels=()))


def relevelled(what: World, *levels: Levels) -> World:
    def edit(profile: DataProfile) -> DataProfile:
        return replace(profile, eval_rows=replace(profile.eval_rows, levels=levels))

    return what.both_with(profile=edit)


def test_a_slice_that_pays_is_found_proven_and_warned_of() -> None:
    found = weighed(CHECK, FAULT)
    assert set(found) == {"accuracy@c8=d", "brier@c8=d"}
    one = found["accuracy@c8=d"]
    assert (one.status, one.priority, one.action) == (Status.NEW, Priority.P2, Action.WARN)
    assert one.note.startswith("Nobody declared {slice}")
    known = facts(CHECK, FAULT, "accuracy@c8=d")
    assert known["column"] == "c8"
    assert known["base"] - known["head"] == pytest.approx(0.15, abs=0.05)
    assert known["searched"] + known["proving"] == pytest.approx(625, abs=100)


def test_it_is_proven_on_rows_that_were_not_searched() -> None:
    one = measures(CHECK, FAULT)["accuracy@c8=d"]
    assert one.units == one.facts["proving"]
    assert not one.declared
    (column,) = [each for each in FAULT.comparison().levels if each.column == "c8"]
    inside = np.bincount(column.values.codes)[COLUMNS["c8"].index("d")]
    assert one.facts["searched"] == inside - one.units


def test_smoke_evidence_buys_the_confirm_tier_and_never_accuses_by_itself() -> None:
    smoke = world(**PLANTED)
    assert "accuracy@c8=d" in {want.measure for want in judge(smoke.case()).wants}
    assert said(CHECK, smoke) == {}
    assert {each.answer.outcome for each in measures(CHECK, smoke).values() if each.answer} == {Outcome.UNDECIDED}


def test_brought_predictions_have_one_tier_that_decides() -> None:
    assert "accuracy@c8=d" in said(CHECK, world(**PLANTED, trains=False))


def test_two_columns_together() -> None:
    """The rows that pay have both levels; each level alone has many that do not."""
    hurt = world(rows=8000, columns={"both": ("no", "yes")}, loss=0.3, loss_in="both=yes", confirm=True)
    both = hurt.comparison().levels[0].values.codes == 1
    rng = np.random.default_rng(5)
    shop = both | (rng.random(len(both)) < 0.3)
    text = both | (~shop & (rng.random(len(both)) < 0.5))
    told = relevelled(
        hurt,
        Levels("shop", Trait.VALUE, Names(shop.astype(np.int32), ("shop=a", "shop=b"))),
        Levels("text", Trait.TEXT, Names(text.astype(np.int32), ("text: no digit", "text: with digits"))),
    )
    found = weighed(CHECK, told)
    assert "accuracy@shop=b and text: with digits" in found
    assert "column" not in found["accuracy@shop=b and text: with digits"].facts


@pytest.mark.parametrize("noise", range(4))
def test_a_part_too_small_to_be_proven_does_not_stand_for_the_whole(noise: int) -> None:
    """All that shop d and size c lose, they lose in the rows of both: about a hundred, fifty to a half."""
    shops, sizes = COLUMNS["c8"], COLUMNS["c6"]
    cells = {f"{shop}{size}": (shop, size) for shop in shops for size in sizes}
    hurt = world(rows=4800, columns={"cell": tuple(cells)}, loss=0.8, loss_in="cell=dc", confirm=True, noise=noise)
    codes = hurt.comparison().levels[0].values.codes
    shop, size = (codes // len(sizes)).astype(np.int32), (codes % len(sizes)).astype(np.int32)
    told = relevelled(
        hurt,
        Levels("shop", Trait.VALUE, Names(shop, tuple(f"shop={each}" for each in shops))),
        Levels("size", Trait.VALUE, Names(size, tuple(f"size={each}" for each in sizes))),
    )
    assert {"accuracy@shop=d", "accuracy@size=c"} & set(said(CHECK, told))


@pytest.mark.parametrize("task", ["regression", "scores"])
def test_other_tasks_are_searched_by_what_each_row_says(task: str) -> None:
    planted = world(task=task, rows=5000, columns=COLUMNS, loss=0.3, loss_in="c8=d", confirm=True)
    (found,) = said(CHECK, planted)
    assert found.endswith("@c8=d")


def test_slices_that_are_declared_are_left_to_their_own_check() -> None:
    declared = world(rows=5000, slices=COLUMNS, loss=0.15, loss_in="c8=d", confirm=True)
    assert said("model.slices", declared)
    assert said(CHECK, declared) == {}


def test_a_column_that_repeats_a_declared_one_or_the_class_is_left_out() -> None:
    declared = world(rows=5000, slices={"shop": COLUMNS["c8"]}, loss=0.15, loss_in="shop=d", confirm=True)
    codes = declared.comparison().levels[0].values.codes
    copy = Levels("copy", Trait.VALUE, Names(codes, tuple(f"copy={each}" for each in COLUMNS["c8"])))
    assert measures(CHECK, relevelled(declared, copy)) == {}
    of_class = world(rows=5000, loss=0.15, loss_in="yes", confirm=True)
    truth = of_class.comparison().truth
    assert truth is not None
    assert isinstance(truth.target, Names)
    same = Levels("answer", Trait.VALUE, Names(truth.target.codes, ("answer=n", "answer=y")))
    assert measures(CHECK, relevelled(of_class, same)) == {}


def test_a_loss_of_all_rows_is_no_slices_own() -> None:
    assert len(measures(CHECK, world(rows=5000, columns=COLUMNS, loss=0.1, confirm=True))) <= 2


def test_groups_stand_on_one_side() -> None:
    planted = world(**PLANTED, groups=400, confirm=True)
    assert "accuracy@c8=d" in said(CHECK, planted)
    few = world(**PLANTED, groups=3)
    assert all(each.not_enforced for each in measures(CHECK, few).values())


def skipped(what: World) -> str:
    outcome = examined(CHECK, what).outcome
    assert isinstance(outcome, Skipped)
    assert outcome.excused
    return outcome.reason


def test_where_nothing_can_be_searched_it_is_skipped_with_the_reason() -> None:
    assert skipped(world()) == "no column tells eval rows apart"
    assert "150 eval rows are too few" in skipped(world(columns=COLUMNS, rows=150))
    assert "one half has 0 rows" in skipped(world(columns=COLUMNS, groups=1))
    assert skipped(world(columns=COLUMNS).without_base()) == "there is no baseline to compare with"


def test_heads_columns_are_not_asked() -> None:
    """Base's rows decide: what head says of them is no evidence."""
    assert not isinstance(examined(CHECK, world(columns=COLUMNS).head_with(profile=without_levels)).outcome, Skipped)


def test_identical_predictions_have_no_slices() -> None:
    what = world(columns=COLUMNS)
    assert what.base is not None
    assert isinstance(examined(CHECK, replace(what, head=what.base)).outcome, Clean)


def test_settings() -> None:
    planted = FAULT.comparison()
    assert {getattr(each, "margin", 0) for each in run(CHECK, planted, margin=0.1)} == {0.1, 0.05}
    assert {getattr(each, "metric", "") for each in run(CHECK, planted, most=1)} == {"accuracy"}
    assert [
        each for each in run(CHECK, planted, margin=0.5) if isinstance(each, Measure) and each.metric == "accuracy"
    ] == []
    assert run(CHECK, planted, depth=3)


def test_no_slice_is_held_more_tightly_than_the_whole() -> None:
    loose = world(**PLANTED, metrics=({"metric": "accuracy", "margin": 0.08}, {"metric": "log_loss", "margin": "20%"}))
    assert {each.metric: each.margin for each in measures(CHECK, loose).values()} == {"accuracy": 0.08, "brier": 0.2}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def alarms(times: int, **knobs: Any) -> tuple[float, float]:
    """Of harmless changes, how many are accused and how many would buy the confirm tier for a slice."""
    accused = bought = 0
    for noise in range(times):
        case = world(noise=1000 + noise, rows=3000, columns=COLUMNS, **knobs)
        report = judge(case.case())
        accused += bool(said(CHECK, case))
        bought += any("@" in want.measure for want in report.wants)
    return accused / times, bought / times


def test_harmless_changes_are_not_accused() -> None:
    accused, bought = alarms(15, churn=0.2, skill=0.8)
    assert (accused, bought) == (0, 0)


@pytest.mark.simulation
def test_false_alarms_in_full() -> None:
    accused, bought = alarms(600, churn=0.2, skill=0.8, confirm=True)
    assert accused <= 0.005
    assert bought <= 0.05


def moody(what: World, sway: float, noise: int) -> World:
    """The same commits, whose every training misjudges each level of each column by its own luck."""
    comparison = what.comparison()
    truth, rng = comparison.truth, np.random.default_rng(noise)
    assert truth is not None
    assert isinstance(truth.target, Names)
    right, codes = truth.target.codes, [each.values.codes for each in comparison.levels]

    def edit(each: Predictions) -> Predictions:
        mood = np.sum([rng.normal(0, sway, column.max() + 1)[column] for column in codes], axis=0)
        said = each.columns["prediction"]
        assert isinstance(said, Names)
        moved = rng.random(len(mood)) < np.abs(mood)
        answers = np.where(moved, np.where(mood > 0, 1 - right, right), said.codes).astype(np.int32)
        return replace(each, columns={"prediction": Names(answers, said.names)})

    return what.both_with(predictions=edit)


@pytest.mark.simulation
def test_seeds_that_move_whole_slices_accuse_nobody() -> None:
    """Two seeds misjudge the same slices on both halves of the rows; those of the confirm tier misjudge others."""
    accused = warned = bought = 0
    for noise in range(300):
        what = world(noise=5000 + noise, rows=3000, columns=COLUMNS, confirm=True, scores=False, churn=0.05)
        told = moody(what, 0.05, noise)
        report = judge(told.case())
        accused += any(each.outcome == "worse" for each in report.measures if each.check == CHECK)
        warned += any(each.stands_out for each in report.measures)
        smoke = {
            key: each
            for key, each in told.head.evidence.items()
            if (fit := training_of(key)) is None or fit.tier is Tier.SMOKE
        }
        report = judge(replace(told, head=replace(told.head, evidence=smoke)).case())
        bought += any("@" in want.measure for want in report.wants)
    assert accused <= 2
    assert warned <= 15  # of 30 that a false discovery rate of a tenth would allow
    assert bought <= 20


@pytest.mark.simulation
def test_power_in_full() -> None:
    hits = sum("accuracy@c8=d" in said(CHECK, world(**PLANTED, noise=noise, confirm=True)) for noise in range(100))
    assert hits >= 90


def test_the_same_halves_are_searched_whatever_the_order_of_rows() -> None:
    one = world(**PLANTED, confirm=True)
    turned = one.head_with(
        predictions=lambda each: replace(
            each,
            ids=each.ids[::-1].copy(),
            columns={name: column.take(np.arange(len(each.ids))[::-1]) for name, column in each.columns.items()},
        )
    )
    assert set(measures(CHECK, one)) == set(measures(CHECK, turned))
    assert check_named(CHECK).needs(one.effort)[0].side is Side.HEAD
