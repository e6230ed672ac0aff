"""Generators and learners are what they are said to be: they learn, seeds matter, and harmless changes are."""

import numpy as np
import pytest

from benchmarks.learners import GENERATORS, Harmless, pull
from benchmarks.pull import AA_SEEDS, SMOKE_SEEDS, Pull
from gatebot.core.report import VerdictName
from gatebot.decide.judge import judge
from gatebot.evidence.need import Tier


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


@pytest.mark.whole
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


def _judged_out_of_fold(name: str, rows: int, times: int) -> tuple[float, float]:
    """Main against main with other seeds, tiny and out of fold: how often blocked, how often the interval misses 0."""
    blocked = missed = 0
    for number in range(times):
        made = pull(np.random.default_rng([20261121, number]), GENERATORS[name], Harmless.SEED, rows, folds=5)
        report = judge(made.case(*Tier))
        blocked += report.verdict is VerdictName.BLOCKED
        measure = next(m for m in report.measures if m.declared and m.slice is None)
        assert measure.low is not None
        assert measure.high is not None
        missed += not measure.low <= 0 <= measure.high
    return blocked / times, missed / times


def test_tiny_data_out_of_fold_blocks_nothing() -> None:
    assert _judged_out_of_fold("texts, linear", 150, 5)[0] == 0


@pytest.mark.simulation
@pytest.mark.parametrize("name", GENERATORS)
def test_tiny_data_out_of_fold_keeps_its_level(name: str) -> None:
    times = 60
    blocked, missed = _judged_out_of_fold(name, 150, times)
    assert blocked == 0
    assert missed <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / times)
