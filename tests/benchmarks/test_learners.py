"""Generators and learners are what they are said to be: they learn, seeds matter, and harmless changes are."""

import numpy as np
import pytest

from benchmarks.learners import GENERATORS, Harmless, pull
from benchmarks.pull import AA_SEEDS, SMOKE_SEEDS, Pull
from gatebot.needs import Tier


def drawn(name: str, change: Harmless, number: int = 0, rows: int = 2000) -> Pull:
    return pull(np.random.default_rng(number), GENERATORS[name], change, rows)


def goodness(pull: Pull, side: str) -> np.ndarray:
    return np.array([pull.goodness(output) for output in getattr(pull, side)[Tier.SMOKE]])


@pytest.mark.parametrize("name", GENERATORS)
def test_a_learner_learns_and_its_seed_matters(name: str) -> None:
    made = drawn(name, Harmless.SEED)
    base, head = goodness(made, "base"), goodness(made, "head")
    assert (len(base), len(head)) == (AA_SEEDS, SMOKE_SEEDS)
    output = made.base[Tier.SMOKE][0]
    nothing_learned = made.goodness(np.broadcast_to(output.mean(axis=0), output.shape))
    assert base.mean() > nothing_learned.mean() + 0.05
    assert base.mean(axis=1).std() > 0
    assert head.mean() == pytest.approx(base.mean(), rel=0.05)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_refactoring_changes_nothing_and_other_changes_do(name: str) -> None:
    for change in Harmless:
        made = drawn(name, change, rows=300)
        same = all(
            np.array_equal(one, other) for one, other in zip(made.base[Tier.SMOKE], made.head[Tier.SMOKE], strict=False)
        )
        assert same is (change is Harmless.REFACTORING)


def test_the_second_tier_is_trained_when_it_is_asked_for() -> None:
    made = drawn("texts, linear", Harmless.TUNED, rows=300)
    assert Tier.CONFIRM not in made.base
    assert len(made.base[Tier.CONFIRM]) == 5
