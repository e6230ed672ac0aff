import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from gatebot.tasks.classification import Classification
from gatebot.tasks.table import Table
from tests.tasks.tables import few_examples, moved_by_each_unit, table

TASK = Classification()


def _averaged(function: Callable[..., float], how: str) -> Callable[..., float]:
    return lambda truth, predicted, weight: function(
        truth, predicted, sample_weight=weight, average=how, zero_division=0
    )


def _of(function: Callable[..., float], name: str) -> Callable[..., float]:
    return lambda truth, predicted, weight: function(
        truth, predicted, sample_weight=weight, labels=[name], average="macro", zero_division=np.nan
    )


def _mcc(truth: list[str], predicted: list[str], weight: object) -> float:
    if len(set(truth)) < 2 or len(set(predicted)) < 2:
        return np.nan  # scikit-learn says 0
    return float(sk.matthews_corrcoef(truth, predicted, sample_weight=weight))


def _f2(*args: object, **kwargs: object) -> float:
    return float(sk.fbeta_score(*args, beta=2, **kwargs))


RATIOS = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
Case = tuple[str, str | None, dict[str, float | int | str], Callable[..., float]]

AVERAGED: list[Case] = [
    (name, None, {"average": how}, _averaged(function, how))
    for name, function in RATIOS.items()
    for how in ("macro", "micro", "weighted")
]
SAME_AS: list[Case] = [
    *AVERAGED,
    ("accuracy", None, {}, lambda t, p, w: sk.accuracy_score(t, p, sample_weight=w)),
    ("balanced_accuracy", None, {}, lambda t, p, w: sk.balanced_accuracy_score(t, p, sample_weight=w)),
    ("mcc", None, {}, _mcc),
    *((name, "a", {}, _of(function, "a")) for name, function in RATIOS.items()),
    ("fbeta", None, {"beta": 2, "average": "macro"}, _averaged(_f2, "macro")),
    ("fbeta", "b", {"beta": 2}, _of(_f2, "b")),
]
NAMES = [TASK.metric(name, of, options).name for name, of, options, _ in SAME_AS]

weights = st.floats(0.05, 20)


@st.composite
def answered(draw: st.DrawFn) -> tuple[list[str], list[str], list[float] | None]:
    """Anything from one row of one class to forty rows of four."""
    classes = st.sampled_from("abcd"[: draw(st.integers(1, 4))])
    truth = draw(st.lists(classes, min_size=1, max_size=40))
    predicted = draw(st.lists(classes, min_size=len(truth), max_size=len(truth)))
    weighted = draw(st.booleans())
    return truth, predicted, draw(st.lists(weights, min_size=len(truth), max_size=len(truth))) if weighted else None


@pytest.mark.parametrize(("name", "of", "options", "function"), SAME_AS, ids=NAMES)
@few_examples
@given(case=answered())
def test_equals_scikit_learn(
    name: str,
    of: str | None,
    options: dict[str, float | int | str],
    function: Callable[..., float],
    case: tuple[list[str], list[str], list[float] | None],
) -> None:
    truth, predicted, weight = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = function(truth, predicted, weight)
    value = TASK.metric(name, of, options).value(table(truth, weight, prediction=predicted))
    assert value == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(("name", "of", "options", "function"), SAME_AS, ids=NAMES)
@pytest.mark.parametrize("classes", ["ab", "abc"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_influence_is_the_derivative_by_weight(
    name: str,
    of: str | None,
    options: dict[str, float | int | str],
    function: Callable[..., float],
    classes: str,
    weighted: bool,
) -> None:
    what = _random(classes, 40, weighted)
    metric = TASK.metric(name, of, options)
    influence = metric.influence(what)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, what), atol=1e-7)
    assert influence.mean() == pytest.approx(0, abs=1e-12)


def _random(classes: str, rows: int, weighted: bool) -> Table:
    rng = np.random.default_rng(len(classes))
    truth = rng.choice(list(classes), rows)
    predicted = np.where(rng.random(rows) < 0.6, truth, rng.choice(list(classes), rows))
    return table(truth.tolist(), rng.uniform(0.2, 3, rows) if weighted else None, prediction=predicted.tolist())


