import numpy as np
import pytest

from gatebot.evidence.predictions import Predictions
from gatebot.tasks.class_problems import of_range, of_shape
from tests.tasks.tables import delivered, facts_by_code, truth_of

TRUTH = truth_of(["a", "b", "a"])
NUMBERED = truth_of(["0", "1", "1"])


@pytest.mark.parametrize(
    "predictions",
    [
        delivered(prediction=["a", "b", "a"]),
        delivered(prediction=["a", None, "a"]),
        delivered(prediction=["a", "b", "c"]),  # c is known from training
        delivered(score_a=[0.1, 0.2, 0.3], score_b=[0.9, 0.8, 0.7]),
        delivered(score=[0.1, 0.2, 0.3]),
        delivered(prediction=["a", "b", "a"], score_c=[0.1, 0.2, 0.3]),
    ],
)
def test_what_is_in_shape(predictions: Predictions) -> None:
    assert not list(of_shape(predictions, TRUTH, ("a", "b", "c")))


def test_whole_numbers_are_labels() -> None:
    assert not list(of_shape(delivered(prediction=[0.0, 1.0, 1.0]), NUMBERED, ()))


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (delivered(other=[1, 2, 3]), {"missing_column": {}}),
        (delivered(prediction=[0.5, 1, 0.25]), {"numeric_labels": {"rows": 2, "example": 0.5}}),
        (delivered(prediction=["a", "z", "y"]), {"unknown_class": {"classes": "y, z", "count": 2}}),
        (delivered(prediction=[7, 7, 7]), {"unknown_class": {"classes": "7", "count": 1}}),
        (
            delivered(prediction=[f"x{n}" for n in range(7)]),
            {"unknown_class": {"classes": "x0, x1, x2, x3, x4 and 2 more", "count": 7}},
        ),
        (
            delivered(score_a=[1, 0, 1], score_b=[0, 1, 0], score_z=[0, 0, 0]),
            {"unknown_score": {"classes": "z", "count": 1}},
        ),
        (
            delivered(score_a=["high", "low", "low"], score_b=[0, 1, 0]),
            {"score_not_numeric": {"column": "score_a"}},
        ),
        (delivered(rows=4, prediction=["a"] * 3), {"wrong_length": {"column": "prediction", "values": 3, "rows": 4}}),
    ],
)
def test_what_is_out_of_shape(predictions: Predictions, expected: dict[str, object]) -> None:
    assert facts_by_code(of_shape(predictions, TRUTH, ("a", "b"))) == expected


def test_one_column_of_probabilities_needs_two_classes() -> None:
    found = facts_by_code(of_shape(delivered(score=[0.1, 0.2, 0.3]), truth_of(["a", "b", "c"]), ()))
    assert found == {"ambiguous_score": {"classes": 3}}


@pytest.mark.parametrize(
    "predictions",
    [
        delivered(prediction=["a", "b", "a"]),
        delivered(score_a=[0.1, 0.2, 1], score_b=[0.9, 0.8, 0]),
        delivered(score_a=[0.1004, 1 + 1e-12], score_b=[0.9, -1e-12]),
        delivered(score=[0.1, 1]),
        delivered(score_a=[0.3, 0.4]),  # a single column need not sum to anything
    ],
)
def test_what_is_in_range(predictions: Predictions) -> None:
    assert not list(of_range(predictions))


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (delivered(prediction=["a", None, None]), {"missing_prediction": {"rows": 2}}),
        (delivered(prediction=[1, np.nan, 0]), {"missing_prediction": {"rows": 1}}),
        (delivered(score=[0.1, np.nan, np.inf]), {"not_finite": {"column": "score", "rows": 2}}),
        (
            delivered(score_a=[0.2, 1.5, -2], score_b=[0.8, -0.5, 3]),
            {"probability_out_of_range": {"column": "score_b", "rows": 2, "example": -0.5}},
        ),
        (
            delivered(score_a=[0.2, 0.5], score_b=[0.7, 0.5]),
            {"probability_sum": {"rows": 1, "off": pytest.approx(0.1)}},
        ),
        (delivered(score_a=[np.nan, 0.5], score_b=[0.7, 0.5]), {"not_finite": {"column": "score_a", "rows": 1}}),
    ],
)
def test_what_is_out_of_range(predictions: Predictions, expected: dict[str, object]) -> None:
    assert facts_by_code(of_range(predictions)) == expected


def test_every_sentence_quotes_its_facts() -> None:
    bad = delivered(
        rows=4, prediction=["z", None], score_a=[2.0, np.nan], score_b=["x", "y"], score=[0.1, 0.2], score_q=[1, 1]
    )
    found = [*of_shape(bad, TRUTH, ()), *of_range(bad)]
    assert len({problem.code for problem in found}) == 9
    for problem in found:
        sentence = problem.says.format(**problem.facts)
        assert "{" not in sentence
        assert sentence
