import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from gatebot.stats import bootstrap
from gatebot.stats.arrays import StatError

Floats = NDArray[np.float64]
SAMPLE = np.random.default_rng(0).exponential(size=80)


def weighted_mean(weights: Floats) -> float:
    return float(weights @ SAMPLE / weights.sum())


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    draws = bootstrap.resample(weighted_mean, 80, times=4000)
    assert draws.std() == pytest.approx(SAMPLE.std() / math.sqrt(80), rel=0.05)
    assert draws.mean() == pytest.approx(SAMPLE.mean(), abs=0.01)
    assert bootstrap.contrast(draws, 0.5, 79).se == pytest.approx(draws.std(ddof=1))


def test_intervals_agree_with_scipy() -> None:
    draws = bootstrap.resample(weighted_mean, 80, times=10_000, seed=1)
    rng = np.random.default_rng(2)
    percentile = stats.bootstrap((SAMPLE,), np.mean, n_resamples=10_000, method="percentile", rng=rng)
    assert bootstrap.percentile(draws) == pytest.approx(tuple(percentile.confidence_interval), abs=0.015)
    bca = stats.bootstrap((SAMPLE,), np.mean, n_resamples=10_000, method="BCa", rng=rng)
    influence = bootstrap.jackknife(weighted_mean, 80)
    assert bootstrap.bca(draws, SAMPLE.mean(), influence) == pytest.approx(tuple(bca.confidence_interval), abs=0.015)
    assert influence == pytest.approx(SAMPLE - SAMPLE.mean())


def test_strata_keep_their_sizes() -> None:
    strata = np.repeat(["a", "b"], [10, 70])
    assert set(bootstrap.resample(lambda w: float(w[:10].sum()), 80, strata=strata, times=50)) == {10.0}
    assert len(set(bootstrap.resample(lambda w: float(w[:10].sum()), 80, times=50))) > 3


def test_clusters_are_drawn_whole_and_widen_the_interval() -> None:
    clusters = np.repeat(np.arange(20), 4)
    shared = np.random.default_rng(3).normal(size=20)[clusters]
    rows = bootstrap.resample(lambda w: float(w @ shared / w.sum()), 80, times=2000)
    whole = bootstrap.resample(lambda w: float(w @ shared / w.sum()), 80, clusters=clusters, times=2000)
    assert whole.std() == pytest.approx(2 * rows.std(), rel=0.1)
    spread = bootstrap.resample(
        lambda w: float(np.ptp(w.reshape(20, 4), axis=1).max()), 80, clusters=clusters, times=20
    )
    assert set(spread) == {0.0}
    assert bootstrap.jackknife(lambda w: float(w @ shared / w.sum()), 80, clusters).size == 20


def test_counts_resample_like_rows() -> None:
    """F1 from 2 x 2 counts against the same from rows."""
    truth, said = np.repeat([1, 1, 0, 0], [40, 20, 15, 125]), np.repeat([1, 0, 1, 0], [40, 20, 15, 125])

    def f1_of_rows(w: Floats) -> float:
        return float(2 * (w @ (truth * said)) / (w @ truth + w @ said))

    def f1_of_counts(c: Floats) -> Floats:
        return np.asarray(2 * c[:, 0] / (2 * c[:, 0] + c[:, 1] + c[:, 2]))

    rows = bootstrap.resample(f1_of_rows, 200, times=4000)
    counts = bootstrap.resample_counts([40, 20, 15, 125], f1_of_counts, times=4000)
    assert counts.mean() == pytest.approx(rows.mean(), abs=0.005)
    assert counts.std() == pytest.approx(rows.std(), rel=0.06)
    assert stats.ks_2samp(rows, counts).pvalue > 1e-3


def test_counts_in_strata_keep_their_sums() -> None:
    def sums(c: Floats) -> Floats:
        assert c.sum(axis=2).min(axis=0).tolist() == c.sum(axis=2).max(axis=0).tolist() == [10, 0, 90]
        return np.asarray(c[:, 0, 0])

    draws = bootstrap.resample_counts([[5, 5], [0, 0], [30, 60]], sums, times=100)
    assert 0 <= draws.min() < draws.max() <= 10


@given(st.integers(0, 2**31))
def test_same_seed_same_draws(seed: int) -> None:
    once, again = (bootstrap.resample(weighted_mean, 80, times=5, seed=seed) for _ in range(2))
    assert once.tolist() == again.tolist()


def test_bca_of_symmetric_draws_is_the_percentile_interval() -> None:
    draws = np.concatenate([np.arange(-500, 0), np.arange(1, 501)]) / 100
    symmetric = np.array([-1.0, 1.0])
    assert bootstrap.bca(draws, 0.0, symmetric) == pytest.approx(bootstrap.percentile(draws))


@pytest.mark.parametrize(
    ("why", "call"),
    [
        ("units", lambda: bootstrap.resample(weighted_mean, 1)),
        ("not defined on", lambda: bootstrap.resample(lambda _: math.nan, 10, times=5)),
        ("19 groups", lambda: bootstrap.resample(weighted_mean, 80, clusters=np.arange(80) % 19)),
        (
            "two strata",
            lambda: bootstrap.resample(weighted_mean, 80, clusters=np.arange(80) % 20, strata=np.arange(80) // 40),
        ),
        ("shape", lambda: bootstrap.resample(weighted_mean, 80, strata=[1, 2])),
        ("whole numbers", lambda: bootstrap.resample_counts([1.5, 2], lambda c: c[:, 0])),
        ("whole numbers", lambda: bootstrap.resample_counts([-1, 2], lambda c: c[:, 0])),
        ("fewer than 2 rows", lambda: bootstrap.resample_counts([0, 1], lambda c: c[:, 0])),
        ("shape", lambda: bootstrap.resample_counts([3, 1], lambda c: c)),
        ("one side", lambda: bootstrap.bca([1, 2, 3], 0.0, [1, 2])),
        ("too skewed", lambda: bootstrap.bca(np.arange(1000), 999.0, [-1.0] * 999 + [999.0], 0.999)),
        ("1 units", lambda: bootstrap.jackknife(lambda _: 0.0, 1)),
        ("at least 2", lambda: bootstrap.percentile([1])),
    ],
)
def test_what_cannot_be_resampled_is_refused(why: str, call: object) -> None:
    with pytest.raises(StatError, match=why):
        call()  # type: ignore[operator]


@pytest.mark.simulation
def test_coverage_of_bca_and_percentile_on_a_skewed_mean() -> None:
    hits = np.zeros(2)
    times = 2000
    for seed in range(times):
        sample = np.random.default_rng(seed).exponential(size=60)

        def statistic(w: Floats, sample: Floats = sample) -> float:
            return float(w @ sample / 60)

        draws = bootstrap.resample(statistic, 60, times=600, seed=seed)
        for i, (low, high) in enumerate(
            (bootstrap.percentile(draws), bootstrap.bca(draws, sample.mean(), sample - sample.mean()))
        ):
            hits[i] += low <= 1 <= high
    assert hits[1] / times > 0.92
    assert hits[1] >= hits[0]
