"""A guarantee's rows, and what they are worth against a developer who learns from every verdict."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.stats.binomial import clopper_pearson_lower
from gatebot.stats.condition import Mode, Variable, parse
from gatebot.stats.guarantee import Adaptivity
from gatebot.stats.promise import Promise

EASEML = "n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01"


def promise(
    text: str = EASEML,
    reliability: float = 0.9,
    steps: int = 32,
    adaptivity: Adaptivity = Adaptivity.FULL,
    mode: Mode = Mode.TERNARY,
) -> Promise:
    return Promise(text, parse(text), reliability, steps, adaptivity, mode)


@pytest.mark.parametrize(
    ("adaptivity", "mode", "histories"),
    [
        (Adaptivity.NONE, Mode.FP_FREE, math.log(32)),
        (Adaptivity.NONE, Mode.TERNARY, math.log(32)),
        (Adaptivity.FIRST_CHANGE, Mode.FP_FREE, math.log(32)),
        (Adaptivity.FIRST_CHANGE, Mode.TERNARY, 32 * math.log(2)),
        (Adaptivity.FULL, Mode.FN_FREE, 32 * math.log(2)),
        (Adaptivity.FULL, Mode.TERNARY, 32 * math.log(3)),
    ],
)
def test_what_is_told_is_paid_for_in_rows(adaptivity: Adaptivity, mode: Mode, histories: float) -> None:
    made = promise(adaptivity=adaptivity, mode=mode)
    assert made.log_level(adaptivity) == pytest.approx(histories + math.log(10))
    assert made.rows == parse(EASEML).rows(histories + math.log(10))


def test_eval_rows_are_spent_after_the_promised_steps_or_the_first_pass() -> None:
    assert [promise(adaptivity=each).merges for each in Adaptivity] == [32, 1, 32]


@pytest.mark.parametrize(("mode", "told"), [(Mode.FP_FREE, False), (Mode.FN_FREE, True), (Mode.TERNARY, None)])
def test_a_doubt_is_told_as_the_mode_says(mode: Mode, told: bool | None) -> None:
    assert promise("n > 0.5 +/- 0.1", mode=mode).told({Variable.NEW: 0.55}) is told


TOLERANCE, STEPS = 0.05, 128


def is_broken(made: Promise, rows: int, rng: np.random.Generator) -> bool:
    """Whether somebody who adapts to every verdict gets one that contradicts the truth.

    The condition is n > 0.45 +/- 0.05, so "holds" is told from 0.5 on. All but one of the steps guess at random, which
    is right for half of all rows; each verdict says on which side of a half the guesses are on these very rows, and so
    which of them to keep and which to turn round. The last step lets all of them vote, and answers so many rows wrongly
    on purpose that truly fewer than 0.45 are right (after Blum & Hardt 2015).
    """
    votes: NDArray[np.int16] = np.zeros(rows, dtype=np.int16)
    for _ in range(made.steps - 1):
        right = rng.integers(0, 2, rows, dtype=np.int8)
        held = made.told({Variable.NEW: float(right.mean())})
        votes += np.int16(1 if held else -1) * (2 * right - 1)
    spoiled = rng.uniform(size=rows) < 2 * TOLERANCE + 0.002
    elected = (votes > 0) & ~spoiled
    return made.told({Variable.NEW: float(elected.mean())}) is True


def share_broken(adaptivity: Adaptivity, runs: int) -> int:
    """How many of so many developers break the promise with the rows that `adaptivity` asks for."""
    made = promise(f"n > {0.5 - TOLERANCE} +/- {TOLERANCE}", steps=STEPS, adaptivity=adaptivity)
    rng = np.random.default_rng(STEPS)
    return sum(is_broken(made, made.rows, rng) for _ in range(runs))


def test_with_the_prescribed_rows_who_adapts_does_not_break_it() -> None:
    broken = share_broken(Adaptivity.FULL, 12)
    assert clopper_pearson_lower(broken, 12, 0.01) <= 0.1


def test_with_rows_for_nobody_who_adapts_the_same_developer_breaks_it() -> None:
    assert share_broken(Adaptivity.NONE, 12) >= 10


@pytest.mark.simulation
def test_the_promise_is_broken_at_most_as_often_as_it_says() -> None:
    assert share_broken(Adaptivity.FULL, 300) <= 30
    assert share_broken(Adaptivity.NONE, 300) >= 270
