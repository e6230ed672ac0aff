import pytest

from gatebot.checks.claim_numbers import claim_of


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
