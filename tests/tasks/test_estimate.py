import math
from collections.abc import Callable

import numpy as np
import pytest

from gatebot.stats.arrays import StatError
from gatebot.tasks.estimate import LOSS, UNDEFINED, Estimate, Formula, average, chained, crowding, mean
from gatebot.tasks.table import Table
from tests.tasks.tables import table


def _formula(of: Callable[[Table], Estimate]) -> Formula:
    return Formula("f", True, LOSS, of)


def test_a_mean_and_its_influence() -> None:
    found = mean(np.array([1.0, 2, 6]), np.array([1.0, 1, 2]))
    assert found.value == 3.75
    assert found.influence is not None
    np.testing.assert_allclose(found.influence, np.array([1, 1, 2]) / 4 * 3 * (np.array([1, 2, 6]) - 3.75))


def test_what_has_no_weight_is_not_looked_at() -> None:
    assert mean(np.array([1.0, np.nan]), np.array([1.0, 0])).value == 1


def test_an_average_of_estimates() -> None:
    found = average([Estimate(1.0, np.array([1.0, -1])), Estimate(2.0, np.array([3.0, -3]))])
    assert (found.value, found.influence.tolist()) == (1.5, [2, -2])  # type: ignore[union-attr]
    assert average([Estimate(1.0), Estimate(2.0, np.zeros(2))]).influence is None
    assert math.isnan(average([]).value)


def test_the_chain_rule() -> None:
    inner = mean(np.array([3.0, 5]), np.ones(2))
    assert chained(inner, 16.0, 8.0).influence.tolist() == [-8, 8]  # type: ignore[union-attr]


@pytest.mark.parametrize(("weight", "expected"), [([1, 1, 1], 1), ([5, 5], 1), ([1, 0], 2), ([3, 1], 1.25)])
def test_crowding(weight: list[float], expected: float) -> None:
    assert crowding(np.array(weight, dtype=np.float64)) == pytest.approx(expected)


def _refuse(_table: Table) -> Estimate:
    raise StatError("no")


@pytest.mark.parametrize(
    "of",
    [
        _refuse,
        lambda _table: UNDEFINED,
        lambda _table: Estimate(math.inf, np.zeros(2), 1.0),
        lambda _table: mean(np.log(np.array([0.0, -1])), np.ones(2)),
    ],
)
def test_what_does_not_exist_is_nan_and_never_a_warning(of: Callable[[Table], Estimate]) -> None:
    formula, fresh = _formula(of), table([1.0, 2.0], prediction=[1.0, 2.0])
    assert math.isnan(formula.value(fresh))
    assert formula.influence(fresh) is None
    assert formula.step(fresh) == 0


def test_asking_in_turn_computes_once() -> None:
    calls: list[Table] = []

    def of(what: Table) -> Estimate:
        calls.append(what)
        return Estimate(1.0, np.zeros(2), 1.0)

    formula, other, fresh = _formula(of), _formula(of), table([1.0, 2.0], prediction=[1.0, 2.0])
    assert (formula.value(fresh), formula.influence(fresh) is None, formula.step(fresh)) == (1.0, False, 1.0)
    assert len(calls) == 1
    other.value(fresh)
    assert len(calls) == 2
    formula.value(fresh.where(np.array([True, True])))
    assert len(calls) == 3
