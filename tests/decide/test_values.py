"""Where head stands is part of the Report only where nothing is compared."""

import pytest

from gatebot.decide.judge import judge
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit, Model
from tests.checks.worlds import World, world

ALONE = world(metrics=({"metric": "accuracy"},)).without_base()


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        (ALONE, ["accuracy"]),
        (world(metrics=({"metric": "accuracy"},)), []),
        (world(metrics=({"metric": "accuracy"}, {"metric": "log_loss"})).without_base(), ["accuracy", "log_loss"]),
    ],
)
def test_values_are_shown_without_a_base(what: World, shown: list[str]) -> None:
    assert [each.metric for each in judge(what.case()).values] == shown


def test_the_trivial_model_stands_beside_them() -> None:
    [found] = judge(ALONE.case()).values
    assert found.trivial is not None
    assert found.trivial < found.value
    [alone] = judge(ALONE.minus(Side.HEAD, *(need for need in ALONE.head.evidence if _is_trivial(need))).case()).values
    assert alone.trivial is None


@pytest.mark.parametrize(("is_fork", "provenance"), [(False, "computed"), (True, "untrusted")])
def test_a_forks_numbers_are_untrusted(is_fork: bool, provenance: str) -> None:
    assert [each.provenance for each in judge(ALONE.knowing(is_fork=is_fork).case()).values] == [provenance]


def _is_trivial(need: object) -> bool:
    fit = getattr(need, "fit", need)
    return isinstance(fit, Fit) and fit.model is Model.TRIVIAL
