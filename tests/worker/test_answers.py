from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatebot.worker.answers import columns_of

NO, YES = [0.75, 0.25], [0.25, 0.75]
SCORES = {"prediction": ["no", "yes"], "score_no": [0.75, 0.25], "score_yes": [0.25, 0.75]}


@pytest.mark.parametrize(
    "answer",
    [
        pd.DataFrame({"no": [0.75, 0.25], "yes": [0.25, 0.75]}),
        pd.DataFrame({"score_no": [0.75, 0.25], "score_yes": [0.25, 0.75]}),
        pl.DataFrame({"no": [0.75, 0.25], "yes": [0.25, 0.75]}),
        np.array([NO, YES]),
        [NO, YES],
        [{"no": 0.75, "yes": 0.25}, {"no": 0.25, "yes": 0.75}],
        {"no": [0.75, 0.25], "yes": np.array([0.25, 0.75])},
        pd.DataFrame({"prediction": ["no", "yes"], "no": [0.75, 0.25], "yes": [0.25, 0.75], "note": ["a", "b"]}),
    ],
)
def test_probabilities_of_any_shape_are_one_thing(answer: Any) -> None:
    assert columns_of(answer, "classification", ["no", "yes"], None) == SCORES


@pytest.mark.parametrize("answer", [["a", "b"], np.array(["a", "b"]), pd.Series(["a", "b"]), np.array([["a"], ["b"]])])
def test_labels(answer: Any) -> None:
    assert columns_of(answer, "classification", ["a", "b"], None) == {"prediction": ["a", "b"]}


@pytest.mark.parametrize(
    "answer", [[1.5, 2.0], np.array([[1.5], [2.0]]), pd.DataFrame({"y": [1.5, 2.0]}), (x for x in (1.5, 2.0))]
)
def test_values(answer: Any) -> None:
    assert columns_of(answer, "regression", [], None) == {"prediction": [1.5, 2.0]}


def test_a_tensor_is_taken_off_its_device() -> None:
    class Tensor:
        def detach(self) -> "Tensor":
            return self

        def cpu(self) -> "Tensor":
            return self

        def tolist(self) -> list[float]:
            return [1.5]

    assert columns_of(Tensor(), "regression", [], None) == {"prediction": [1.5]}


def test_several_scores_keep_their_names() -> None:
    answer = {"helpful": [1], "harmless": [0]}
    assert columns_of(answer, "scores", [], None) == answer


def test_the_id_column_is_passed_on() -> None:
    answer = pd.DataFrame({"ticket": [7], "prediction": ["a"]})
    assert columns_of(answer, "classification", ["a"], "ticket") == {"ticket": [7], "prediction": ["a"]}


def test_a_row_without_any_number_has_no_prediction() -> None:
    answer = [[float("nan"), float("nan")], [0.1, 0.9]]
    assert columns_of(answer, "classification", ["a", "b"], None)["prediction"] == [None, "b"]


@pytest.mark.parametrize(
    ("answer", "task", "classes", "says"),
    [
        (None, "classification", ["a"], "returned None"),
        (np.zeros((2, 3)), "classification", ["a", "b"], "3 columns of probabilities for 2 classes"),
        (np.zeros((2, 3)), "regression", [], "3 columns; one value a row"),
        ([0.3, 0.6], "classification", ["no", "yes"], "one number between 0 and 1"),
        (pd.DataFrame({"a": [1], "b": [2]}), "regression", [], "`prediction` is expected"),
    ],
)
def test_what_nobody_can_read_is_refused_in_a_sentence(answer: Any, task: str, classes: list[str], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        columns_of(answer, task, classes, None)


def test_numbers_that_are_class_names_are_labels() -> None:
    assert columns_of([0.0, 1.0], "classification", ["0", "1"], None) == {"prediction": [0.0, 1.0]}
    assert columns_of([0.5, 1.0], "classification", ["0.5", "1"], None) == {"prediction": [0.5, 1.0]}
