from dataclasses import replace
from typing import Any

import pytest

from gatebot.core.finding import Action, Priority, Provenance, Skipped, Status
from gatebot.evidence.need import Side
from tests.checks.worlds import (
    HARMLESS,
    World,
    claiming,
    examined,
    facts,
    measures,
    said,
    same,
    silent,
    weighed,
    world,
)

CHECK = "model.claimed"
BROUGHT = world(trains=False)
METRICS = ({"metric": "accuracy"}, {"metric": "f1"}, {"metric": "log_loss"})
TRAINED = world(metrics=METRICS)
EQUAL = same(metrics=METRICS)


def computed(what: World) -> dict[str, float]:
    """What gatebot computes for head's first run, which is the one that left the metrics file."""
    claimed = claiming(what, Side.HEAD, accuracy=0.0, f1=0.0, log_loss=9.0)
    return {name: float(each.facts["computed"]) for name, each in weighed(CHECK, claimed).items()}


TRUE = computed(BROUGHT)["accuracy"]
NOW = computed(TRAINED)
BEFORE = computed(replace(TRAINED, head=EQUAL.head))


def both(what: World, base: dict[str, Any], head: dict[str, Any]) -> World:
    return claiming(claiming(what, Side.BASE, **base), Side.HEAD, **head)


FAULT = claiming(BROUGHT, Side.HEAD, accuracy=0.97)


def test_a_claim_that_misses_the_computed_value_blocks() -> None:
    found = weighed(CHECK, FAULT)["accuracy"]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P1, Action.BLOCK)
    known = facts(CHECK, FAULT, "accuracy")
    assert (known["claim"], known["computed"]) == (0.97, TRUE)
    assert known["gap"] == pytest.approx(0.97 - TRUE)
    assert known["low"] < TRUE < known["high"] < 0.97


def test_a_true_claim_is_shown_and_decides_nothing() -> None:
    planted = both(BROUGHT, {"accuracy": 0.9}, {"accuracy": round(TRUE, 3)})
    measure = measures(CHECK, planted)["accuracy"]
    assert (measure.provenance, measure.not_enforced) == (Provenance.CLAIMED, "claimed, not computed")
    assert (measure.base, measure.head) == (0.9, round(TRUE, 3))
    assert "accuracy" not in {name for name, status in said(CHECK, planted).items() if status is not Status.FIXED}


def test_a_claimed_loss_never_blocks() -> None:
    planted = both(BROUGHT, {"accuracy": 0.99}, {"accuracy": round(TRUE, 3)})
    assert all(each.action is not Action.BLOCK for each in weighed(CHECK, planted).values())


def test_the_gap_of_base_is_inherited() -> None:
    planted = both(BROUGHT, {"accuracy": 0.99}, {"accuracy": 0.99})
    assert said(CHECK, planted) == {"accuracy": Status.INHERITED}
    assert {each.action for each in weighed(CHECK, planted).values()} == {Action.WARN}


@pytest.mark.parametrize(
    ("base", "head", "status", "action"),
    [
        (TRUE, 0.99, Status.WORSE, Action.BLOCK),
        (0.75, 0.55, Status.WORSE, Action.BLOCK),
        (0.98, 0.99, Status.INHERITED, Action.WARN),
        (0.99, 0.97, Status.INHERITED, Action.WARN),
        (0.70, 0.99, Status.INHERITED, Action.WARN),
    ],
    ids=["base has none", "grew downwards", "about as large", "shrank", "as far on the other side"],
)
def test_a_gap_is_held_against_base(base: float, head: float, status: Status, action: Action) -> None:
    found = weighed(CHECK, both(BROUGHT, {"accuracy": base}, {"accuracy": head}))["accuracy"]
    assert (found.status, found.action) == (status, action)


@pytest.mark.parametrize(
    ("off", "digits", "found"),
    [(0.0, 1, False), (0.0, 2, False), (0.004, 2, False), (0.06, 2, True), (0.004, 4, True)],
)
def test_a_claim_is_compared_at_its_printed_precision(off: float, digits: int, found: bool) -> None:
    """Base's claim is exact, so both are made on the rows that gatebot scores and no noise hides a difference."""
    claim = f"{NOW['log_loss'] + off:.{digits}f}"
    planted = both(TRAINED, {"log_loss": BEFORE["log_loss"]}, {"log_loss": claim})
    assert ("log_loss" in said(CHECK, planted)) is found


def test_claims_on_the_scored_rows_have_to_be_equal() -> None:
    one_point = {**NOW, "accuracy": NOW["accuracy"] + 0.02}
    assert said(CHECK, both(TRAINED, BEFORE, NOW)) == {}
    assert said(CHECK, both(TRAINED, BEFORE, one_point)) == {"accuracy": Status.WORSE}
    assert "on the rows that gatebot scores" in weighed(CHECK, both(TRAINED, BEFORE, one_point))["accuracy"].note
    assert (
        said(CHECK, both(TRAINED, {"accuracy": BEFORE["accuracy"]}, one_point)) == {}
    )  # two rates may be equal by luck


