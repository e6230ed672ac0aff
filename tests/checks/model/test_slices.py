import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.decide.judge import judge
from gatebot.stats.decision import Outcome
from tests.checks.worlds import HARMLESS, SLICES, examined, measures, run, said, silent, weighed, world

CHECK = "model.slices"
FAULT = world(loss=0.3, slices=SLICES, confirm=True)


def test_a_slice_that_pays_is_found() -> None:
    planted = world(loss=0.25, loss_in="region=south", slices=SLICES, confirm=True, rows=4000)
    found = weighed(CHECK, planted)
    assert {"accuracy@region=south", "log_loss@region=south"} <= set(found)
    assert not any("north" in subject or "east" in subject for subject in found)
    one = found["accuracy@region=south"]
    assert (one.status, one.priority, one.action) == (Status.NEW, Priority.P1, Action.BLOCK)


def test_smoke_evidence_of_a_slice_buys_the_confirm_tier_only_when_it_is_strong() -> None:
    strong = judge(world(loss=0.25, loss_in="region=south", slices=SLICES, rows=4000).case())
    assert "accuracy@region=south" in {want.measure for want in strong.wants}
    weak = judge(world(slices={"shop": tuple(f"s{n}" for n in range(20))}, churn=0.1, noise=3).case())
    assert not [want for want in weak.wants if "@" in want.measure]


def test_undecided_slices_are_no_findings() -> None:
    planted = world(loss=0.05, loss_in="region=south", slices=SLICES)
    outcomes = {each.answer.outcome for each in measures(CHECK, planted).values() if each.answer}
    assert Outcome.UNDECIDED in outcomes
    assert silent(CHECK, planted)


def test_each_value_of_each_column_has_its_measure_with_a_wider_margin() -> None:
    found = measures(CHECK, world(slices=SLICES, metrics=({"metric": "accuracy", "margin": 0.02},)))
    assert {each.slice for each in found.values()} == {
        "region=north",
        "region=south",
        "region=east",
        "channel=web",
        "channel=mail",
    }
    assert {each.margin for each in found.values()} == {0.04}
    assert not any(each.declared for each in found.values())


def test_small_slices_are_shown_and_decide_nothing() -> None:
    small = world(rows=120, slices={"region": ("north", "south", "east", "west")}, loss=0.5)
    found = [each for each in examined(CHECK, small).measures if each.metric == "accuracy"]
    assert all(each.not_enforced == f"n={each.units} < 50" for each in found)
    assert silent(CHECK, small)


def test_settings_are_the_margin_and_the_fewest_rows() -> None:
    one, *_ = run(CHECK, world(slices=SLICES).comparison(), margin_factor=3.0, rows=5000)
    assert getattr(one, "margin", 0) == pytest.approx(0.06)
    assert getattr(one, "not_enforced", "").endswith("< 5000")


def test_metrics_that_are_declared_on_slices_are_not_measured_twice() -> None:
    rule = {"metric": "accuracy", "slice": "region"}
    assert not measures(CHECK, world(slices=SLICES, metrics=(rule,)))


def test_protected_columns_are_slices_too() -> None:
    what = world(slices=SLICES).ruled(data={"slices": ["region"], "protected": ["channel"]})
    assert "accuracy@channel=web" in measures(CHECK, what)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def test_a_loss_everywhere_is_found_in_slices_too() -> None:
    assert said(CHECK, FAULT)
