import pytest

from gatebot.checks.model.claimed import claim_of
from gatebot.core.finding import Action, Provenance, Skipped, Status
from gatebot.evidence.need import Side
from tests.checks.worlds import HARMLESS, claiming, examined, facts, measures, said, silent, weighed, world

CHECK = "model.claimed"
BROUGHT = world(trains=False)
TRUE = float(measures("model.regression", BROUGHT)["accuracy"].head)


FAULT = claiming(BROUGHT, Side.HEAD, accuracy=0.97)


def test_a_claim_that_misses_the_computed_value_warns() -> None:
    found = weighed(CHECK, FAULT)["accuracy"]
    assert (found.status, found.action) == (Status.NEW, Action.WARN)
    known = facts(CHECK, FAULT, "accuracy")
    assert (known["claim"], known["computed"]) == (0.97, TRUE)
    assert known["gap"] == pytest.approx(0.97 - TRUE)


def test_a_true_claim_is_shown_and_decides_nothing() -> None:
    planted = claiming(claiming(BROUGHT, Side.HEAD, accuracy=round(TRUE, 3)), Side.BASE, accuracy=0.9)
    measure = measures(CHECK, planted)["accuracy"]
    assert (measure.provenance, measure.not_enforced) == (Provenance.CLAIMED, "claimed, not computed")
    assert (measure.base, measure.head) == (0.9, round(TRUE, 3))
    assert "accuracy" not in {name for name, status in said(CHECK, planted).items() if status is not Status.FIXED}


def test_a_claimed_loss_never_blocks() -> None:
    planted = claiming(claiming(BROUGHT, Side.BASE, accuracy=0.99), Side.HEAD, accuracy=round(TRUE, 3))
    assert all(each.action is not Action.BLOCK for each in weighed(CHECK, planted).values())


def test_the_gap_of_base_is_inherited() -> None:
    planted = claiming(claiming(BROUGHT, Side.BASE, accuracy=0.97), Side.HEAD, accuracy=0.97)
    assert said(CHECK, planted) == {"accuracy": Status.INHERITED}


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({"accuracy": 0.9}, 0.9),
        ({"eval.accuracy": 0.9, "train.accuracy": 0.99}, 0.9),
        ({"accuracy": 0.9, "eval.accuracy": 0.8}, 0.9),
        ({"a.accuracy": 0.9, "b.accuracy": 0.8}, None),
        ({"training.accuracy": 0.9}, None),
        ({"balanced_accuracy": 0.9}, None),
        ({}, None),
    ],
)
def test_which_number_is_the_claim(claims: dict[str, float], claim: float | None) -> None:
    assert claim_of("accuracy", claims) == claim


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
