"""What is known of seed noise, from this baseline and from those before it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.contrast import Contrast, pair
from gatebot.stats.noise import PAIRING, Ledger, Pairing, correlation

OWN = Ledger(variance=1.0, df=4, holds_base=True)


@pytest.mark.parametrize(
    ("earlier", "variance", "df"),
    [
        (Ledger(1.0, 16), 1.0, 20),
        (Ledger(2.0, 12), 1.75, 16),
        (Ledger(100.0, 20), 1.0, 4),
        (Ledger(0.001, 20), 1.0, 4),
        (Ledger(0.0, 20), 1.0, 4),
    ],
    ids=["alike", "pooled", "noisier once", "calmer once", "none once"],
)
def test_earlier_baselines_count_unless_they_contradict_this_one(earlier: Ledger, variance: float, df: float) -> None:
    joined = OWN.joined(earlier)
    assert joined.variance == pytest.approx(variance)
    assert (joined.df, joined.holds_base) == (df, True)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 60), st.integers(1, 60))
def test_joining_never_leaves_the_range_of_both(one: float, other: float, df: int, more: int) -> None:
    joined = Ledger(one, df).joined(Ledger(other, more))
    assert min(one, other) * (1 - 1e-9) <= joined.variance <= max(one, other) * (1 + 1e-9)
    assert df <= joined.df <= df + more


@pytest.mark.parametrize(
    ("pairing", "paired"),
    [
        (Pairing(0.9, 1.0, 40), True),
        (Pairing(0.9, 1.0, 4), False),
        (Pairing(0.99, 1.0, 4), True),
        (Pairing(1.0, 1.0, 1), False),
        (Pairing(0.4, 1.0, 12), False),
        (Pairing(-0.9, 1.0, 40), False),
        (Pairing(0.0, 0.0, 40), False),
        (Pairing(2.0, 1.0, 40), True),
    ],
    ids=[
        "alike",
        "too few to tell",
        "few, and so alike that it is sure",
        "one pair",
        "perhaps",
        "opposite",
        "no noise at all",
        "rounding",
    ],
)
def test_seeds_are_paired_only_where_that_is_sure(pairing: Pairing, paired: bool) -> None:
    assert 0 <= pairing.correlation < 1
    assert (pairing.correlation > PAIRING) is paired


def _gate(rng: np.random.Generator, seeds: int, earlier: int, alike: float, loss: float) -> Contrast:
    """A pull request that truly loses so much, after so many baselines before this one; only seeds make noise."""
    sd, rows = 0.01, 4000
    history = [rng.normal(0, sd, 5) for _ in range(earlier)]
    main = rng.normal(0, sd, 5)
    ledger = Ledger.of(main, holds_base=True)
    if history:
        before = Ledger(float(np.mean([runs.var(ddof=1) for runs in history])), 4.0 * earlier)
        cross, square, df = 0.0, 0.0, 0.0
        for _ in range(earlier):
            one = rng.normal(0, 1, 5)
            other = alike * one + np.sqrt(1 - alike**2) * rng.normal(0, 1, 5)
            one, other = one - one.mean(), other - other.mean()
            cross, square, df = cross + one @ other, square + (one @ one + other @ other) / 2, df + 4
        ledger = ledger.joined(Ledger(before.variance, before.df, Pairing(cross, square, df)))
    base = main[:seeds]
    head = alike * base + np.sqrt(1 - alike**2) * rng.normal(0, sd, seeds) - loss
    d = rng.normal(0, 0.02, rows)
    flat = np.zeros((seeds, rows))
    return pair(base, head + d.mean(), flat, np.broadcast_to(d - d.mean(), (seeds, rows)), ledger=ledger)


def _check(times: int, seeds: int, earlier: int, alike: float) -> None:
    margin, rng = 0.02, np.random.default_rng(20261121)
    false = np.mean([_gate(rng, seeds, earlier, alike, margin).lower(0.025) > -margin for _ in range(times)])
    assert false <= 0.025 + 4 * np.sqrt(0.025 / times)


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_a_longer_ledger_keeps_the_level(seeds: int) -> None:
    _check(400, seeds, 8, 0.0)


@pytest.mark.simulation
@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("earlier", [0, 3, 10])
@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_a_longer_ledger_keeps_the_level_in_full(seeds: int, earlier: int, alike: float) -> None:
    _check(6000, seeds, earlier, alike)


def _held(seeds: int, earlier: int, alike: float) -> float:
    rng = np.random.default_rng(7)
    return float(np.mean([_gate(rng, seeds, earlier, alike, 0.0).lower(0.025) > -0.01 for _ in range(300)]))


def test_a_longer_ledger_holds_more_and_pairing_more_still() -> None:
    alone, longer, paired = _held(2, 0, 0.9), _held(2, 20, 0.0), _held(2, 20, 0.95)
    assert alone < longer < paired


def test_jitter_that_both_sides_share_cancels_without_history() -> None:
    assert _held(5, 0, 0.0) < 0.4
    assert _held(5, 0, 0.98) > 0.9


def test_pairs_of_this_pull_request_correct_what_history_says() -> None:
    """Models of one seed resembled each other until now; the new learner's do not."""
    rng = np.random.default_rng(1)
    history = Pairing(0.9 * 12, 12.0, 12)
    base, other = rng.normal(size=(2, 5))
    assert correlation(base, base + 0.01 * other, Ledger(1.0, 4, history)) > 0.5
    assert correlation(5 * base, 5 * np.roll(base, 2), Ledger(1.0, 4, history)) == 0