def test_another_average_over_the_same_rows_is_proven() -> None:
    """Predictions and the other claims are equal, so nothing but the definition can have changed."""
    base = {"accuracy": 0.861, "f1": 0.8598, "log_loss": 0.31234567}
    planted = both(EQUAL, base, {**base, "f1": 0.8898})
    found = weighed(CHECK, planted)["f1"]
    assert (found.status, found.action) == (Status.WORSE, Action.BLOCK)
    assert "equal byte for byte" in found.says
    assert "the evaluation changed, not the model" in found.says
    assert set(weighed(CHECK, planted)) == {"f1"}


def test_equal_predictions_prove_that_the_evaluation_changed() -> None:
    found = weighed(CHECK, both(EQUAL, {"accuracy": 0.861}, {"accuracy": 0.991}))["accuracy"]
    assert (found.status, found.priority, found.action) == (Status.WORSE, Priority.P1, Action.BLOCK)
    assert "equal byte for byte" in found.says
    assert (found.facts["claim"], found.facts["before"]) == (0.991, 0.861)


def test_a_small_change_of_a_claim_is_noted_where_predictions_are_equal() -> None:
    """Another hold-out would do that; nobody is warned of it."""
    planted = both(EQUAL, {"accuracy": 0.861}, {"accuracy": 0.874})
    found = weighed(CHECK, planted)
    assert {name: each.action for name, each in found.items()} == {"accuracy evaluation": Action.NOTE}
    assert "equal byte for byte" in found["accuracy evaluation"].says
    assert said(CHECK, both(EQUAL, {"accuracy": "0.86"}, {"accuracy": "0.861"})) == {}


def test_an_evaluation_that_is_mended_is_noted_and_blocks_nobody() -> None:
    right = computed(EQUAL)["accuracy"]
    found = weighed(CHECK, both(EQUAL, {"accuracy": 0.991}, {"accuracy": right}))
    assert {name: (each.status, each.action) for name, each in found.items()} == {
        "accuracy evaluation": (Status.NEW, Action.NOTE),
        "accuracy": (Status.FIXED, Action.NOTE),
    }


def test_claims_of_old_predictions_are_found() -> None:
    """Head's evaluation still scores what base has predicted."""
    worse = world(loss=0.25, metrics=METRICS)
    found = weighed(CHECK, both(worse, {"accuracy": BEFORE["accuracy"]}, {"accuracy": BEFORE["accuracy"]}))["accuracy"]
    assert (found.status, found.action) == (Status.WORSE, Action.BLOCK)
    assert "still claimed" in found.says


def test_an_old_claim_about_a_better_model_only_warns() -> None:
    better = world(skill=0.6, loss=-0.3, metrics=METRICS)
    old = computed(replace(better, head=same(skill=0.6, metrics=METRICS).head))["accuracy"]
    found = weighed(CHECK, both(better, {"accuracy": old}, {"accuracy": old}))["accuracy"]
    assert (found.status, found.priority, found.action) == (Status.WORSE, Priority.P2, Action.WARN)


def test_a_word_for_a_number_is_one_clear_line() -> None:
    planted = claiming(TRAINED, Side.HEAD, accuracy="ninety", f1="0.8")
    found = weighed(CHECK, planted)["accuracy"]
    assert (found.says, found.action) == ("{metric} is claimed by a word where a number belongs", Action.WARN)
    assert found.facts == {"metric": "accuracy"}


def test_how_few_rows_a_claim_may_rest_on_is_a_setting() -> None:
    planted = both(EQUAL, {"accuracy": "0.86"}, {"accuracy": "0.92"})
    assert "accuracy" not in said(CHECK, planted)
    assert "accuracy" in said(CHECK, planted.ruled(checks={CHECK: {"holdout": 1.0}}))
    assert "accuracy" not in said(CHECK, planted.ruled(checks={CHECK: {"holdout": 1.0, "gap": 0.2}}))


def test_a_metric_without_a_known_noise_is_shown_only() -> None:
    what = world(task="regression", metrics=({"metric": "max_error"},))
    planted = both(what, {"max_error": 1.0}, {"max_error": 50.0})
    assert set(measures(CHECK, planted)) == {"max_error"}
    assert said(CHECK, planted) == {}


def test_without_a_file_it_does_not_run() -> None:
    assert examined(CHECK, BROUGHT).outcome == Skipped("not collected", excused=True)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    what = HARMLESS[name]
    known = measures("model.regression", what) or measures(
        "model.floor", what.ruled(metrics=[{"metric": "accuracy", "floor": 0.0}])
    )
    claims = {key: measure.head for key, measure in known.items() if "(" not in key and "@" not in key}
    assert silent(CHECK, claiming(what, Side.HEAD, **claims))
