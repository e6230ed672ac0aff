import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.evidence.column import Numbers
from gatebot.tasks.table import Table, among, one_row_per_unit, rows_of
from tests.tasks.tables import delivered, few_examples, truth_of


def _ids(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, dtype=np.uint64)


@few_examples
@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=20), st.randoms())
def test_rows_are_found_wherever_they_stand(values: list[int], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ids = _ids(*shuffled)
    assert ids[rows_of(ids, _ids(*values))].tolist() == values


def test_the_first_of_two_rows_counts() -> None:
    assert rows_of(_ids(7, 3, 7), _ids(7, 3)).tolist() == [0, 1]


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(KeyError, match="2 units have no row"):
        rows_of(_ids(1, 2), _ids(2, 3, 0))
    with pytest.raises(KeyError):
        rows_of(_ids(), _ids(1))


@few_examples
@given(st.lists(st.integers(0, 9), max_size=8), st.none() | st.lists(st.integers(0, 9), max_size=8))
def test_which_units_are_there(units: list[int], ids: list[int] | None) -> None:
    others = units if ids is None else ids
    assert among(_ids(*units), _ids(*others)).tolist() == [unit in others for unit in units]


def test_truth_and_predictions_meet_by_id() -> None:
    truth = truth_of([10, 20, 30], weight=[1, 2, 3])
    predictions = delivered(prediction=[1, 2, 3])
    made = one_row_per_unit(truth, predictions, _ids(2, 0))
    assert len(made) == 2
    assert made.truth["target"].values.tolist() == [30, 10]  # type: ignore[union-attr]
    assert made.weight is not None
    assert made.weight.tolist() == [3, 1]


@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.booleans(), min_size=6, max_size=6), st.booleans())
@few_examples
def test_a_part_keeps_the_items_of_its_units(unit: list[int], kept: list[bool], by_place: bool) -> None:
    owner = np.array(unit, dtype=np.intp)
    column = Numbers(owner.astype(np.float64))
    whole = Table(_ids(*range(6)), {"target": column}, {"prediction": column}, np.arange(6.0), owner)
    mask = np.array(kept)
    part = whole.where(np.flatnonzero(mask) if by_place else mask)
    assert part.ids.tolist() == [place for place in range(6) if kept[place]]
    assert part.unit is not None
    assert part.ids[part.unit].tolist() == [each for each in unit if kept[each]]
    assert part.payload["prediction"].values.tolist() == part.ids[part.unit].tolist()  # type: ignore[union-attr]
    assert part.weight is not None
    assert part.weight.tolist() == part.ids.tolist()


def test_what_was_worked_out_on_a_table_is_not_true_of_its_parts() -> None:
    whole = Table(_ids(1, 2), {}, {})
    whole.memo["answer"] = 42
    assert whole.where(np.array([True, True])).memo == {}
