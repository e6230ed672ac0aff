import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Estimand, Ledger, Pairing, pair, row_variance, single, spread
from gatebot.stats.noise import correlation

Floats = NDArray[np.float64]

finite = st.floats(-1e3, 1e3)
contrasts = st.builds(Contrast, finite, st.floats(0, 1e3), st.one_of(st.just(math.inf), st.floats(1, 1e6)))


def rates(seed: int, n: int = 400, seeds: int = 2, rate: float = 0.8) -> tuple[Floats, Floats]:
    """Values and influence of an accuracy over several seeds."""
    right = (np.random.default_rng(seed).random((seeds, n)) < rate).astype(float)
    return right.mean(axis=1), right - right.mean(axis=1, keepdims=True)


class TestContrast:
    @given(contrasts, st.floats(0.0005, 0.5))
    def test_bounds_are_students(self, contrast: Contrast, alpha: float) -> None:
        if contrast.se == 0:
            assert contrast.lower(alpha) == contrast.delta == contrast.upper(alpha)
            return
        law = stats.norm if math.isinf(contrast.df) else stats.t(contrast.df)
        half = law.ppf(1 - alpha) * contrast.se
        assert contrast.lower(alpha) == pytest.approx(contrast.delta - half, rel=1e-9, abs=1e-9)
        assert contrast.upper(alpha) == pytest.approx(contrast.delta + half, rel=1e-9, abs=1e-9)

    @given(contrasts, st.floats(0.01, 100), st.floats(0.001, 0.5))
    def test_a_bound_and_its_p_value_agree(self, contrast: Contrast, margin: float, alpha: float) -> None:
        p = contrast.p_held(margin)
        assume(abs(p - alpha) > 1e-9)
        assert (contrast.lower(alpha) > -margin) == (p < alpha)
        p = contrast.p_worse(margin)
        assume(abs(p - alpha) > 1e-9)
        assert (contrast.upper(alpha) < -margin) == (p < alpha)

    @given(contrasts)
    def test_seen_from_the_other_side_bounds_swap(self, contrast: Contrast) -> None:
        assert (-contrast).lower(0.05) == -contrast.upper(0.05)

    @given(contrasts, st.floats(0.1, 10))
    def test_scale_cancels(self, contrast: Contrast, scale: float) -> None:
        scaled = Contrast(contrast.delta * scale, contrast.se * scale, contrast.df)
        assert scaled.p_held(scale) == pytest.approx(contrast.p_held(1.0), abs=1e-9)

    def test_far_tails_keep_their_digits(self) -> None:
        assert Contrast(-10, 1).p_worse() == pytest.approx(stats.norm.sf(10))
        assert Contrast(-30, 1, 7).p_worse() == pytest.approx(stats.t.sf(30, 7))

    @pytest.mark.parametrize(
        ("delta", "p_worse", "p_held"), [(0.0, 1.0, 0.0), (-0.02, 0.0, 1.0), (-0.01, 0.0, 0.0), (0.1, 1.0, 0.0)]
    )
    def test_without_error_the_answer_is_certain(self, delta: float, p_worse: float, p_held: float) -> None:
        contrast = Contrast(delta, 0.0)
        assert (contrast.p_worse(), contrast.p_held(0.02)) == (p_worse, p_held)

    @pytest.mark.parametrize(
        "bad", [(math.nan, 1, 1), (math.inf, 1, 1), (0, -1, 1), (0, math.nan, 1), (0, 1, 0), (0, 1, math.nan)]
    )
    def test_what_is_no_contrast_is_refused(self, bad: tuple[float, float, float]) -> None:
        with pytest.raises(StatError):
            Contrast(*bad)


