"""Lines of both sides over seeds: intervals cover, and only a head that is farther off is found."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.stats.arrays import StatError
from gatebot.stats.calibration import Line, line
from gatebot.stats.contrast import Contrast
from gatebot.stats.miscalibration import Departure, Miscalibration, miscalibration
from tests.stats.learners import LEARNERS, Codes, Floats, Learner, event, rows

SHAPES = [(500, 2, 2, 5), (500, 4, 3, 5), (1000, 2, 2, 2), (1000, 4, 3, 3), (5000, 2, 5, 5)]
"""Rows, classes, seeds, and runs of main."""


def lines(truth: Codes, logits: Floats, learner: Learner, seeds: int, rng: np.random.Generator) -> list[Line]:
    found = []
    for _ in range(seeds):
        true, said = event(truth, learner.probabilities(logits, rng))
        found.append(line(true, said, clip=0.5 / len(true)))
    return found


def compared(base: Learner, head: Learner, n: int, classes: int, seeds: int, runs: int, noise: int) -> Miscalibration:
    rng = np.random.default_rng(noise)
    truth, logits = rows(n, classes, rng)
    main = lines(truth, logits, base, runs, rng)
    return miscalibration(main[:seeds], lines(truth, logits, head, seeds, rng), main)


def covered(base: Learner, head: Learner, truth: float, shape: tuple[int, int, int, int], times: int) -> float:
    """Share of 95 % intervals of the difference of slopes that hold its true value."""

    def inside() -> Iterator[bool]:
        for noise in range(times):
            low, high = compared(base, head, *shape, noise).slope.change.interval()
            yield low <= truth <= high

    return float(np.mean(list(inside())))


def true_difference(base: Learner, head: Learner, n: int, classes: int) -> float:
    """Mean difference of slopes over many seeds and rows, clipped as with n rows."""
    rng = np.random.default_rng(99)
    truth, logits = rows(100_000, classes, rng)

    def slope(learner: Learner) -> float:
        events = [event(truth, learner.probabilities(logits, rng)) for _ in range(20)]
        return float(np.mean([line(*each, clip=0.5 / n).slope[0] for each in events]))

    return slope(head) - slope(base)


@pytest.mark.parametrize("shape", SHAPES[:2])
@pytest.mark.parametrize("learner", LEARNERS[:3])
def test_intervals_of_the_difference_cover(learner: Learner, shape: tuple[int, int, int, int]) -> None:
    assert covered(learner, learner, 0.0, shape, 80) >= 0.95 - 3 * 0.025


@pytest.mark.simulation
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("learner", LEARNERS)
def test_intervals_of_no_difference_cover_in_full(learner: Learner, shape: tuple[int, int, int, int]) -> None:
    assert covered(learner, learner, 0.0, shape, 400) >= 0.95 - 3 * 0.011


@pytest.mark.simulation
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("learner", [LEARNERS[0], LEARNERS[2]])
def test_intervals_of_a_difference_cover_in_full(learner: Learner, shape: tuple[int, int, int, int]) -> None:
    head = replace(learner, sharp=1.5 * learner.sharp)
    truth = true_difference(learner, head, *shape[:2])
    assert covered(learner, head, truth, shape, 400) >= 0.95 - 3 * 0.011


def at(own: float, base: float, se: float = 0.01) -> Departure:
    """Departures as they are with many rows."""
    return Departure(Contrast(own, se), Contrast(own - base, se), Contrast(own + base, se))


def slopes(head: float, base: float, se: float = 0.01) -> Miscalibration:
    return Miscalibration(at(head - 1, base - 1, se), at(0, 0), Contrast((head - base) / base, se))


@pytest.mark.parametrize(
    ("base", "head", "found"),
    [
        (1.0, 0.7, True),
        (1.0, 0.9, False),
        (0.7, 0.7, False),
        (0.6, 0.4, True),
        (1.6, 1.0, False),
        (1.6, 0.97, False),
        (1.6, 1.2, False),
        (1.6, 0.7, True),
        (0.6, 1.0, False),
        (0.6, 1.4, False),
    ],
)
def test_only_a_head_that_is_more_overconfident_is_found(base: float, head: float, found: bool) -> None:
    assert slopes(head, base).overconfident(0.005, 0.15) is found
    assert not slopes(head, base, se=1.0).overconfident(0.005, 0.15)


@pytest.mark.parametrize(
    ("base", "head", "above", "below"),
    [
        (0.0, 0.5, True, False),
        (0.0, -0.5, False, True),
        (0.5, 0.0, False, False),
        (-0.5, 0.4, False, False),
        (-0.5, 0.9, True, False),
        (0.5, -0.9, False, True),
        (0.5, 0.6, False, False),
    ],
)
def test_only_a_head_that_is_farther_off_either_way_is_found(
    base: float, head: float, above: bool, below: bool
) -> None:
    assert (at(head, base).farther(0.005, 1.0) > 0.2) is above
    assert (at(head, base).farther(0.005, -1.0) > 0.2) is below


def test_equal_lines_are_known_not_to_differ() -> None:
    rng = np.random.default_rng(1)
    truth, logits = rows(500, 2, rng)
    (one,) = lines(truth, logits, LEARNERS[0], 1, rng)
    assert miscalibration([one, one], [one, one]).slope.change == Contrast(0.0, 0.0, 499.0)


def test_one_seed_on_each_side_says_nothing_of_seeds() -> None:
    rng = np.random.default_rng(1)
    truth, logits = rows(500, 2, rng)
    base, head = (lines(truth, logits, LEARNERS[0], 1, rng) for _ in range(2))
    with pytest.raises(StatError, match="seed noise"):
        miscalibration(base, head)


def test_rows_in_groups_have_wider_intervals() -> None:
    rng = np.random.default_rng(2)
    truth, logits = rows(100, 2, rng)
    groups: NDArray[np.intp] = np.repeat(np.arange(100), 10)
    truth, logits = truth[groups], logits[groups]
    base, head = (lines(truth, logits, Learner(churn=0.0, sharp=sharp), 3, rng) for sharp in (1.0, 1.3))
    alone, grouped = miscalibration(base, head), miscalibration(base, head, clusters=groups)
    assert grouped.slope.own.se > 2 * alone.slope.own.se
