import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from gatebot.tasks.regression import Regression
from tests.tasks.tables import delivered, facts_by_code, few_examples, moved_by_each_unit, table, truth_of

TASK = Regression()
Values = list[float]


def _r2(truth: Values, predicted: Values, weight: Values | None) -> float:
    if len(set(truth)) < 2:
        return np.nan  # scikit-learn says 0, or 1
    return float(sk.r2_score(truth, predicted, sample_weight=weight))


SAME_AS: list[tuple[str, dict[str, float | int | str], Callable[..., float]]] = [
    ("mae", {}, lambda t, p, w: sk.mean_absolute_error(t, p, sample_weight=w)),
    ("mse", {}, lambda t, p, w: sk.mean_squared_error(t, p, sample_weight=w)),
    ("rmse", {}, lambda t, p, w: sk.root_mean_squared_error(t, p, sample_weight=w)),
    ("r2", {}, _r2),
    ("mape", {}, lambda t, p, w: sk.mean_absolute_percentage_error(t, p, sample_weight=w)),
    ("pinball", {"alpha": 0.9}, lambda t, p, w: sk.mean_pinball_loss(t, p, sample_weight=w, alpha=0.9)),
    ("max_error", {}, lambda t, p, _w: sk.max_error(t, p)),
]
IDS = [name for name, _, _ in SAME_AS]
numbers = st.integers(-50, 50).map(lambda tenths: tenths / 10)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Values, Values, Values | None]:
    truth = draw(st.lists(numbers, min_size=1, max_size=30))
    predicted = draw(st.lists(numbers, min_size=len(truth), max_size=len(truth)))
    return truth, predicted, draw(st.none() | st.lists(st.floats(0.05, 20), min_size=len(truth), max_size=len(truth)))


@pytest.mark.parametrize(("name", "options", "function"), SAME_AS, ids=IDS)
@few_examples
@given(case=answered())
def test_equals_scikit_learn(
    name: str,
    options: dict[str, float | int | str],
    function: Callable[..., float],
    case: tuple[Values, Values, Values | None],
) -> None:
    truth, predicted, weight = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = function(truth, predicted, weight)
    value = TASK.metric(name, None, options).value(table(truth, weight, prediction=predicted))
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(("name", "options", "_function"), SAME_AS[:-1], ids=IDS[:-1])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_influence_is_the_derivative_by_weight(
    name: str, options: dict[str, float | int | str], _function: object, weighted: bool
) -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(5, 1, 40)
    what = table(truth, rng.uniform(0.2, 3, 40) if weighted else None, prediction=truth + rng.normal(0, 0.5, 40))
    metric = TASK.metric(name, None, options)
    influence = metric.influence(what)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, what), atol=1e-6)
    assert metric.step(what) == 0


def test_the_largest_error_has_a_value_and_no_influence() -> None:
    what = table([1, 2, 3], prediction=[1, 2, 7])
    assert TASK.metric("max_error", None, {}).value(what) == 4
    assert TASK.metric("max_error", None, {}).influence(what) is None


def test_a_perfect_prediction_has_no_error_and_no_influence() -> None:
    what = table([1, 2, 3], prediction=[1, 2, 3])
    for name in ("mae", "mse", "rmse"):
        metric = TASK.metric(name, None, {})
        assert metric.value(what) == 0
        np.testing.assert_array_equal(metric.influence(what), np.zeros(3))
    assert TASK.metric("r2", None, {}).value(what) == 1


@pytest.mark.parametrize(("name", "options", "_function"), SAME_AS, ids=IDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_a_prediction_that_is_no_usable_number_makes_no_value(
    name: str, options: dict[str, float | int | str], _function: object, bad: float
) -> None:
    value = TASK.metric(name, None, options).value(table([1, 2, 3], prediction=[1, bad, 3]))
    assert np.isnan(value) or (name == "max_error" and bad == 1e200)


@pytest.mark.parametrize("name", ["mae", "rmse", "r2", "max_error"])
def test_a_unit_without_a_true_value_does_not_count(name: str) -> None:
    metric = TASK.metric(name, None, {})
    whole = table([1, np.nan, 3, 5], prediction=[1, 9, 4, 4])
    assert metric.value(whole) == pytest.approx(metric.value(table([1, 3, 5], prediction=[1, 4, 4])))


@pytest.mark.parametrize(("name", "options", "_function"), SAME_AS, ids=IDS)
def test_no_rows_no_value(name: str, options: dict[str, float | int | str], _function: object) -> None:
    nothing = table([1.0], prediction=[1.0]).where(np.array([False]))
    assert np.isnan(TASK.metric(name, None, options).value(nothing))


def test_text_instead_of_numbers_makes_no_value() -> None:
    assert np.isnan(TASK.metric("mae", None, {}).value(table([1, 2], prediction=["x", "y"])))
    assert np.isnan(TASK.metric("mae", None, {}).value(table([1, 2])))


def test_default_metrics() -> None:
    assert [metric.name for metric in TASK.default_metrics(truth_of([1, 2]))] == ["rmse", "mae"]


def test_there_are_no_classes_and_nothing_is_simply_right() -> None:
    what = table([1, 2], prediction=[1, 2])
    assert TASK.per_class(what) == {}
    assert TASK.correct(what) is None  # type: ignore[func-returns-value]


def test_problems() -> None:
    truth = truth_of([1, 2])
    assert not facts_by_code(TASK.shape_problems(delivered(prediction=[1, 2]), truth, ()))
    assert facts_by_code(TASK.shape_problems(delivered(score_a=[1, 2]), truth, ())) == {
        "missing_column": {"column": "prediction"}
    }
    assert facts_by_code(TASK.shape_problems(delivered(prediction=["1.5", "oops"]), truth, ())) == {
        "not_numeric": {"column": "prediction", "example": "1.5"}
    }
    assert facts_by_code(TASK.shape_problems(delivered(rows=3, prediction=[1, 2]), truth, ())) == {
        "wrong_length": {"column": "prediction", "values": 2, "rows": 3}
    }
    assert facts_by_code(TASK.range_problems(delivered(prediction=[1, np.nan, np.inf]))) == {
        "not_finite": {"column": "prediction", "rows": 2}
    }


def test_the_table_is_aligned_by_id() -> None:
    truth, answers = truth_of([1, 2, 3], weight=[1, 2, 3]), delivered(prediction=[10, 20, 30])
    made = TASK.table(truth, answers, np.array([2, 0], dtype=np.uint64))
    assert made.truth["target"].values.tolist() == [3, 1]  # type: ignore[union-attr]
    assert made.payload["prediction"].values.tolist() == [30, 10]  # type: ignore[union-attr]
    assert made.weight is not None
    assert made.weight.tolist() == [3, 1]
