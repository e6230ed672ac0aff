import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from gatebot.stats.arrays import StatError
from gatebot.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, e_benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.whole
@given(p_values)
@settings(max_examples=30)
def test_against_statsmodels_and_scipy(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p, method="bh"))
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by"))


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4)), min_size=1, max_size=5))
def test_weighted_holm_is_the_closed_test_of_weighted_bonferroni(drawn: list[tuple[float, int]]) -> None:
    """The closure principle: reject i when every intersection that holds i is rejected."""
    p, weights = zip(*drawn, strict=True)
    subsets = [[i for i in range(len(p)) if mask >> i & 1] for mask in range(1, 1 << len(p))]
    refuted = {tuple(s): min(p[i] * sum(weights[j] for j in s) / weights[i] for i in s) for s in subsets}
    closed = [max(value for subset, value in refuted.items() if i in subset) for i in range(len(p))]
    assert holm(p, weights) == pytest.approx(np.minimum(closed, 1))


@given(p_values, st.floats(0.1, 100))
def test_only_ratios_of_weights_count(p: list[float], scale: float) -> None:
    weights = np.arange(1, len(p) + 1)
    assert holm(p, weights) == pytest.approx(holm(p, weights * scale))


@given(p_values)
def test_adjusting_never_lowers_a_p_value(p: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg, benjamini_yekutieli):
        adjusted = adjust(p)
        assert (adjusted >= np.array(p) * (1 - 1e-12)).all()
        assert (adjusted <= 1).all()


def test_e_values_reject_the_largest_that_suffice() -> None:
    assert e_benjamini_hochberg([100, 30, 1, 0], 0.1).tolist() == [True, True, False, False]
    assert e_benjamini_hochberg([39, 1, 1, 0], 0.1).tolist() == [False] * 4
    assert e_benjamini_hochberg([20, 20, 20, 0], 0.1).tolist() == [True, True, True, False]


@given(p_values, st.floats(0.01, 0.5))
def test_e_bh_of_inverted_p_values_is_bh(p: list[float], q: float) -> None:
    p = [max(value, 1e-12) for value in p]
    adjusted = benjamini_hochberg(p)
    if np.abs(adjusted - q).min() > 1e-9:
        assert e_benjamini_hochberg(1 / np.array(p), q).tolist() == (adjusted <= q).tolist()


@pytest.mark.parametrize("p", [[], [-0.1], [1.1], [float("nan")], [[0.5]]])
def test_what_is_no_p_value_is_refused(p: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg, benjamini_yekutieli):
        with pytest.raises(StatError):
            adjust(p)


def test_bad_weights_and_e_values_are_refused() -> None:
    for weights in ([1], [1, 0], [1, float("inf")]):
        with pytest.raises(StatError):
            holm([0.5, 0.5], weights)
    with pytest.raises(StatError):
        e_benjamini_hochberg([-1], 0.1)
    with pytest.raises(StatError):
        e_benjamini_hochberg([1], 1.0)
