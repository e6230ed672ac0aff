"""What a baseline can see: in order with rows and seeds, its own inverse, and true when the rule itself is asked."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.stats.arrays import StatError
from gatebot.stats.contrast import Contrast, Ledger, pair
from gatebot.stats.decision import Outcome, Question, decide
from gatebot.stats.detectable_effect import Demand, Noise, guarded, noise_of, proven, rounded_up, rows_for, seeds_for

DEMAND = Demand(0.025, 0.0025, 0.02)
RATE = Noise(n=1000, drawn=1000, churn=2e-5, moved=4e-5, seeds=3e-5, seeds_df=4, step=1.0)
LOSS = Noise(n=500, drawn=500, churn=1e-4, moved=2e-4, seeds=2e-4, seeds_df=4, allowance=1.2)
NOISES = st.builds(
    Noise,
    st.integers(50, 100_000),
    st.integers(50, 100_000),
    st.floats(1e-8, 1e-3),
    st.floats(1e-8, 1e-3),
    st.floats(0, 1e-3),
    st.integers(2, 20) | st.just(math.inf),
    st.sampled_from([0.0, 1.0, 10.0]),
    st.floats(1, 2),
)


@given(NOISES, st.integers(20, 10_000), st.integers(2, 20))
def test_more_never_shows_less(noise: Noise, rows: int, seeds: int) -> None:
    here = noise.error(rows, seeds).se
    assert noise.error(2 * rows, seeds).se <= here
    assert noise.error(rows, seeds + 1).se <= here
    artifact = replace(noise, seeds_df=math.inf)
    for seen in (guarded, proven):
        assert seen(artifact, DEMAND, 2 * rows, seeds) <= seen(artifact, DEMAND, rows, seeds) * (1 + 1e-5)


@given(NOISES, st.integers(1, 20))
def test_what_is_proven_is_at_least_the_margin(noise: Noise, seeds: int) -> None:
    assert proven(noise, DEMAND, noise.n, seeds) >= DEMAND.margin
    assert proven(noise, replace(DEMAND, worse=0.001), noise.n, seeds) >= proven(noise, DEMAND, noise.n, seeds)


@given(NOISES, st.integers(1, 20))
def test_the_rows_that_are_needed_are_just_enough(noise: Noise, seeds: int) -> None:
    rows = rows_for(noise, DEMAND, seeds)
    if rows is None:
        assert guarded(noise, DEMAND, 1000 * noise.n, seeds) > DEMAND.margin
    else:
        assert guarded(noise, DEMAND, rows, seeds) <= DEMAND.margin
        assert rows <= 3 or guarded(noise, DEMAND, 0.9999 * rows - 2, seeds) > DEMAND.margin


def test_the_seeds_that_are_needed_are_just_enough() -> None:
    noise = replace(RATE, seeds=2e-4)
    seeds = seeds_for(noise, DEMAND, noise.n * 4)
    assert seeds is not None
    assert guarded(noise, DEMAND, noise.n * 4, seeds) <= DEMAND.margin < guarded(noise, DEMAND, noise.n * 4, seeds - 1)
    assert seeds_for(noise, DEMAND, 20) is None


def test_no_number_of_rows_helps_where_seeds_are_the_noise() -> None:
    noise = replace(RATE, seeds=2e-4)
    assert rows_for(noise, DEMAND, 1) is None
    assert rows_for(noise, DEMAND, 20) is not None


def test_an_artifact_has_no_seed_noise() -> None:
    rng = np.random.default_rng(1)
    right = (rng.random((1, 150)) < 0.85).astype(float)
    noise = noise_of(right.mean(axis=1), right - right.mean(), step=1.0, artifact=True)
    assert guarded(noise, DEMAND, 150, 1) == guarded(noise, DEMAND, 150, 10)
    assert 0.07 < guarded(noise, replace(DEMAND, held=0.05), 150, 1) < 0.11  # "150 rows see ≥ 9 points"


def test_one_run_of_a_recipe_says_nothing() -> None:
    with pytest.raises(StatError, match="one seed"):
        noise_of(np.array([0.8]), np.zeros((1, 100)))


def test_a_relative_margin_only_changes_the_unit() -> None:
    rng = np.random.default_rng(2)
    losses = rng.exponential(2.0, (5, 400))
    values, influence = losses.mean(axis=1), losses - losses.mean(axis=1, keepdims=True)
    own, share = noise_of(values, influence), noise_of(values, influence, scale=2.0)
    wide, narrow = replace(DEMAND, margin=0.2), replace(DEMAND, margin=0.1)
    assert guarded(own, wide, 400, 2) == pytest.approx(2 * guarded(share, narrow, 400, 2))
    assert proven(own, wide, 400, 2) == pytest.approx(2 * proven(share, narrow, 400, 2), rel=1e-4)


def test_rows_in_groups_count_as_groups() -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(size=(5, 100)), 10, axis=1)
    influence = values - values.mean(axis=1, keepdims=True)
    groups = np.repeat(np.arange(100, dtype=np.uint64), 10)
    alone, grouped = noise_of(np.zeros(5), influence), noise_of(np.zeros(5), influence, clusters=groups)
    assert grouped.drawn == 100
    assert guarded(grouped, DEMAND, 1000, 2) > 2.5 * guarded(alone, DEMAND, 1000, 2)


class Main:
    """A recipe of accuracy .85 whose changes move as many rows for good as another seed moves by chance."""

    rows, luck, seed_sd = 2000, 0.03, 0.004

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def runs(self, right: np.ndarray, seeds: int, loss: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Values and influence; a share of rows flips with each seed, and a share `loss` is lost for good."""
        flips = self.rng.random((seeds, self.rows)) < self.luck
        lost = self.rng.random(self.rows) < loss / 0.85 / (1 - self.luck)
        outcomes = np.where(flips, self.rng.random((seeds, self.rows)) < 0.85, right & ~lost).astype(float)
        drift = self.rng.normal(0, self.seed_sd, seeds)
        values = outcomes.mean(axis=1)
        return values + drift, outcomes - values[:, None]

    def changed(self, right: np.ndarray) -> np.ndarray:
        """The rows that another recipe, as good, gets right."""
        moved = self.rng.random(self.rows) < 2 * self.luck * (1 - self.luck / 2)
        return np.where(moved, self.rng.random(self.rows) < 0.85, right)

    def contrast(self, seeds: int, loss: float) -> Contrast:
        right = self.rng.random(self.rows) < 0.85
        main, head = self.runs(right, 5), self.runs(self.changed(right), seeds, loss)
        return pair(
            main[0][:seeds],
            head[0],
            main[1][:seeds],
            head[1],
            ledger=Ledger.of(main[0], holds_base=True),
            step=1.0,
        )

    def noise(self, times: int = 40) -> Noise:
        """The typical noise that main's own five runs show."""
        found = [noise_of(*self.runs(self.rng.random(self.rows) < 0.85, 5), step=1.0) for _ in range(times)]

        def mean(part: str) -> float:
            return float(np.mean([getattr(each, part) for each in found]))

        return replace(found[0], churn=mean("churn"), moved=mean("moved"), seeds=mean("seeds"))


