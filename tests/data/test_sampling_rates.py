"""What drawing rare classes and small slices first does to estimates, simulated: nothing but narrower intervals."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.data.sampling import sampled
from gatebot.evidence.column import Column, Floats, Names, Numbers
from gatebot.stats.noise import row_variance
from gatebot.tasks.classification import Classification
from gatebot.tasks.table import Table
from tests.stats.test_error_rates import slack

POOL, DRAWN, RARE, SLICE = 12_000, 3000, 0.006, 0.02
TIMES = 600
TRUTH_ROWS = 3_000_000
METRICS = {"accuracy": None, "recall": "yes", "precision": "yes", "f1": "yes", "roc_auc": "yes", "log_loss": None}


@dataclass(frozen=True)
class Drawn:
    """Rows with a rare class, a small slice, and the probabilities of two models; head is worse in both."""

    yes: NDArray[np.bool_]
    fax: NDArray[np.bool_]
    base: Floats
    head: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, rows: int) -> "Drawn":
        yes, fax = rng.random(rows) < RARE, rng.random(rows) < SLICE
        signal = np.where(yes, 2.0, 0.0) + rng.normal(0, 1.0, rows)
        both = rng.normal(0, 0.3, rows)
        base = signal + both
        head = signal + both + rng.normal(0, 0.3, rows) - np.where(yes, 0.3, 0.0) - np.where(fax, 0.3, 0.0)
        return cls(yes, fax, *(1 / (1 + np.exp(3.5 - 1.5 * each)) for each in (base, head)))

    def table(self, of: Floats, rows: NDArray[np.intp], weights: Floats | None) -> Table:
        names, p = ("no", "yes"), of[rows]
        truth = Names(self.yes[rows].astype(np.int32), names)
        payload: dict[str, Column] = {
            "prediction": Names((p > 0.3).astype(np.int32), names),
            "score_no": Numbers(1 - p),
            "score_yes": Numbers(p),
        }
        return Table(np.arange(len(rows), dtype=np.uint64), {"target": truth}, payload, weights)

    def change(self, name: str, rows: NDArray[np.intp], weights: Floats | None) -> tuple[float, float]:
        """Head minus base, and its standard error."""
        metric = Classification().metric(name, METRICS[name], {})
        head, base = (self.table(each, rows, weights) for each in (self.head, self.base))
        of_head, of_base = metric.influence(head), metric.influence(base)
        if of_head is None or of_base is None:
            return float("nan"), float("nan")
        variance, _ = row_variance(of_head - of_base)
        return metric.value(head) - metric.value(base), variance**0.5


def estimates(name: str, *, by_design: bool) -> tuple[Floats, Floats]:
    """What so many draws of the rows come to."""
    rng = np.random.default_rng(20261130)
    found = []
    for _ in range(TIMES):
        rows = Drawn.of(rng, POOL)
        priority = rng.permutation(POOL).astype(np.uint64)
        attributes = [rows.yes.astype(np.int64), rows.fax.astype(np.int64)] if by_design else []
        chosen, weights = sampled(attributes, priority, DRAWN)
        found.append(rows.change(name, np.flatnonzero(chosen), weights))
    kept = np.array([each for each in found if np.isfinite(each).all()])
    return kept[:, 0], kept[:, 1]


@pytest.fixture(scope="module")
def truth() -> dict[str, float]:
    rows = Drawn.of(np.random.default_rng(5), TRUTH_ROWS)
    return {name: rows.change(name, np.arange(TRUTH_ROWS), None)[0] for name in METRICS}


@pytest.mark.simulation
@pytest.mark.parametrize("name", METRICS)
def test_weighted_estimates_are_unbiased_and_their_intervals_wide_enough(name: str, truth: dict[str, float]) -> None:
    values, errors = estimates(name, by_design=True)
    assert abs(values.mean() - truth[name]) <= 4 * values.std() * (1 / len(values) + DRAWN / TRUTH_ROWS) ** 0.5
    covered = np.abs(values - truth[name]) <= 1.96 * errors
    assert covered.mean() >= 0.95 - slack(0.95, len(values)) - 0.01


@pytest.mark.simulation
@pytest.mark.parametrize(("name", "narrower"), [("recall", 0.6), ("roc_auc", 0.65), ("f1", 0.9), ("accuracy", 1.1)])
def test_what_the_rare_class_decides_is_told_from_fewer_rows(name: str, narrower: float) -> None:
    """`narrower`: the largest ratio of the spread to that of as many rows drawn with equal chances."""
    drawn, plain = (estimates(name, by_design=by_design)[0].std() for by_design in (True, False))
    assert drawn <= narrower * plain


@pytest.mark.simulation
def test_without_its_weights_the_sample_would_mislead(truth: dict[str, float]) -> None:
    rng = np.random.default_rng(7)
    rows = Drawn.of(rng, POOL)
    attributes = [rows.yes.astype(np.int64), rows.fax.astype(np.int64)]
    chosen, weights = sampled(attributes, rng.permutation(POOL).astype(np.uint64), DRAWN)
    index = np.flatnonzero(chosen)
    weighted, _ = rows.change("precision", index, weights)
    plain, _ = rows.change("precision", index, None)
    assert abs(weighted - truth["precision"]) < abs(plain - truth["precision"])
