"""Equal evidence is known as equal, and precision is lost only where nobody can see it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.needs import Fit, Side
from gatebot.snapshot.column import Column, Hashes, Names, Numbers
from gatebot.snapshot.digest import digest, eval_digest, predictions_equal, rounded, truth_digest
from gatebot.snapshot.evidence import Effects, Ending, Predictions, RowTable, Training, Truth
from gatebot.snapshot.snapshot import Snapshot
from tests.snapshot.evidence import ABOUT, predictions, row_tables, same, truths

IDS = np.array([3, 1, 2], dtype=np.uint64)
LABELS = Names(np.array([0, 1, -1], dtype=np.int32), ("no", "yes"))
TABLE = RowTable(IDS, IDS * 7, IDS // 2, IDS % 2, {"channel": LABELS})
TRUTH = Truth(IDS, LABELS, Numbers(np.array([1.0, 2.0, 3.0])))


def _delivered(**columns: Column) -> Predictions:
    return Predictions(Effects(Ending.OK), IDS, columns)


def _taken(table: RowTable, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> RowTable:
    groups: Hashes | None = None if table.groups is None else table.groups[order]
    slices = {name: column.take(order) for name, column in table.slices.items()}
    return RowTable(table.ids[order], table.contents[order], groups, table.folds[order], slices)


@given(row_tables(5), truths(5), st.permutations(range(5)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_eval_rows_does_not_matter(table: RowTable, truth: Truth, order: list[int]) -> None:
    index = np.array(order)
    weight = None if truth.weight is None else Numbers(truth.weight.values[index])
    moved = Truth(truth.ids[index], truth.target.take(index), weight)
    assert eval_digest(table, truth) == eval_digest(_taken(table, index), moved)


@pytest.mark.parametrize(
    ("table", "truth"),
    [
        (replace(TABLE, ids=IDS + 1), TRUTH),
        (replace(TABLE, contents=IDS), TRUTH),
        (replace(TABLE, groups=None), TRUTH),
        (replace(TABLE, folds=IDS), TRUTH),
        (TABLE, None),
        (TABLE, replace(TRUTH, target=Names(LABELS.codes, ("no", "maybe")))),
        (TABLE, replace(TRUTH, weight=None)),
    ],
)
def test_what_changes_the_eval_rows_changes_their_digest(table: RowTable, truth: Truth | None) -> None:
    assert eval_digest(table, truth) != eval_digest(TABLE, TRUTH)


def test_labels_count_by_name_and_not_by_code() -> None:
    other = Names(np.array([1, 0, -1], dtype=np.int32), ("yes", "no"))
    assert eval_digest(TABLE, replace(TRUTH, target=other)) == eval_digest(TABLE, TRUTH)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    training = Training(Effects(Ending.OK), 1, "rows")
    keys = [Fit(Side.HEAD, seed=seed).key for seed in range(3)]
    one = Snapshot(ABOUT, dict.fromkeys(keys, training))
    other = Snapshot(ABOUT, dict.fromkeys(reversed(keys), training))
    assert digest(one) == digest(other)


def test_a_digest_says_nothing_of_labels_and_theirs_does() -> None:
    assert digest(Snapshot(ABOUT, truth=TRUTH)) == digest(Snapshot(ABOUT))
    assert truth_digest(TRUTH) != truth_digest(replace(TRUTH, weight=None))


@given(predictions(4))
@settings(max_examples=30, deadline=None)
def test_predictions_equal_themselves(delivered: Predictions) -> None:
    assert predictions_equal(delivered, replace(delivered, effects=Effects(Ending.CRASHED)))


def test_order_and_codes_do_not_make_predictions_differ() -> None:
    order = np.array([2, 0, 1])
    extra = IDS.astype(np.float64)
    columns: dict[str, Column] = {
        "prediction": Names(np.array([-1, 1, 0], dtype=np.int32), ("yes", "no")),
        "extra": Numbers(extra[order]),
    }
    moved = Predictions(Effects(Ending.OK), IDS[order], columns)
    assert predictions_equal(_delivered(prediction=LABELS, extra=Numbers(extra)), moved)


@pytest.mark.parametrize(
    "other",
    [
        _delivered(),
        _delivered(prediction=Numbers(np.zeros(3))),
        _delivered(prediction=Names(np.array([0, 0, -1], dtype=np.int32), ("no", "yes"))),
        _delivered(prediction=LABELS, score_no=Numbers(np.zeros(3))),
        replace(_delivered(prediction=LABELS), ids=IDS + 1),
        replace(_delivered(prediction=LABELS), problem="3 columns, expected 1"),
        Predictions(Effects(Ending.OK), IDS[:0], {"prediction": LABELS.take(np.array([], dtype=np.intp))}),
    ],
)
def test_different_predictions_differ(other: Predictions) -> None:
    assert not predictions_equal(_delivered(prediction=LABELS), other)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_rounding_a_probability_keeps_its_logarithm(values: list[float]) -> None:
    known = np.array(values)
    column = rounded(_delivered(score_yes=Numbers(known))).columns["score_yes"]
    assert isinstance(column, Numbers)
    assert ((column.values >= 0) & (column.values <= 1)).all()
    assert ((column.values > 0) == (known > 0)).all()
    seen = known >= np.finfo(np.float32).tiny
    np.testing.assert_allclose(np.log(column.values[seen]), np.log(known[seen]), rtol=0, atol=6e-8)


@pytest.mark.parametrize(
    "columns",
    [
        {"prediction": Numbers(np.array([0.1, 1 / 3, 1e300]))},
        {"score_yes": Numbers(np.array([0.1, 1.0000001, 0.5]))},
        {"score_yes": Numbers(np.array([0.1, -1e-9, 0.5]))},
        {"score_yes": Numbers(np.array([0.1, np.inf, np.nan]))},
        {"score_yes": LABELS},
    ],
)
def test_what_is_no_probability_is_not_rounded(columns: dict[str, Column]) -> None:
    assert same(rounded(_delivered(**columns)), _delivered(**columns))


def test_rounding_twice_is_rounding_once() -> None:
    once = rounded(_delivered(score_yes=Numbers(np.array([1 / 3, 1e-50, np.nan]))))
    assert same(rounded(once), once)
