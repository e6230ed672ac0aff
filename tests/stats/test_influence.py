import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from gatebot.stats.arrays import StatError
from gatebot.stats.bootstrap import jackknife
from gatebot.stats.contrast import row_variance
from gatebot.stats.influence import mean, ratio, smooth

Floats = NDArray[np.float64]


def predictions(seed: int, n: int = 200) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.3).astype(float)
    return truth, np.where(rng.random(n) < 0.8, truth, 1 - truth)


def mcc(means: Floats) -> float:
    tp, fp, fn, tn = means
    return float((tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def cells(truth: Floats, said: Floats) -> Floats:
    return np.stack([truth * said, (1 - truth) * said, truth * (1 - said), (1 - truth) * (1 - said)])


def test_values_are_those_of_scikit_learn() -> None:
    truth, said = predictions(1)
    weights = np.random.default_rng(2).random(200)
    assert mean(truth == said, weights)[0] == pytest.approx(metrics.accuracy_score(truth, said, sample_weight=weights))
    assert ratio(2 * truth * said, truth + said, weights)[0] == pytest.approx(
        metrics.f1_score(truth, said, sample_weight=weights)
    )
    assert smooth(cells(truth, said), mcc, weights=weights)[0] == pytest.approx(
        metrics.matthews_corrcoef(truth, said, sample_weight=weights)
    )


@given(st.integers(0, 1000))
def test_influence_sums_to_nothing(seed: int) -> None:
    truth, said = predictions(seed)
    weights = np.random.default_rng(seed).random(200)
    for _, influence in (
        mean(said, weights),
        ratio(truth * said, truth, weights),
        smooth(cells(truth, said), mcc, weights=weights),
    ):
        assert influence.mean() == pytest.approx(0, abs=1e-9)


def test_influence_is_what_leaving_a_unit_out_does() -> None:
    truth, said = predictions(3)
    table = cells(truth, said)
    _, influence = smooth(table, mcc)
    left_out = jackknife(lambda w: mcc(table @ w / w.sum()), 200)
    assert np.corrcoef(influence, left_out)[0, 1] > 0.999
    assert influence.std() == pytest.approx(left_out.std(), rel=0.02)


def test_influence_is_the_derivative_by_a_units_weight() -> None:
    truth, said = predictions(4)
    value, influence = ratio(2 * truth * said, truth + said)
    for unit in range(0, 200, 20):
        weights = np.ones(200)
        weights[unit] += 1e-6
        nudged = ratio(2 * truth * said, truth + said, weights)[0]
        assert (nudged - value) / 1e-6 * 200 == pytest.approx(influence[unit], abs=1e-3)


def test_a_numeric_gradient_is_as_good_as_an_exact_one() -> None:
    squares = np.random.default_rng(5).normal(size=(1, 300)) ** 2
    numeric = smooth(squares, lambda m: math.sqrt(m[0]))
    exact = smooth(squares, lambda m: math.sqrt(m[0]), lambda m: [0.5 / math.sqrt(m[0])])
    assert numeric[1] == pytest.approx(exact[1], rel=1e-7, abs=1e-9)


@given(st.integers(0, 1000), st.floats(1e-6, 1e6))
def test_scale_equivariance(seed: int, scale: float) -> None:
    errors = np.random.default_rng(seed).normal(size=(1, 50)) ** 2
    value, influence = smooth(errors, lambda m: math.sqrt(m[0]))
    scaled_value, scaled = smooth(errors * scale**2, lambda m: math.sqrt(m[0]))
    assert scaled_value == pytest.approx(value * scale)
    assert scaled == pytest.approx(influence * scale, rel=1e-4)


def test_coverage_of_f1() -> None:
    covered, times, target = 0, 600, None
    truth, said = predictions(0, 2_000_000)
    target = ratio(2 * truth * said, truth + said)[0]
    for seed in range(times):
        truth, said = predictions(seed + 1, 400)
        value, influence = ratio(2 * truth * said, truth + said)
        covered += abs(value - target) <= 1.96 * math.sqrt(row_variance(influence)[0])
    assert covered / times == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("why", "call"),
    [
        ("denominator is zero", lambda: ratio([1, 2], [0, 0])),
        ("lengths differ", lambda: ratio([1, 2], [1])),
        ("not finite", lambda: mean([1, math.nan])),
        ("not finite, or not smooth", lambda: smooth([[0.0, 0.0]], lambda m: float(np.log(m[0])))),
        ("not defined", lambda: smooth([[0.0, 0.0]], lambda m: 1 / float(m[0]))),
        ("not defined", lambda: smooth([[1.0, 1.0]], lambda m: math.sqrt(-m[0]))),
        ("gradient", lambda: smooth([[1.0, 1.0]], lambda m: float(m[0]), lambda _: [1, 2])),
        ("weights: 1", lambda: mean([1, 2], [1])),
        ("none may be negative", lambda: mean([1, 2], [1, -1])),
        ("one at least must count", lambda: mean([1, 2], [0, 0])),
    ],
)
def test_what_has_no_influence_is_refused(why: str, call: object) -> None:
    with pytest.raises(StatError, match=why):
        call()  # type: ignore[operator]
