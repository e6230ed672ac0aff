import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from gatebot.stats.arrays import StatError
from gatebot.stats.bootstrap import jackknife
from gatebot.stats.contrast import Estimand, pair, row_variance
from gatebot.stats.ranked import auc, auc_interval, average_precision

Floats = NDArray[np.float64]


def scored(seed: int, n: int = 300, rate: float = 0.3, step: float = 0.0) -> tuple[Floats, Floats]:
    """Labels and scores one standard deviation apart; a step rounds scores so that they tie."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(n)
    labels[: round(n * rate)] = 1
    scores = rng.normal(labels, 1.0)
    return labels, np.round(scores / step) * step if step else scores


def delong(labels: Floats, *scores: Floats) -> tuple[Floats, Floats]:
    """Values and covariance by the definition, all pairs at once (DeLong, DeLong and Clarke-Pearson 1988)."""
    kernels = [
        (s[labels == 1][:, None] > s[labels == 0]) + 0.5 * (s[labels == 1][:, None] == s[labels == 0]) for s in scores
    ]
    by_positive = np.cov([k.mean(axis=1) for k in kernels]) / np.count_nonzero(labels == 1)
    by_negative = np.cov([k.mean(axis=0) for k in kernels]) / np.count_nonzero(labels == 0)
    return np.array([k.mean() for k in kernels]), by_positive + by_negative


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 2.0]))
def test_values_are_those_of_scikit_learn(seed: int, step: float) -> None:
    labels, scores = scored(seed, step=step)
    weights = np.random.default_rng(seed).integers(0, 3, labels.size)
    assert auc(labels, scores)[0] == pytest.approx(metrics.roc_auc_score(labels, scores))
    assert auc(labels, scores, weights)[0] == pytest.approx(
        metrics.roc_auc_score(labels, scores, sample_weight=weights)
    )
    assert average_precision(labels, scores)[0] == pytest.approx(metrics.average_precision_score(labels, scores))
    assert average_precision(labels, scores, weights)[0] == pytest.approx(
        metrics.average_precision_score(labels, scores, sample_weight=weights)
    )


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_paired_difference_has_delongs_variance(seed: int, step: float) -> None:
    labels, base = scored(seed, 80, step=step)
    head = base + np.random.default_rng(seed + 1).normal(0, 0.5, 80)
    values, covariance = delong(labels, base, head)
    (b, b_influence), (h, h_influence) = auc(labels, base), auc(labels, head)
    assert h - b == pytest.approx(values[1] - values[0], abs=1e-12)
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert row_variance(h_influence - b_influence)[0] == pytest.approx(expected, rel=1e-9, abs=1e-15)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_influence_sums_to_nothing(seed: int, step: float) -> None:
    labels, scores = scored(seed, step=step)
    weights = np.random.default_rng(seed).random(labels.size)
    for metric in (auc, average_precision):
        for w in (None, weights):
            assert metric(labels, scores, w)[1].mean() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_influence_of_average_precision_is_its_derivative_by_a_units_weight(step: float) -> None:
    labels, scores = scored(1, step=step)
    value, influence = average_precision(labels, scores)
    for unit in range(0, 300, 10):
        weights = np.ones(300)
        weights[unit] += 1e-6
        nudged = average_precision(labels, scores, weights)[0]
        assert (nudged - value) / 1e-6 * 300 == pytest.approx(influence[unit], abs=1e-3)


def test_influence_of_average_precision_is_what_leaving_a_unit_out_does() -> None:
    labels, scores = scored(2)
    left_out = jackknife(lambda w: average_precision(labels, scores, w)[0], 300)
    assert average_precision(labels, scores)[1].std() == pytest.approx(left_out.std(), rel=0.03)


@given(st.integers(0, 1000))
def test_only_the_order_of_scores_counts(seed: int) -> None:
    labels, scores = scored(seed)
    for metric in (auc, average_precision):
        plain, stretched = metric(labels, scores), metric(labels, np.exp(scores) * 100 - 7)
        assert plain[0] == stretched[0]
        assert plain[1].tolist() == stretched[1].tolist()


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.5]))
def test_the_other_class_ranked_the_other_way_is_the_same_auc(seed: int, step: float) -> None:
    labels, scores = scored(seed, step=step)
    there, back = auc(labels, scores), auc(1 - labels, -scores)
    assert there[0] == pytest.approx(back[0])
    assert there[1] == pytest.approx(back[1])


def test_constant_scores_rank_nothing() -> None:
    labels = np.arange(40) % 2
    value, influence = auc(labels, np.ones(40))
    assert value == 0.5
    assert not influence.any()
    assert average_precision(labels, np.ones(40))[0] == 0.5


def test_the_interval_stays_between_0_and_1() -> None:
    labels, scores = scored(4, 60)
    low, high = auc_interval(labels, scores + 2 * labels)
    assert 0 < low < auc(labels, scores + 2 * labels)[0] < high < 1
    with pytest.raises(StatError, match="no interval"):
        auc_interval(labels, labels)


def lower_bounds_hold(positives: int, metric_is_auc: bool, times: int) -> float:
    """How often the one-sided 95 % lower bound of a paired difference lies below the truth, which is 0."""
    held = 0
    for seed in range(times):
        rng = np.random.default_rng(seed)
        labels = np.repeat([1.0, 0.0], [positives, 9 * positives])
        shared = rng.normal(labels, 0.8)
        noise = rng.normal(0, 0.6, (2, labels.size))
        metric = auc if metric_is_auc else average_precision
        (b, bi), (h, hi) = metric(labels, shared + noise[0]), metric(labels, shared + noise[1])
        held += pair([b], [h], [bi], [hi], estimand=Estimand.ARTIFACT).lower(0.05) <= 0
    return held / times


@pytest.mark.parametrize("metric_is_auc", [True, False])
def test_coverage_of_paired_differences(metric_is_auc: bool) -> None:
    assert lower_bounds_hold(30, metric_is_auc, 500) == pytest.approx(0.95, abs=0.035)


@pytest.mark.simulation
@pytest.mark.parametrize("metric_is_auc", [True, False])
@pytest.mark.parametrize("positives", [20, 50, 200])
def test_coverage_of_paired_differences_in_full(positives: int, metric_is_auc: bool) -> None:
    assert 0.935 < lower_bounds_hold(positives, metric_is_auc, 5000) < 0.98


def test_weights_count_like_repeated_rows() -> None:
    labels, scores = scored(6, 100)
    times = np.random.default_rng(1).integers(1, 4, 100)
    for metric in (auc, average_precision):
        weighted = metric(labels, scores, times)[0]
        assert weighted == pytest.approx(metric(np.repeat(labels, times), np.repeat(scores, times))[0])


@pytest.mark.parametrize(
    ("why", "labels", "scores"),
    [
        ("needed", [1] * 50, list(range(50))),
        ("9 positives", [1] * 9 + [0] * 50, list(range(59))),
        ("not finite", [0, 1] * 20, [math.nan] * 40),
        ("not finite", [0, 1] * 20, [math.inf] * 40),
        ("only 0 and 1", [1, 2] * 20, [0.5] * 40),
        ("lengths differ", [0, 1] * 20, [0.5] * 41),
        ("too large", [0, 1] * 20, [1e200] * 40),
    ],
)
def test_what_cannot_be_ranked_is_refused(why: str, labels: list[int], scores: list[float]) -> None:
    for metric in (auc, average_precision):
        with pytest.raises(StatError, match=why):
            metric(labels, scores)


def test_units_without_weight_do_not_make_a_class() -> None:
    labels, scores = scored(1, 100)
    with pytest.raises(StatError, match="0 positives"):
        auc(labels, scores, 1 - labels)
    with pytest.raises(StatError, match="negative"):
        auc(labels, scores, -np.ones(100))


def test_variance_of_one_auc() -> None:
    labels, scores = scored(8)
    _, covariance = delong(labels, scores, scores)
    assert row_variance(auc(labels, scores)[1])[0] == pytest.approx(covariance[0, 0])