@pytest.mark.parametrize(
    ("name", "of", "options", "expected"),
    [
        ("precision", None, {}, 0.5),  # of class 1, the second of two
        ("recall", None, {}, 1 / 3),
        ("f1", None, {}, 0.4),
        ("precision", "0", {}, 0.6),
        ("recall", "0", {}, 0.75),
        ("f1", "1.0", {}, 0.4),  # 1.0 and 1 are one label
        ("f1", None, {"average": "macro"}, (0.4 + 2 / 3) / 2),
    ],
)
def test_two_classes_have_a_positive_one(
    name: str, of: str | None, options: dict[str, float | int | str], expected: float
) -> None:
    what = table(["0", "0", "0", "0", "1", "1", "1"], prediction=["0", "0", "0", "1", "1", "0", "0"])
    assert TASK.metric(name, of, options).value(what) == pytest.approx(expected)


def test_the_positive_class_stays_the_same_in_a_part_of_the_table() -> None:
    what = table(["no", "no", "yes", "yes"], prediction=["no", "yes", "yes", "no"])
    first_two = what.where(np.array([True, True, False, False]))
    assert np.isnan(TASK.metric("recall", None, {}).value(first_two))
    assert TASK.metric("precision", None, {}).value(first_two) == 0


@pytest.mark.parametrize(
    ("name", "of", "truth", "predicted"),
    [
        ("recall", "b", "aaa", "aab"),
        ("precision", "b", "aab", "aaa"),
        ("f1", "c", "aab", "aaa"),
        ("recall", "z", "ab", "ab"),
        ("mcc", None, "aaa", "aba"),
        ("mcc", None, "aba", "aaa"),
        ("accuracy", None, "", ""),
    ],
)
def test_what_is_not_defined_is_nan_and_has_no_influence(name: str, of: str | None, truth: str, predicted: str) -> None:
    what = table(["a", *truth], prediction=["a", *predicted]).where(np.arange(len(truth) + 1) > 0)
    metric = TASK.metric(name, of, {})
    assert np.isnan(metric.value(what))
    assert metric.influence(what) is None
    assert metric.step(what) == 0


def test_a_missing_answer_is_wrong_but_no_prediction_of_any_class() -> None:
    what = table(["a", "a", "b", "b"], prediction=["a", None, "b", "a"])
    assert TASK.metric("accuracy", None, {}).value(what) == 0.5
    assert TASK.metric("recall", "a", {}).value(what) == 0.5
    assert TASK.metric("precision", "b", {}).value(what) == 1
    assert TASK.metric("precision", None, {"average": "micro"}).value(what) == pytest.approx(2 / 3)


def test_a_unit_without_a_label_does_not_count() -> None:
    what = table(["a", None, "b", "b"], prediction=["a", "a", "b", "a"])
    metric = TASK.metric("accuracy", None, {})
    influence = metric.influence(what)
    assert metric.value(what) == pytest.approx(2 / 3)
    assert influence is not None
    assert influence[1] == 0
    np.testing.assert_allclose(
        influence,
        moved_by_each_unit(metric, table(["a", "a", "b", "b"], [1, 0, 1, 1], prediction=["a", "a", "b", "a"])),
        atol=1e-7,
    )


@pytest.mark.parametrize(
    ("name", "of", "options", "step"),
    [
        ("accuracy", None, {}, 1),
        ("recall", "b", {}, 10 / 4),
        ("precision", "b", {}, 10 / 3),
        ("balanced_accuracy", None, {}, 10 / (2 * 4)),
        ("recall", None, {"average": "macro"}, 10 / (2 * 4)),
        ("recall", None, {"average": "micro"}, 1),
        ("recall", None, {"average": "weighted"}, 1),
        ("f1", "b", {}, 2 * 10 / (4 + 3)),
    ],
)
def test_step_is_what_one_flip_does(
    name: str, of: str | None, options: dict[str, float | int | str], step: float
) -> None:
    what = table(["a"] * 6 + ["b"] * 4, prediction=["a"] * 6 + ["b"] * 3 + ["a"])
    assert TASK.metric(name, of, options).step(what) == pytest.approx(step)


@pytest.mark.parametrize(("name", "of"), [("accuracy", None), ("recall", "b")])
def test_a_flip_moves_the_value_by_step_over_n(name: str, of: str | None) -> None:
    before = table(["a"] * 6 + ["b"] * 4, prediction=["a"] * 6 + ["b"] * 4)
    after = table(["a"] * 6 + ["b"] * 4, prediction=["a"] * 6 + ["b"] * 3 + ["a"])
    metric = TASK.metric(name, of, {})
    assert metric.value(before) - metric.value(after) == pytest.approx(metric.step(before) / 10)


def test_unequal_weights_make_a_flip_count_for_more() -> None:
    what = table(["a", "b", "a", "b"], [3, 1, 1, 1], prediction=["a", "b", "a", "a"])
    assert TASK.metric("accuracy", None, {}).step(what) == pytest.approx(4 * (9 + 3) / 36)
