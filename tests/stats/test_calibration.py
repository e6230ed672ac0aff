import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from gatebot.stats.arrays import StatError
from gatebot.stats.bootstrap import resample
from gatebot.stats.calibration import bins, calibration_error, line, recalibration
from gatebot.stats.contrast import Estimand, pair

Floats = NDArray[np.float64]


def forecasts(seed: int, n: int = 1000, intercept: float = 0.0, slope: float = 1.0) -> tuple[Floats, Floats]:
    """Labels, and probabilities whose log odds are (true log odds - intercept) / slope."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1.2, 1.2, n)
    return (rng.random(n) < expit(intercept + slope * logit(p))).astype(float), p


class TestRecalibration:
    @pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.5, 0.7), (-1.0, 1.5)])
    def test_against_statsmodels(self, intercept: float, slope: float) -> None:
        labels, p = forecasts(1, 1000, intercept, slope)
        found = recalibration(labels, p)
        reference = sm.Logit(labels, sm.add_constant(logit(p))).fit(disp=0, cov_type="HC0")
        assert [found.intercept.delta, found.slope.delta + 1] == pytest.approx(list(reference.params), rel=1e-6)
        assert [found.intercept.se, found.slope.se] == pytest.approx(list(reference.bse), rel=2e-3)

    def test_the_interval_covers_the_truth(self) -> None:
        times = 200
        covered = np.zeros(2)
        for seed in range(times):
            labels, p = forecasts(seed, 500, 0.3, 1.4)
            found = recalibration(labels, p)
            for i, (contrast, truth) in enumerate(((found.intercept, 0.3), (found.slope, 0.4))):
                low, high = contrast.interval()
                covered[i] += low <= truth <= high
        assert covered / times == pytest.approx([0.95, 0.95], abs=0.06)

    def test_overconfidence_is_a_slope_below_one(self) -> None:
        labels, p = forecasts(2, 2000, slope=0.5)
        assert recalibration(labels, p).slope.upper(0.0025) < 0

    @given(st.integers(0, 1000))
    def test_the_other_class_has_the_same_slope(self, seed: int) -> None:
        labels, p = forecasts(seed, 300)
        there, back = recalibration(labels, p), recalibration(1 - labels, 1 - p)
        assert [back.slope.delta, back.intercept.delta] == pytest.approx(
            [there.slope.delta, -there.intercept.delta], abs=1e-6
        )

    def test_certainties_are_clipped(self) -> None:
        labels, p = forecasts(3, 300)
        p[:5] = [0, 1, 0, 1, 1]
        labels[:5] = [0, 1, 1, 1, 0]
        assert math.isfinite(recalibration(labels, p).slope.delta)

    @pytest.mark.parametrize(
        ("why", "labels", "p"),
        [
            ("of each class", [1.0] * 50, [0.5] * 50),
            ("of each class", [1.0] * 9 + [0.0] * 50, list(np.linspace(0.1, 0.9, 59))),
            ("constant", [0.0, 1.0] * 20, [0.3] * 40),
            ("separated", [0.0] * 20 + [1.0] * 20, list(np.linspace(0.1, 0.9, 40))),
            ("separated", [1.0] * 20 + [0.0] * 20, list(np.linspace(0.1, 0.9, 40))),
            ("outside", [0.0, 1.0] * 20, [1.5] * 40),
            ("not finite", [0.0, 1.0] * 20, [math.nan] * 40),
            ("lengths differ", [0.0, 1.0] * 20, [0.5] * 41),
        ],
    )
    def test_what_has_no_line_is_refused(self, why: str, labels: list[float], p: list[float]) -> None:
        with pytest.raises(StatError, match=why):
            recalibration(labels, p)


def sklearn_slope(labels: Floats, p: Floats, weights: Floats | None = None) -> float:
    """Scikit-learn's logistic regression without a penalty."""
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    return float(model.fit(logit(p)[:, None], labels, sample_weight=weights).coef_[0, 0])


