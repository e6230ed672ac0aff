"""A need and the key of its evidence are one to one, and a need can be read back from its parameters."""

import json
from typing import Any

import pytest
from hypothesis import given

from gatebot.evidence.need import Need, Side, Tier, with_prerequisites
from gatebot.evidence.own_score import Score
from gatebot.evidence.predictions import Predict, ShuffledRows
from gatebot.evidence.profile import Profile
from gatebot.evidence.registry import need_of
from gatebot.evidence.training import Fit
from tests.evidence.evidence import NEEDS

FIT = Fit(Side.HEAD)
SCORE = Score(Predict(FIT, ShuffledRows(3)), "metrics.py:cost")


@given(NEEDS)
def test_a_need_is_known_by_its_key_and_its_parameters(need: Need) -> None:
    assert need_of(need.key, json.loads(json.dumps(need.parameters))) == need


@given(NEEDS, NEEDS)
def test_two_needs_have_two_keys(one: Need, other: Need) -> None:
    assert (one == other) == (one.key == other.key)


@given(NEEDS)
def test_the_side_changes_everywhere_and_the_key_does_not(need: Need) -> None:
    base = need.on(Side.BASE)
    assert {each.side for each in with_prerequisites(base)} == {Side.BASE}
    assert base.key == need.key
    assert base.on(Side.HEAD) == need


def test_keys_are_the_same_on_every_machine_and_in_every_process() -> None:
    assert FIT.key == "training-e1b56b074c7c33c89e55"
    assert SCORE.key.startswith("own_score-")


def test_another_tier_is_that_of_the_training() -> None:
    assert SCORE.at(Tier.CONFIRM).predict.fit == FIT.at(Tier.CONFIRM)
    assert Profile(Side.HEAD).at(Tier.CONFIRM) == Profile(Side.HEAD)


def test_equal_needs_have_equal_keys_however_their_numbers_are_spelled() -> None:
    assert Fit(Side.HEAD, capacity=4).parameters == Fit(Side.HEAD, capacity=4.0).parameters
    assert Fit(Side.HEAD, capacity=4).key == Fit(Side.HEAD, capacity=4.0).key


def test_prerequisites_come_first() -> None:
    assert list(with_prerequisites(SCORE)) == [Profile(Side.HEAD), FIT, SCORE.predict, SCORE]


@pytest.mark.parametrize(
    ("key", "parameters"),
    [
        ("", {}),
        ("profil", {}),
        ("profile", {}),
        (Profile(Side.HEAD).key, {"side": "head"}),
        (Profile(Side.HEAD).key, []),
        (FIT.key, {**FIT.parameters, "seed": 1}),
        (FIT.key, {**FIT.parameters, "seed": "0"}),
        (FIT.key, {**FIT.parameters, "seed": 0.0}),
        (FIT.key, {**FIT.parameters, "seed": -1}),
        (FIT.key, {**FIT.parameters, "more": 1}),
        (FIT.key, {**FIT.parameters, "side": "head"}),
        (FIT.key, {name: value for name, value in FIT.parameters.items() if name != "tier"}),
        (SCORE.key, {**SCORE.parameters, "predict": None}),
    ],
)
def test_another_text_is_no_key(key: str, parameters: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        need_of(key, parameters)
