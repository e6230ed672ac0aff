import numpy as np
import pytest

from gatebot.tasks.labels import as_names, labels, ordered
from tests.tasks.tables import column, scored, table


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["b", "a"], ("a", "b")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["inf", "1"], ("1", "inf")),
        (["nan", "10", "9"], ("10", "9", "nan")),
        ([], ()),
    ],
)
def test_classes_stand_by_value_or_else_by_spelling(names: list[str], expected: tuple[str, ...]) -> None:
    assert ordered(names) == expected
    assert ordered(reversed(names)) == expected


def test_numbers_are_labels_too() -> None:
    assert as_names(column([1.0, 0.0, np.nan, 1.0])).texts() == ["1", "0", None, "1"]
    what = table([1, 0, 1], prediction=["1", "0", "0"])
    assert labels(what).right.tolist() == [True, True, False]


def test_probabilities_alone_predict_the_likeliest_class() -> None:
    what = scored(["a", "b", "c"], "abc", np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.4, 0.2, 0.4]]))
    found = labels(what)
    assert [found.classes[code] for code in found.predicted] == ["b", "c", "a"]  # a tie: the first class


def test_a_row_without_a_probability_has_no_answer() -> None:
    what = scored(["a", "b"], "ab", np.array([[np.nan, 0.5], [0.4, 0.6]]))
    assert labels(what).predicted.tolist() == [2, 1]
    assert labels(what).right.tolist() == [False, True]


def test_labels_win_over_probabilities() -> None:
    what = table(["a", "b"], prediction=["b", "b"], score_a=[0.9, 0.1], score_b=[0.1, 0.9])
    assert labels(what).right.tolist() == [False, True]
    assert labels(what).likeliest.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["score", "score_1"])
def test_one_column_is_enough_for_two_classes(name: str) -> None:
    found = labels(table([0, 1, 1], **{name: [0.25, 0.75, 0.5]}))
    assert found.matrix.tolist() == [[0.75, 0.25, 0.5], [0.25, 0.75, 0.5]]
    assert found.predicted.tolist() == [0, 1, 0]


def test_one_column_of_the_first_class_is_turned_round() -> None:
    found = labels(table(["no", "yes"], score_no=[0.9, 0.2]))
    np.testing.assert_allclose(found.scores["yes"], [0.1, 0.8])


def test_one_column_does_not_do_for_three_classes() -> None:
    assert not labels(table(["a", "b", "c"], score=[0.1, 0.2, 0.3])).scores


def test_names_of_classes_have_one_spelling() -> None:
    found = labels(table([0, 1], score_0=[1, 0], **{"score_1.0": [0, 1]}))
    assert found.classes == ("0", "1")
    assert list(found.scores) == ["0", "1"]


def test_a_table_is_decoded_once_and_a_part_anew() -> None:
    what = table(["a", "b", "c"], prediction=["a", "b", "a"])
    assert labels(what) is labels(what)
    part = what.where(np.array([True, False, True]))
    assert labels(part).right.tolist() == [True, False]
    assert labels(part).known == ("a", "b", "c")


def test_nothing_predicted_is_nothing_right() -> None:
    assert not labels(table(["a", "b"])).right.any()
