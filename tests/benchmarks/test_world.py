"""Drawn models are what they are said to be."""

import numpy as np
import pytest

from benchmarks.changes import Kind, faulty, graded, harmless
from benchmarks.pull import Array, Pull
from benchmarks.world import BASE, Rows, accuracy, draw, worse_by
from gatebot.evidence.need import Tier


def right(pull: Pull, runs: tuple[Array, ...]) -> Array:
    return np.array([pull.goodness(scores) for scores in runs])


def test_a_draw_has_the_quality_that_it_is_said_to_have() -> None:
    pull = draw(np.random.default_rng(1), 20_000, worse_by(0.05))
    base, head = (right(pull, side[Tier.SMOKE]) for side in (pull.base, pull.head))
    assert base.mean() == pytest.approx(accuracy(BASE), abs=0.015)
    assert base.mean() - head.mean() == pytest.approx(0.05, abs=0.01)
    assert 0.03 < (base[0] != base[1]).mean() < 0.12  # another seed moves rows both ways
    assert 0.001 < base.mean(axis=1).std(ddof=1) < 0.01


def test_probabilities_are_probabilities_and_mean_what_they_say() -> None:
    rows = Rows.draw(np.random.default_rng(2), 20_000)
    scores = rows.scores(BASE, np.random.default_rng(3))
    assert np.allclose(scores.sum(axis=1), 1)
    for low in (0.5, 0.7, 0.9):
        chosen = (scores.max(axis=1) > low) & (scores.max(axis=1) <= low + 0.1)
        hit = (scores.argmax(axis=1) == rows.truth)[chosen].mean()
        assert hit == pytest.approx(scores.max(axis=1)[chosen].mean(), abs=0.04)


@pytest.mark.whole
def test_harmless_changes_are_harmless_and_faults_are_not() -> None:
    for change in harmless():
        lost, risen = change.truth
        assert abs(lost) < 0.002
        assert abs(risen) < 0.01
    for change in faulty():
        lost, risen = change.truth
        match change.kind:
            case Kind.WHOLE:
                assert lost > 0.02
            case Kind.WITHIN:
                assert lost < 0.02
                assert risen < 0.05
            case Kind.SILENT:
                assert lost < 0.02
                assert risen > 0.05
            case Kind.SLICE:
                assert change.recipe is not None
                assert change.recipe.spoilt
            case Kind.HARMLESS:
                pytest.fail("a fault is not harmless")
    for loss, change in graded():
        assert change.truth[0] == pytest.approx(loss, abs=0.002)


def test_no_change_at_all_is_byte_for_byte_the_same() -> None:
    pull = draw(np.random.default_rng(4), 100, None)
    for tier in Tier:
        for one, other in zip(pull.base[tier], pull.head[tier], strict=False):
            assert one is other