@pytest.mark.simulation
@pytest.mark.parametrize("seeds", [2, 5])
def test_the_rule_agrees_with_what_is_said_to_be_seen(seeds: int) -> None:
    """At the margin that is said to be guarded, four of five harmless changes hold; and so for losses."""
    main, times = Main(seeds), 400
    noise = main.noise()
    sees = guarded(noise, DEMAND, main.rows, seeds)
    harmless = [decide([Question(main.contrast(seeds, 0.0), None, sees)])[0] for _ in range(times)]
    assert np.mean([each.outcome is Outcome.HELD for each in harmless]) == pytest.approx(0.8, abs=0.1)
    loss = proven(noise, DEMAND, main.rows, seeds)
    harmful = [decide([Question(None, main.contrast(seeds, loss), DEMAND.margin)])[0] for _ in range(times)]
    assert np.mean([each.outcome is Outcome.WORSE for each in harmful]) == pytest.approx(0.8, abs=0.1)


def test_a_loss_of_a_rate_makes_rows_differ() -> None:
    quiet = replace(RATE, churn=0.0, moved=0.0, seeds=0.0)
    assert quiet.error(1000, 5, 0.1).se > 3 * quiet.error(1000, 5).se
    assert LOSS.error(500, 5, 0.1).se == LOSS.error(500, 5).se


@pytest.mark.parametrize(("amount", "margin"), [(0.011, 0.015), (0.02, 0.02), (0.0201, 0.03), (0.6, 0.7), (0.99, 1.0)])
def test_a_proposed_margin_is_one_that_people_would_choose(amount: float, margin: float) -> None:
    assert rounded_up(amount) == pytest.approx(margin)