class TestPair:
    def test_one_run_a_side_is_the_paired_t_test(self) -> None:
        rng = np.random.default_rng(1)
        base, head = rng.normal(size=60), rng.normal(0.1, size=60)
        got = pair([base.mean()], [head.mean()], [base - base.mean()], [head - head.mean()], estimand=Estimand.ARTIFACT)
        expected = stats.ttest_rel(head, base, alternative="less")
        assert got.df == expected.df
        assert got.delta / got.se == pytest.approx(expected.statistic)
        assert got.p_worse() == pytest.approx(expected.pvalue)

    def test_seeds_alone_are_welchs_t_test(self) -> None:
        base, head = [0.80, 0.83, 0.79], [0.81, 0.80, 0.84, 0.78]
        got = pair(base, head, np.zeros((3, 50)), np.zeros((4, 50)))
        expected = stats.ttest_ind(head, base, equal_var=False)
        assert got.delta / got.se == pytest.approx(expected.statistic)
        assert got.df == pytest.approx(expected.df)

    def test_both_sources_add_up_with_satterthwaites_degrees(self) -> None:
        (_, bi), (_, hi) = rates(1, seeds=3), rates(2, seeds=3)
        bv, hv = np.array([0.70, 0.80, 0.84]), np.array([0.79, 0.81, 0.89])
        rows = np.var(hi.mean(0) - bi.mean(0), ddof=1) / 400
        seeds = [bv.var(ddof=1) / 3, hv.var(ddof=1) / 3]
        churn = sum(((side - side.mean(0)) ** 2).sum() / 2 / 399 / 3 / 400 for side in (bi, hi))
        got = pair(bv, hv, bi, hi)
        assert got.se**2 == pytest.approx(rows + sum(seeds) - churn)
        assert got.df == pytest.approx(got.se**4 / (rows**2 / 399 + seeds[0] ** 2 / 2 + seeds[1] ** 2 / 2))

    def test_the_sum_is_the_two_way_analysis_of_variance(self) -> None:
        """Rows and seeds both random, against MS_rows + MS_seeds - MS_residual of statsmodels' table."""
        rng = np.random.default_rng(11)
        scores = rng.normal(size=60) + 0.5 * rng.normal(size=(4, 1)) + 0.8 * rng.normal(size=(4, 60))
        frame = pd.DataFrame(
            {"y": scores.ravel(), "seed": np.repeat(np.arange(4), 60), "row": np.tile(np.arange(60), 4)}
        )
        squares = anova_lm(ols("y ~ C(seed) + C(row)", frame).fit())
        mean = squares["sum_sq"] / squares["df"]
        expected = (mean["C(seed)"] + mean["C(row)"] - mean["Residual"]) / scores.size
        values = scores.mean(axis=1)
        got = single(values, scores - values[:, None])
        assert got.se**2 == pytest.approx(expected)

    @given(st.integers(0, 10_000), st.booleans())
    def test_taking_off_what_is_counted_twice_never_leaves_less_than_the_rows(self, seed: int, same: bool) -> None:
        (bv, bi), (hv, hi) = rates(seed), rates(seed if same else seed + 1)
        found = spread(bv, hv, bi, hi)
        assert found.churn >= 0
        assert found.contrast.se**2 >= found.rows * (1 - 1e-12)
        assert found.contrast.df >= min(found.rows_df, found.seeds_df)

    def test_the_ledger_moderates_seed_noise(self) -> None:
        ledger = [0.80, 0.82, 0.81, 0.79, 0.83]
        base, head = [0.80, 0.81], [0.80, 0.84]
        got = pair(base, head, np.zeros((2, 50)), np.zeros((2, 50)), ledger=ledger)
        own = (np.var(base, ddof=1) + np.var(head, ddof=1)) / 2
        moderated = (4 * np.var(ledger, ddof=1) + 2 * own) / 6
        assert got.se**2 == pytest.approx(moderated * (1 / 2 + 1 / 2))
        assert got.df == pytest.approx(6)

    def test_one_run_a_side_lives_on_the_ledger(self) -> None:
        ledger = Ledger(variance=1e-4, df=4)
        got = pair([0.8], [0.81], np.zeros((1, 50)), np.zeros((1, 50)), ledger=ledger)
        assert [got.se**2, got.df] == pytest.approx([2e-4, 4])

    def test_seeds_that_move_together_are_compared_in_pairs(self) -> None:
        base, head = [0.70, 0.80, 0.90], [0.71, 0.80, 0.91]
        zeros = np.zeros((3, 50))
        alike = Ledger(0.01, 4, Pairing(0.95, 1.0, 40))
        paired = pair(base, head, zeros, zeros, ledger=alike)
        apart = pair(base, head[::-1], zeros, zeros, ledger=Ledger(0.01, 4))
        assert paired.se < apart.se / 2
        own = np.var(np.subtract(head, base), ddof=1)
        shared = correlation(np.array(base), np.array(head), alike)
        assert paired.se**2 == pytest.approx((4 * 0.01 * 2 * (1 - shared) + 2 * own) / 6 / 3)

    def test_a_ledger_that_holds_base_does_not_count_it_twice(self) -> None:
        main = [0.80, 0.82, 0.81, 0.79, 0.83]
        head = [0.80, 0.84]
        got = pair(main[:2], head, np.zeros((2, 50)), np.zeros((2, 50)), ledger=Ledger.of(main, holds_base=True))
        assert got.se**2 == pytest.approx((4 * np.var(main, ddof=1) + np.var(head, ddof=1)) / 5)
        assert got.df == pytest.approx(5)

    @pytest.mark.parametrize(("known", "seeds"), [(2, 2), (3, 3), (5, 2), (5, 5)])
    def test_seed_noise_alone_keeps_every_level(self, known: int, seeds: int) -> None:
        """Head is worse by exactly the margin, rows are without noise, and main's own runs are the ledger."""
        rng, times, still = np.random.default_rng(known + seeds), 4000, np.zeros((seeds, 50))
        main, head = rng.normal(0, 0.01, (times, known)), rng.normal(-0.02, 0.01, (times, seeds))
        seen = [
            pair(m[:seeds], h, still, still, ledger=Ledger.of(m, holds_base=True))
            for m, h in zip(main, head, strict=True)
        ]
        for level in (0.05, 0.025, 0.0025):
            slack = 4 * math.sqrt(level * (1 - level) / times)
            assert np.mean([each.p_held(0.02) < level for each in seen]) <= level + slack
            assert np.mean([each.p_worse(0.02) < level for each in seen]) <= level + slack

    def test_clusters_of_one_are_rows(self) -> None:
        (bv, bi), (hv, hi) = rates(1), rates(2)
        assert pair(bv, hv, bi, hi, clusters=np.arange(400)) == pair(bv, hv, bi, hi)

    def test_repeated_rows_in_clusters_add_no_evidence(self) -> None:
        values = np.random.default_rng(3).normal(size=100)
        once = row_variance(values)
        fivefold = row_variance(np.repeat(values, 5), np.repeat(np.arange(100), 5))
        assert fivefold == pytest.approx(once)

    def test_clusters_may_be_names(self) -> None:
        names = np.array([f"user-{i % 25}" for i in range(100)])
        values = np.random.default_rng(3).normal(size=100)
        assert row_variance(values, names) == row_variance(values, np.arange(100) % 25)

    @given(st.integers(0, 10_000))
    def test_base_and_head_swapped_is_the_mirror_image(self, seed: int) -> None:
        (bv, bi), (hv, hi) = rates(seed), rates(seed + 1)
        there, back = pair(bv, hv, bi, hi, step=1), pair(hv, bv, hi, bi, step=1)
        assert there.delta == -back.delta
        assert [there.se, there.df] == pytest.approx([back.se, back.df])

    @given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
    def test_scale_equivariance(self, seed: int, scale: float) -> None:
        (bv, bi), (hv, hi) = rates(seed), rates(seed + 1)
        once, scaled = pair(bv, hv, bi, hi), pair(bv * scale, hv * scale, bi * scale, hi * scale)
        assert [scaled.delta, scaled.se] == pytest.approx([once.delta * scale, once.se * scale])

    @given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
    def test_a_relative_contrast_has_no_scale(self, seed: int, scale: float) -> None:
        (bv, bi), (hv, hi) = rates(seed), rates(seed + 1)
        once = pair(-bv, -hv, -bi, -hi, relative=True)
        scaled = pair(-bv * scale, -hv * scale, -bi * scale, -hi * scale, relative=True)
        assert once.delta == pytest.approx((bv.mean() - hv.mean()) / bv.mean())
        assert [scaled.delta, scaled.se] == pytest.approx([once.delta, once.se])

    def test_a_relative_contrast_is_what_resampling_gives(self) -> None:
        rng = np.random.default_rng(5)
        base = rng.exponential(size=500)
        head = base * 1.1 + rng.normal(0, 0.3, 500)
        got = pair(
            [-base.mean()],
            [-head.mean()],
            [base.mean() - base],
            [head.mean() - head],
            relative=True,
            estimand=Estimand.ARTIFACT,
        )
        picks = rng.integers(0, 500, (4000, 500))
        ratios = 1 - head[picks].mean(1) / base[picks].mean(1)
        assert got.delta == pytest.approx(1 - head.mean() / base.mean())
        assert got.se == pytest.approx(ratios.std(), rel=0.06)

    def test_no_changed_row_is_not_no_doubt(self) -> None:
        values, influence = rates(1, n=100, seeds=1)
        plain = pair(values, values, influence, influence, estimand=Estimand.ARTIFACT)
        honest = pair(values, values, influence, influence, estimand=Estimand.ARTIFACT, step=1)
        assert plain.se == 0
        assert honest.lower(0.025) < -0.03

    def test_an_artifact_has_no_seed_noise(self) -> None:
        (bv, bi), (hv, hi) = rates(1), rates(2)
        assert spread(bv, hv, bi, hi, estimand=Estimand.ARTIFACT).seeds == 0
        assert spread(bv, hv, bi, hi).seeds > 0

    @pytest.mark.parametrize(
        ("why", "arguments"),
        [
            ("one run and no ledger", ([1], [1], [[0, 0]], [[0, 0]])),
            ("lengths differ", ([1, 2], [1, 2], [[0, 0]] * 2, [[0, 0, 0]] * 2)),
            ("2 values but influence of 1", ([1, 2], [1, 2], [[0, 0]], [[0, 0]] * 2)),
            ("not finite", ([1, math.nan], [1, 2], [[0, 0]] * 2, [[0, 0]] * 2)),
            ("not finite", ([1, 2], [1, 2], [[0, math.inf]] * 2, [[0, 0]] * 2)),
            ("at least 2", ([1, 2], [1, 2], [[0]] * 2, [[0]] * 2)),
            ("dimensions", ([1, 2], [1, 2], [0, 0], [0, 0])),
            ("not numbers", (["a"], [1], [[0, 0]], [[0, 0]])),
            ("too large", ([1, 2], [1, 2], [[1e300, -1e300]] * 2, [[0, 0]] * 2)),
        ],
    )
    def test_bad_input_is_refused_by_name(self, why: str, arguments: tuple[list[float], ...]) -> None:
        with pytest.raises(StatError, match=why):
            pair(*arguments)

    def test_nineteen_clusters_are_too_few(self) -> None:
        (bv, bi), (hv, hi) = rates(1), rates(2)
        with pytest.raises(StatError, match="19 groups, at least 20"):
            pair(bv, hv, bi, hi, clusters=np.arange(400) % 19)

    def test_a_base_near_zero_has_no_relative_change(self) -> None:
        noise = np.random.default_rng(1).normal(size=(2, 100))
        with pytest.raises(StatError, match="too near zero"):
            pair([0.01, 0.01], [0.02, 0.03], noise, noise, relative=True)


def test_one_side_against_a_number() -> None:
    sample = np.random.default_rng(4).normal(0.9, 0.2, 50)
    got = single([sample.mean()], [sample - sample.mean()], against=0.8, estimand=Estimand.ARTIFACT)
    expected = stats.ttest_1samp(sample, 0.8, alternative="less")
    assert got.p_worse() == pytest.approx(expected.pvalue)


def test_the_plain_decision_does_not_load_scipy_stats() -> None:
    program = "import gatebot.stats.contrast, gatebot.stats.decision, sys; print('scipy.stats' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
