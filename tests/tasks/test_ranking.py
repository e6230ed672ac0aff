"""The seam: a task of several items a unit goes through Table, influence and Comparison as they are."""

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Hashes, Numbers, names_of
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.truth import Truth
from gatebot.stats.contrast import Estimand, spread
from gatebot.tasks.registry import Declaration, declared
from gatebot.tasks.table import Table
from gatebot.tasks.task import Task
from tests.tasks.ranking import Ranking
from tests.tasks.tables import moved_by_each_unit

TASK: Task = Ranking()
QUERIES, DOCUMENTS = 60, 5
RNG = np.random.default_rng(1)
IDS: Hashes = RNG.permutation(QUERIES).astype(np.uint64)
RELEVANCE = RNG.integers(0, 4, (QUERIES, DOCUMENTS)).astype(np.float64)
LANGUAGES = ["de" if query % 3 else "fr" for query in range(QUERIES)]
EFFORT = Effort(smoke_seeds=2)

Matrix = NDArray[np.float64]


def _truth(relevance: Matrix) -> Truth:
    return Truth(np.repeat(IDS, DOCUMENTS), Numbers(relevance.ravel()))


def _predictions(scores: Matrix, order: NDArray[np.intp]) -> Predictions:
    """Queries in any order: only ids tell which is which."""
    scored = Numbers(scores[order].ravel())
    return Predictions(Effects(Ending.OK), np.repeat(IDS[order], DOCUMENTS), {"prediction": scored})


def _about() -> SnapshotProvenance:
    return SnapshotProvenance(
        gatebot="0",
        project="search",
        task="ranking",
        commit=None,
        tested=None,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        rules_digest="",
        recipe_digest="",
        eval_digest="",
        data_version="",
        environment_digest="",
        runner="",
        isolation="full",
    )


def _snapshot(side: Side, noise: float, relevance: Matrix) -> Snapshot:
    rows = RowTable(IDS, IDS, None, np.zeros(QUERIES, dtype=np.uint64), {"language": names_of(LANGUAGES)})
    evidence: dict[Need, Evidence] = {Profile(side): DataProfile(QUERIES, QUERIES, (), (), rows)}
    for fit in EFFORT.fits(side):
        rng = np.random.default_rng([fit.seed, side is Side.HEAD])
        scores = RELEVANCE + rng.normal(0, noise, RELEVANCE.shape)
        evidence[Predict(fit)] = _predictions(scores, rng.permutation(QUERIES))
    return Snapshot(_about(), evidence, truth=_truth(relevance))


RELABELLED = RELEVANCE.copy()
RELABELLED[7, 3] += 1
COMPARISON = Comparison(
    task=TASK,
    head=_snapshot(Side.HEAD, 2.0, RELABELLED),
    base=_snapshot(Side.BASE, 0.5, RELEVANCE),
    declared=declared(TASK, [Declaration("ndcg", slice="language"), Declaration("mrr")], None),
    effort=EFFORT,
    slices=("language",),
)


def _table(scores: Matrix, relevance: Matrix = RELEVANCE) -> Table:
    return TASK.table(_truth(relevance), _predictions(scores, np.arange(QUERIES)), IDS)


def test_ndcg_equals_scikit_learn() -> None:
    scores = RELEVANCE + RNG.normal(0, 1, RELEVANCE.shape)
    expected = np.mean([ndcg_score(RELEVANCE[[row]], scores[[row]]) for row in range(QUERIES)])
    assert TASK.metric("ndcg", None, {}).value(_table(scores)) == pytest.approx(expected)


def test_reciprocal_rank() -> None:
    table = TASK.table(
        Truth(np.array([5, 5, 9, 9, 9], dtype=np.uint64), Numbers(np.array([0.0, 1, 0, 0, 1]))),
        Predictions(
            Effects(Ending.OK),
            np.array([9, 9, 5, 9, 5], dtype=np.uint64),
            {"prediction": Numbers(np.array([3.0, 2, 0, 1, 7]))},
        ),
        np.array([9, 5], dtype=np.uint64),
    )
    assert TASK.metric("mrr", None, {}).value(table) == pytest.approx((1 / 3 + 1) / 2)


@pytest.mark.parametrize("name", ["ndcg", "mrr"])
def test_influence_is_by_query(name: str) -> None:
    table, metric = _table(RELEVANCE + RNG.normal(0, 2, RELEVANCE.shape)), TASK.metric(name, None, {})
    influence = metric.influence(table)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, table), atol=1e-6)


def test_a_comparison_aligns_queries() -> None:
    first, second = COMPARISON.runs()
    assert len(COMPARISON.units) == len(first.head) == QUERIES
    assert first.base is not None
    (ndcg, mrr) = COMPARISON.declared
    assert ndcg.metric is not None
    assert mrr.metric is not None
    assert ndcg.metric.value(first.base) > ndcg.metric.value(first.head) + 0.05
    assert mrr.metric.value(first.base) > mrr.metric.value(second.head)
    assert not first.identical


def test_a_slice_holds_the_items_of_its_queries() -> None:
    (run, _), metric = COMPARISON.runs(), TASK.metric("ndcg", None, {})
    by_language = {name: run.head.where(units) for name, units in COMPARISON.slice_units("language").items()}
    assert {name: len(part) for name, part in by_language.items()} == {"de": 40, "fr": 20}
    assert all(len(part.payload["prediction"]) == DOCUMENTS * len(part) for part in by_language.values())
    whole = sum(metric.value(part) * len(part) for part in by_language.values()) / QUERIES
    assert metric.value(run.head) == pytest.approx(whole)


def test_contrasts_come_from_influence_by_query() -> None:
    metric, runs = TASK.metric("ndcg", None, {}), COMPARISON.runs()
    base, head = [run.base for run in runs if run.base is not None], [run.head for run in runs]
    found = spread(
        [metric.value(table) for table in base],
        [metric.value(table) for table in head],
        [metric.influence(table) for table in base],  # type: ignore[arg-type]
        [metric.influence(table) for table in head],  # type: ignore[arg-type]
        estimand=Estimand.ARTIFACT,
    )
    assert found.n == QUERIES
    assert found.contrast.upper(0.0025) < 0


def test_a_relabelled_document_relabels_its_query() -> None:
    assert COMPARISON.eval_changes.relabelled.tolist() == [IDS[7]]
