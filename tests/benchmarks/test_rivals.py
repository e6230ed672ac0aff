"""Rules of others decide as their documentation says."""

import numpy as np
import pytest

from benchmarks.pull import Array
from benchmarks.rivals import RULES, Seen, rules

ROWS = 1000


def rate(right: int) -> Array:
    """So many of the rows are right: the first ones."""
    return (np.arange(ROWS) < right).astype(np.float64)


def error(mean: float) -> Array:
    """Minus absolute errors with this mean."""
    return -mean * np.linspace(0.5, 1.5, ROWS)


def blocking(base: Array, head: Array, train: Array | None = None) -> set[str]:
    return {name for name, blocks in rules(Seen(base, head, base, train)).items() if blocks}


ALWAYS = {"threshold and required gain (MLflow)"}
"""What blocks whatever does not improve."""
ABOVE = "head's interval above threshold (TFMA-like)"
WORSE = {*ALWAYS, "strict comparison", "paired test, p < .05", "exact McNemar, p < .05 (nel gate)"}
BEYOND = {
    *WORSE,
    "tolerance of two points",
    "threshold written down (MLflow-like)",
    "value and change threshold (TFMA)",
    ABOVE,
}


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (900, 900, {*ALWAYS, ABOVE}),
        (950, 951, set()),
        (990, 980, {*WORSE, ABOVE, "unpaired z, p < .05"}),
        (990, 965, {*BEYOND, "unpaired z, p < .05"}),
        (990, 880, {*RULES} - {"train-test degradation under 10 % (Deepchecks)"}),
    ],
)
def test_a_rate(base: int, head: int, expected: set[str]) -> None:
    assert blocking(rate(base), rate(head)) == expected


@pytest.mark.parametrize(("before", "after", "blocks"), [(2.0, 2.09, False), (2.0, 2.11, True), (2.0, 1.9, False)])
def test_the_margin_of_an_error_is_a_share_of_bases(before: float, after: float, *, blocks: bool) -> None:
    found = blocking(error(before), error(after))
    assert ("tolerance of two points" in found) is blocks
    assert ("strict comparison" in found) is (after > before)
    assert "exact McNemar, p < .05 (nel gate)" not in found


@pytest.mark.parametrize(("train", "blocks"), [(0.999, True), (0.89, False)])
def test_train_rows_that_are_predicted_much_better(train: float, *, blocks: bool) -> None:
    found = blocking(rate(890), rate(891), rate(int(1000 * train)))
    assert found == ({"train-test degradation under 10 % (Deepchecks)"} if blocks else set())


def test_mcnemar_is_one_sided() -> None:
    falls, stays = rate(900), rate(900)
    falls[:9] = 0  # nine rows fall, three rise: p = .073
    falls[900:903] = 1
    assert "exact McNemar, p < .05 (nel gate)" not in blocking(stays, falls)
    falls[9] = 0  # ten fall, three rise: p = .046, two-sided .092
    found = blocking(stays, falls)
    assert "exact McNemar, p < .05 (nel gate)" in found
    assert "paired test, p < .05" not in found
