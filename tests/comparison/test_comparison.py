from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.column import Hashes, Names
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.effort import Effort
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.profile import DataProfile, Profile, RowTable
from gatebot.evidence.snapshot import Snapshot, SnapshotProvenance
from gatebot.evidence.training import Fit
from gatebot.evidence.truth import Truth
from gatebot.tasks.registry import task_named
from tests.tasks.tables import column, few_examples

ABOUT = SnapshotProvenance(
    gatebot="0",
    project="tickets",
    task="classification",
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


def _ids(values: list[int]) -> Hashes:
    return np.array(values, dtype=np.uint64)


def _snapshot(side: Side, ids: list[int], labels: list[object]) -> Snapshot:
    distinct = np.unique(_ids(ids))
    rows = RowTable(distinct, distinct, None, np.zeros(len(distinct), dtype=np.uint64), {})
    profile = DataProfile(len(ids), len(ids), (), (), rows)
    return Snapshot(ABOUT, {Profile(side): profile}, truth=Truth(_ids(ids), column(labels)))


@pytest.mark.parametrize(
    ("base", "base_labels", "head", "head_labels", "relabelled"),
    [
        ([1, 2, 3], ["a", "b", "a"], [3, 2, 1], ["a", "b", "a"], []),
        ([1, 2, 3], ["a", "b", "a"], [3, 2, 1], ["b", "b", "a"], [3]),
        ([1, 2], ["a", "b"], [2, 3], ["b", "z"], []),
        ([1, 2], ["a", "b"], [1, 2], ["z", "b"], [1]),
        ([1, 2], ["a", None], [1, 2], ["a", "z"], [2]),
        ([1, 2], ["a", "b"], [1, 2], ["a", None], [2]),
        ([1, 2, 3], [1, np.nan, 3], [1, 2, 3], [1, np.nan, 4], [3]),
        ([1, 2], ["a", "b"], [1, 2], [1, 2], [1, 2]),
        ([1, 1, 2, 2], ["a", "b", "a", "b"], [2, 1, 2, 1], ["a", "a", "b", "b"], []),
        ([1, 1, 2, 2], ["a", "b", "a", "b"], [2, 1, 2, 1], ["a", "a", "a", "b"], [2]),
        ([1, 1, 2], ["a", "b", "a"], [1, 2], ["a", "b"], [1, 2]),
    ],
)
def test_relabelled_rows(
    base: list[int], base_labels: list[object], head: list[int], head_labels: list[object], relabelled: list[int]
) -> None:
    compared = Comparison(
        task=task_named("classification"),
        head=_snapshot(Side.HEAD, head, head_labels),
        base=_snapshot(Side.BASE, base, base_labels),
    )
    assert compared.eval_changes.relabelled.tolist() == relabelled


def test_a_table_is_aligned_once() -> None:
    fits = Effort(smoke_seeds=2).fits(Side.BASE)
    labels = column(["a", "b"])
    predicted: dict[Need, Evidence] = {
        Predict(fit): Predictions(Effects(Ending.OK), _ids([2, 1]), {"prediction": labels}) for fit in fits
    }
    base = _snapshot(Side.BASE, [1, 2], ["a", "b"]).with_evidence(predicted, {})
    head = _snapshot(Side.HEAD, [1, 2], ["a", "b"]).with_evidence(predicted, {})
    compared = Comparison(task=task_named("classification"), head=head, base=base, effort=Effort(smoke_seeds=2))
    assert [run.seed for run in compared.runs()] == [0, 1]
    assert all(run.base is table for run, table in zip(compared.runs(), compared.base_runs(), strict=True))
    assert compared.base_runs()[0] is compared.base_runs()[0]


@few_examples
@given(st.lists(st.integers(-1, 4), min_size=1, max_size=40), st.sampled_from([5, 127, 128, 200]))
def test_units_of_a_slice_are_those_with_its_value(codes: list[int], values: int) -> None:
    names, ids = tuple(f"v{each}" for each in range(values)), _ids([*range(len(codes))])
    column_ = Names(np.array([values - 1 if code == 4 else code for code in codes], dtype=np.int32), names)
    rows = RowTable(ids, ids, None, np.zeros(len(ids), dtype=np.uint64), {"shop": column_})
    profile = DataProfile(len(ids), 0, (), (), rows)
    head = Snapshot(ABOUT, {Profile(Side.HEAD): profile}, truth=Truth(ids, column(["a"] * len(ids))))
    found = Comparison(task_named("classification"), head, None).slice_units("shop")
    expected = {name: np.flatnonzero(column_.codes == code).tolist() for code, name in enumerate(names)}
    assert {name: part.tolist() for name, part in found.items()} == {n: p for n, p in expected.items() if p}


def test_runs_are_aligned_and_compared_once() -> None:
    ids = [1, 2, 3]
    answers = Predictions(Effects(Ending.OK), _ids(ids), {"prediction": column(["a", "b", "a"])})
    sides = {
        side: Snapshot(
            ABOUT,
            {**_snapshot(side, ids, ["a", "b", "b"]).evidence, Predict(Fit(side)): answers},
            truth=Truth(_ids(ids), column(["a", "b", "b"])),
        )
        for side in Side
    }
    effort = Effort(smoke_seeds=1, confirm_seeds=0, trains=False)
    comparison = Comparison(task_named("classification"), sides[Side.HEAD], sides[Side.BASE], effort=effort)
    (run,) = comparison.runs()
    assert run.identical
    assert comparison.runs()[0] is run
