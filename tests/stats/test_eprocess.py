import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gatebot.stats import eprocess
from gatebot.stats.arrays import StatError

Floats = NDArray[np.float64]
changes = st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60)


def differences(rng: np.random.Generator, n: int, delta: float, changed: float = 0.1) -> Floats:
    lost = (changed - delta) / 2
    return rng.choice([-1.0, 0.0, 1.0], n, p=[lost, 1 - changed, changed - lost])


@given(changes, st.floats(-0.5, 0.5))
def test_against_the_definition(values: list[float], null: float) -> None:
    wealth = np.ones(eprocess.STAKES.size)
    expected = []
    for value in values:
        wealth *= 1 + eprocess.STAKES * ((value + 1) / 2 - (null + 1) / 2)
        expected.append(math.log(wealth.mean()))
    assert eprocess.log_wealth(values, null) == pytest.approx(expected)


def test_blocks_do_not_show() -> None:
    values = differences(np.random.default_rng(0), eprocess.BLOCK * 2 + 7, 0.0)
    whole = eprocess.log_wealth(values, -0.001)
    owned = sum(
        np.log1p(np.outer((part + 0.001) / 2, eprocess.STAKES)).sum(axis=0) for part in np.array_split(values, 5)
    )
    assert whole[-1] == pytest.approx(np.log(np.exp(owned).mean()))
    assert whole[: eprocess.BLOCK - 1] == pytest.approx(eprocess.log_wealth(values[: eprocess.BLOCK - 1], -0.001))


def test_one_bet_is_fair() -> None:
    """The wealth after one value has mean 1 under the null, exactly: that makes it an e-value."""
    for null in (-0.02, 0.0, 0.3):
        law = {-1.0: (0.5 - null) / 2, 0.0: 0.5, 1.0: (0.5 + null) / 2}
        mean = sum(p * math.exp(eprocess.log_wealth([value], null)[0]) for value, p in law.items())
        assert mean == pytest.approx(1.0)


def test_peeking_at_every_row_keeps_the_level() -> None:
    rng = np.random.default_rng(1)
    times = 400
    fooled = sum(eprocess.refuted_at(differences(rng, 1500, -0.02), -0.02, 0.05) is not None for _ in range(times))
    assert fooled / times <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / times)


def test_no_loss_is_certified_sooner_than_by_the_literature() -> None:
    """Waudby-Smith & Ramdas' plug-in bets need 4,445 rows in 80 % of runs; Hoeffding 18,412."""
    rng = np.random.default_rng(2)
    needed = [eprocess.refuted_at(differences(rng, 12_000, 0.0), -0.02, 0.05) or 10**9 for _ in range(100)]
    assert np.quantile(needed, 0.8) < 4445


@given(changes, st.floats(0.01, 0.5))
@settings(max_examples=50)
def test_the_bound_is_where_the_null_stops_being_refuted(values: list[float], alpha: float) -> None:
    bound = eprocess.lower(values, alpha)
    assert -1 <= bound <= np.mean(values)
    if bound > -1:
        assert eprocess.log_wealth(values, bound - 1e-6)[-1] >= -math.log(alpha) - 1e-9
        assert eprocess.log_wealth(values, bound + 1e-6)[-1] <= -math.log(alpha) + 1e-9


@given(changes, st.floats(0.1, 10), st.floats(-5, 5))
def test_another_range_is_another_unit(values: list[float], scale: float, shift: float) -> None:
    moved = np.array(values) * scale + shift
    low, high = -scale + shift, scale + shift
    moved = np.clip(moved, low, high)
    expected = eprocess.log_wealth(values, -0.2)
    assert eprocess.log_wealth(moved, -0.2 * scale + shift, low=low, high=high) == pytest.approx(expected, abs=1e-9)


@given(changes, st.integers(0, 59))
def test_a_worse_row_never_adds_evidence(values: list[float], index: int) -> None:
    worse = list(values)
    worse[index % len(values)] = -1.0
    assert (eprocess.log_wealth(worse, -0.02) <= eprocess.log_wealth(values, -0.02) + 1e-12).all()


def test_e_values_of_dependent_tests_are_averaged() -> None:
    assert eprocess.combine([0.0, 4.0, 5.0]) == 3.0
    with pytest.raises(StatError):
        eprocess.combine([-1.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: eprocess.log_wealth([2.0], 0.0),
        lambda: eprocess.log_wealth([0.0], -2.0),
        lambda: eprocess.log_wealth([], 0.0),
        lambda: eprocess.log_wealth([math.nan], 0.0),
        lambda: eprocess.log_wealth([0.0], 0.0, low=1, high=1),
        lambda: eprocess.refuted_at([0.0], 0.0, 0.0),
        lambda: eprocess.lower([0.0], 1.0),
    ],
)
def test_values_out_of_range_are_refused(call: object) -> None:
    with pytest.raises(StatError):
        call()  # type: ignore[operator]
