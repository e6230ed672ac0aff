"""A need and the key of its evidence are one to one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.core.needs import Need, Profile, Score, Side, need_of
from tests.evidence.evidence import NEEDS, PREDICTS


@given(NEEDS)
def test_a_need_is_known_by_its_key(need: Need) -> None:
    assert need_of(need.key, Side.HEAD) == need


@given(NEEDS, NEEDS)
def test_two_needs_have_two_keys(one: Need, other: Need) -> None:
    assert (one == other) == (one.key == other.key)


@given(PREDICTS, st.sampled_from(["metrics.py:cost", "a-eval-user", "100 %", "größe"]))
def test_a_metric_may_have_any_name(predict: object, metric: str) -> None:
    need = Score(predict, metric)  # type: ignore[arg-type]
    assert need_of(need.key, Side.HEAD) == need


def test_the_side_is_the_snapshots_own() -> None:
    assert need_of("profile", Side.BASE) == Profile(Side.BASE)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "profil",
        "fit-user-smoke-s01-f0",
        "fit-user-smoke-s0-f0-r0",
        "fit-user-smoke-s0-f0-true",
        "score--eval-user-smoke-s0-f0",
    ],
)
def test_another_text_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="no evidence has the name"):
        need_of(key, Side.HEAD)
