import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import xlogy
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from gatebot.stats import binomial
from gatebot.stats.arrays import StatError


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 3000))
    return draw(st.integers(0, n)), n


@st.composite
def paired(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 400))
    gained = draw(st.integers(0, n))
    return gained, draw(st.integers(0, n - gained)), n


@given(counts(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_one_proportion_against_scipy(count: tuple[int, int], level: float) -> None:
    reference = stats.binomtest(*count)
    exact, wilson = reference.proportion_ci(level, method="exact"), reference.proportion_ci(level, method="wilson")
    assert list(binomial.clopper_pearson(*count, level)) == pytest.approx([exact.low, exact.high], abs=1e-12)
    assert list(binomial.wilson(*count, level)) == pytest.approx([wilson.low, wilson.high], abs=1e-12)


@given(counts())
def test_one_sided_bounds_make_the_two_sided_interval(count: tuple[int, int]) -> None:
    low, high = proportion_confint(*count, alpha=0.1, method="beta")
    assert binomial.clopper_pearson_lower(*count, 0.05) == pytest.approx(0.0 if math.isnan(low) else low)
    assert binomial.clopper_pearson_upper(*count, 0.05) == pytest.approx(1.0 if math.isnan(high) else high)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_against_scipy_and_statsmodels(gained: int, lost: int) -> None:
    if gained + lost:
        assert binomial.mcnemar_worse(gained, lost) == pytest.approx(
            stats.binomtest(gained, gained + lost, alternative="less").pvalue
        )
    assert binomial.mcnemar(gained, lost) == pytest.approx(
        statsmodels_mcnemar([[0, gained], [lost, 0]], exact=True).pvalue
    )


def constrained_score(gained: int, lost: int, n: int, delta: float) -> float:
    """Tango's statistic from its definition: variance at the likelihood's maximum under the hypothesis, by search."""

    def minus_likelihood(q: float) -> float:
        rest = 1 - 2 * q - delta
        return -float(xlogy(gained, q + delta) + xlogy(lost, q) + xlogy(n - gained - lost, rest))

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = float(
        optimize.minimize_scalar(minus_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    )
    return (gained - lost - n * delta) / math.sqrt(n * (2 * q + delta - delta**2))


@pytest.mark.parametrize(
    ("gained", "lost", "n", "delta"),
    [(8, 3, 50, 0.05), (3, 8, 50, -0.2), (0, 5, 60, -0.02), (5, 0, 60, 0.3), (40, 44, 1000, -0.02), (1, 1, 10, 0.5)],
)
def test_tangos_closed_form_is_the_constrained_likelihood(gained: int, lost: int, n: int, delta: float) -> None:
    expected = constrained_score(gained, lost, n, delta)
    assert binomial.tango_score(gained, lost, n, delta) == pytest.approx(expected, rel=1e-5)


@given(paired(), st.sampled_from([0.8, 0.95, 0.99]))
def test_tangos_bounds_invert_the_score(pair: tuple[int, int, int], level: float) -> None:
    low, high = binomial.tango(*pair, level)
    z = stats.norm.ppf(0.5 + level / 2)
    assert -1 <= low <= (pair[0] - pair[1]) / pair[2] <= high <= 1
    if low > -1:
        assert binomial.tango_score(*pair, low) == pytest.approx(z, rel=1e-5)
    if high < 1:
        assert binomial.tango_score(*pair, high) == pytest.approx(-z, rel=1e-5)


@given(paired())
def test_swapping_base_and_head_mirrors_the_interval(pair: tuple[int, int, int]) -> None:
    gained, lost, n = pair
    low, high = binomial.tango(gained, lost, n)
    assert binomial.tango(lost, gained, n) == pytest.approx((-high, -low))
    assert binomial.agresti_min(gained, lost, n).delta == -binomial.agresti_min(lost, gained, n).delta


def test_without_discordant_rows_the_bound_has_a_closed_form() -> None:
    z2 = stats.norm.ppf(0.95) ** 2
    assert binomial.tango_lower(0, 0, 50, 0.05) == pytest.approx(-z2 / (50 + z2))


def test_tango_keeps_its_level_where_wald_does_not() -> None:
    """Exact coverage of the 95 % interval by enumeration: n = 50, 5 % of rows change, 3 points are lost."""
    n, gain, loss = 50, 0.01, 0.04

    def coverage(half: dict[tuple[int, int], tuple[float, float]]) -> float:
        law = stats.multinomial(n, [gain, loss, 1 - gain - loss])
        return float(sum(law.pmf([b, c, n - b - c]) for (b, c), (low, high) in half.items() if low <= -0.03 <= high))

    outcomes = [(b, c) for b, c in itertools.product(range(16), repeat=2)]

    def wald(b: int, c: int) -> tuple[float, float]:
        delta = (b - c) / n
        half = 1.96 * math.sqrt(((b + c) / n - delta**2) / n)
        return delta - half, delta + half

    tango = {pair: binomial.tango(*pair, n) for pair in outcomes}
    agresti_min = {pair: binomial.agresti_min(*pair, n).interval() for pair in outcomes}
    assert coverage(tango) > 0.95
    assert coverage(agresti_min) > 0.95
    assert coverage({pair: wald(*pair) for pair in outcomes}) < 0.87


@given(counts(), counts())
def test_independent_groups_against_statsmodels(base: tuple[int, int], head: tuple[int, int]) -> None:
    expected = confint_proportions_2indep(*head, *base, method="newcomb", compare="diff")
    assert list(binomial.newcombe(*base, *head)) == pytest.approx(list(expected), abs=1e-9)
    expected = confint_proportions_2indep(*head, *base, method="agresti-caffo", compare="diff")
    assert list(binomial.agresti_caffo(*base, *head).interval()) == pytest.approx(list(expected), abs=1e-9)


def test_published_example_of_newcombe() -> None:
    """Newcombe (1998), table II: 56/70 against 48/80, method 10."""
    assert binomial.newcombe(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: binomial.wilson(1, 0),
        lambda: binomial.wilson(3, 2),
        lambda: binomial.clopper_pearson(-1, 2),
        lambda: binomial.clopper_pearson_upper(0, 10, 0.0),
        lambda: binomial.mcnemar(-1, 2),
        lambda: binomial.tango(3, 3, 5),
        lambda: binomial.tango(0, 0, 0),
        lambda: binomial.tango_score(0, 0, 5, 1.0),
        lambda: binomial.newcombe(1, 0, 1, 2),
        lambda: binomial.agresti_caffo(1, 2, 1, 0),
    ],
)
def test_impossible_counts_are_refused(call: object) -> None:
    with pytest.raises(StatError):
        call()  # type: ignore[operator]