class TestLine:
    @pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.5, 0.7), (-1.0, 1.5)])
    def test_weighted_slopes_are_those_of_scikit_learn(self, intercept: float, slope: float) -> None:
        labels, p = forecasts(4, 800, intercept, slope)
        weights = np.random.default_rng(4).uniform(0.2, 3, 800)
        weights[:50] = 0
        assert line(labels, p, weights).slope[0] == pytest.approx(sklearn_slope(labels, p, weights), rel=1e-4)

    def test_the_shift_is_the_intercept_of_a_line_of_slope_one(self) -> None:
        labels, p = forecasts(5, 800, 0.4, 0.8)
        reference = sm.GLM(labels, np.ones(800), family=sm.families.Binomial(), offset=logit(p)).fit(cov_type="HC0")
        shift, by_row = line(labels, p).shift
        assert shift == pytest.approx(reference.params[0], rel=1e-6)
        assert np.sqrt(np.square(by_row).sum()) / 800 == pytest.approx(reference.bse[0], rel=1e-4)

    @given(st.integers(0, 1000))
    def test_influence_has_mean_zero(self, seed: int) -> None:
        found = line(*forecasts(seed, 200, 0.2, 0.8))
        for _, by_row in (found.intercept, found.slope, found.shift):
            assert by_row.mean() == pytest.approx(0, abs=1e-4)

    def test_rows_that_do_not_count_change_nothing(self) -> None:
        labels, p = forecasts(6, 400)
        weights = np.repeat([1.0, 0.0], [300, 100])
        assert line(labels, p, weights).slope[0] == pytest.approx(line(labels[:300], p[:300]).slope[0], rel=1e-9)

    @pytest.mark.whole
    def test_the_paired_standard_error_is_that_of_a_bootstrap_of_rows(self) -> None:
        """Head's log odds are base's with noise and a factor: both sides on the same rows, drawn together."""
        labels, p = forecasts(7, 600, 0.0, 1.0)
        told = expit(1.3 * logit(p) + 0.3 * np.random.default_rng(7).normal(size=600))
        base, head = line(labels, p), line(labels, told)
        found = pair([base.slope[0]], [head.slope[0]], [base.slope[1]], [head.slope[1]], estimand=Estimand.ARTIFACT)
        draws = resample(
            lambda weights: sklearn_slope(labels, told, weights) - sklearn_slope(labels, p, weights), 600, times=300
        )
        assert found.delta == pytest.approx(sklearn_slope(labels, told) - sklearn_slope(labels, p), abs=1e-4)
        assert found.se == pytest.approx(draws.std(ddof=1), rel=0.15)

    def test_far_tails_are_clipped_where_asked(self) -> None:
        labels, p = forecasts(8, 500)
        p[0], labels[0] = 1e-11, 1.0
        assert line(labels, p, clip=1e-3).slope[0] > line(labels, p).slope[0] + 0.05


class TestCalibrationError:
    @pytest.mark.parametrize(("n", "raw"), [(200, 0.089), (1000, 0.040), (5000, 0.018)])
    def test_the_raw_error_of_a_perfect_model_is_far_from_zero(self, n: int, raw: float) -> None:
        found = [calibration_error(bins(*forecasts(seed, n)), times=2).raw for seed in range(60)]
        assert np.mean(found) == pytest.approx(raw, rel=0.08)

    def test_the_debiased_square_is_unbiased(self) -> None:
        """Mean over runs of the debiased squared error against the true one: one bin of rate .3, told as .4."""
        rng = np.random.default_rng(0)
        squares = []
        for _ in range(4000):
            binned = bins(rng.random(40) < 0.3, np.full(40, 0.4), 1)
            squares.append(binned.gaps[0] ** 2 - (r := binned.hits[0] / 40) * (1 - r) / 39)
        assert np.mean(squares) == pytest.approx(0.01, abs=4 * np.std(squares) / math.sqrt(4000))

    @pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.2, 1.0), (0.0, 1.5), (0.5, 1.0)])
    def test_the_upper_bound_covers(self, intercept: float, slope: float) -> None:
        assert coverage(1000, intercept, slope, times=150) >= 0.95 - 0.04

    @pytest.mark.simulation
    @pytest.mark.parametrize("n", [300, 1000, 5000])
    @pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.1, 1.0), (0.2, 1.0), (0.0, 1.5), (0.5, 1.0)])
    def test_the_upper_bound_covers_in_full(self, n: int, intercept: float, slope: float) -> None:
        assert coverage(n, intercept, slope, times=1000) >= 0.94

    @given(st.integers(0, 1000), st.integers(1, 20))
    def test_the_bound_lies_above_the_debiased_error(self, seed: int, count: int) -> None:
        found = calibration_error(bins(*forecasts(seed, 100), count), times=50)
        assert found.debiased >= 0
        assert 0 <= found.upper <= 1
        assert 0 <= found.raw <= 1


def coverage(n: int, intercept: float, slope: float, times: int) -> float:
    covered = 0.0
    for seed in range(times):
        labels, p = forecasts(seed, n, intercept, slope)
        binned = bins(labels, p)
        edges = np.quantile(p, np.linspace(0, 1, 16)[1:-1])
        code = np.searchsorted(edges, p, side="right")
        rate = np.bincount(code, weights=expit(intercept + slope * logit(p))) / np.bincount(code)
        truth = np.abs(rate - binned.confidence) @ binned.counts / n
        covered += float(calibration_error(binned, times=300, seed=seed).upper >= truth - 1e-12)
    return covered / times


class TestBins:
    @given(st.integers(0, 1000), st.integers(10, 300), st.integers(1, 5), st.sampled_from([0, 1, 2]))
    def test_every_row_is_in_one_bin_of_two_or_more(self, seed: int, n: int, count: int, digits: int) -> None:
        labels, p = forecasts(seed, n)
        binned = bins(labels, np.round(p, digits), count)
        assert binned.counts.sum() == n
        assert binned.hits.sum() == labels.sum()
        assert binned.counts.min() >= 2
        assert binned.confidence @ binned.counts == pytest.approx(np.round(p, digits).sum())
        assert (np.diff(binned.confidence) > 0).all()

    def test_bins_have_equal_mass(self) -> None:
        assert bins(*forecasts(1, 1500)).counts.tolist() == [100] * 15

    def test_more_bins_than_pairs_of_rows_are_refused(self) -> None:
        with pytest.raises(StatError, match="6 bins for 10 rows"):
            bins(*forecasts(1, 10), 6)
