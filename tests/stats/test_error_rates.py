"""How often the whole rule errs, simulated: the promises that the documentation makes."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.stats.contrast import Contrast, Ledger, pair
from gatebot.stats.decision import Outcome, Question, decide

MARGIN = 0.02
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Accuracy of .85 on one eval set; the two recipes differ on 10 % of rows, and seeds add noise."""

    delta: float
    seed_sd: float
    rows: int = 2000
    changed: float = 0.1
    fading: float = 0.0  # what the loss at smoke exceeds the loss at confirm by

    def difference(self, rng: np.random.Generator, rows: int, delta: float) -> Floats:
        """Per-row change of the head recipe: -1, 0 or 1 with the given mean."""
        lost = (self.changed - delta) / 2
        return rng.choice([-1.0, 0.0, 1.0], rows, p=[lost, 1 - self.changed, self.changed - lost])

    def tier(self, rng: np.random.Generator, rows: int, seeds: int, extra: float, ledger: Ledger | None) -> Contrast:
        base = np.where(rng.random(rows) < 0.85, 1.0, 0.0)
        head = base + self.difference(rng, rows, self.delta - extra)
        b = base.mean() + rng.normal(0, self.seed_sd, seeds)
        h = head.mean() + rng.normal(0, self.seed_sd, seeds)
        rows_b = np.broadcast_to(base - base.mean(), (seeds, rows))
        rows_h = np.broadcast_to(head - head.mean(), (seeds, rows))
        return pair(b, h, rows_b, rows_h, ledger=ledger, step=1.0)

    def gate(self, rng: np.random.Generator) -> Outcome:
        """One pull request with one declared measure: smoke with a ledger of five runs, confirm when it is wanted."""
        ledger = Ledger.of(rng.normal(0.85, self.seed_sd, 5)) if self.seed_sd else None
        smoke = self.tier(rng, self.rows, 2, self.fading, ledger)
        answer = decide([Question(smoke, None, MARGIN)])[0]
        if answer.wants_confirm:
            confirm = self.tier(rng, self.rows, 5, 0.0, ledger)
            answer = decide([Question(smoke, confirm, MARGIN)])[0]
        return answer.outcome

    def rates(self, times: int, seed: int = 20261120) -> dict[Outcome, float]:
        rng = np.random.default_rng(seed)
        outcomes = [self.gate(rng) for _ in range(times)]
        return {outcome: outcomes.count(outcome) / times for outcome in Outcome}


def slack(rate: float, times: int) -> float:
    """Four standard errors of a simulated rate, so that a fixed seed is not a lucky one."""
    return 4 * float(np.sqrt(rate * (1 - rate) / times))


@pytest.mark.parametrize(("seed_sd", "fading"), [(0.005, 0.0), (0.01, 0.0), (0.01, 0.05)])
def test_harmless_changes_are_not_blocked(seed_sd: float, fading: float) -> None:
    times = 1000
    assert World(0.0, seed_sd, fading=fading).rates(times)[Outcome.WORSE] <= 0.0025 + slack(0.0025, times)


@pytest.mark.parametrize("seed_sd", [0.005, 0.01])
def test_a_loss_of_the_margin_is_not_called_held(seed_sd: float) -> None:
    times = 1000
    assert World(-MARGIN, seed_sd).rates(times)[Outcome.HELD] <= 0.05 + slack(0.05, times)


@pytest.mark.parametrize(("seed_sd", "caught"), [(0.005, 0.97), (0.01, 0.90)])
def test_five_points_are_caught(seed_sd: float, caught: float) -> None:
    times = 300
    rates = World(-0.05, seed_sd, rows=1000).rates(times)
    assert rates[Outcome.WORSE] >= caught - slack(caught, times)
    assert rates[Outcome.HELD] == 0


@pytest.mark.simulation
@pytest.mark.parametrize("seed_sd", [0.003, 0.005, 0.01])
@pytest.mark.parametrize("rows", [500, 1000, 2000])
@pytest.mark.parametrize("changed", [0.05, 0.1, 0.2])
def test_error_rates_in_full(seed_sd: float, rows: int, changed: float) -> None:
    times = 5_000
    harmless = World(0.0, seed_sd, rows, changed).rates(times)
    assert harmless[Outcome.WORSE] <= 0.0025 + slack(0.0025, times)
    fading = World(0.0, seed_sd, rows, max(changed, 0.06), fading=0.05).rates(times)
    assert fading[Outcome.WORSE] <= 0.0025 + slack(0.0025, times)
    margin = World(-MARGIN, seed_sd, rows, changed).rates(times)
    assert margin[Outcome.HELD] <= 0.055 + slack(0.05, times)


@pytest.mark.simulation
def test_a_family_of_dependent_slices_blocks_no_more_than_one_measure() -> None:
    """Forty overlapping slices and two declared measures, nothing worse anywhere, everything suspect at smoke."""
    rng = np.random.default_rng(7)
    times, suspect, blocked = 20_000, Contrast(-0.05, 0.01), 0
    for _ in range(times):
        shared = rng.normal()
        z = 0.7 * shared + 0.714 * rng.normal(size=42)
        asked = [Question(suspect, Contrast(0.02 * x, 0.02), MARGIN, declared=i < 2) for i, x in enumerate(z)]
        blocked += any(answer.outcome is Outcome.WORSE for answer in decide(asked))
    assert blocked / times <= 0.0025 + slack(0.0025, times)
