import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from gatebot.tasks.classification import Classification
from gatebot.tasks.probability import clipped
from gatebot.tasks.table import Table
from tests.tasks.tables import few_examples, moved_by_each_unit, scored, table, without_each_unit

TASK = Classification()
Scores = NDArray[np.float64]
Case = tuple[list[str], str, Scores, list[float] | None]


@st.composite
def judged(draw: st.DrawFn, *, every_class: bool = True) -> Case:
    """Rows of two to four classes with probabilities on a coarse grid, so that there are ties, zeros and ones."""
    classes = "abcd"[: draw(st.integers(2, 4))]
    rows = draw(st.integers(len(classes), 30))
    truth = draw(st.lists(st.sampled_from(classes), min_size=rows, max_size=rows))
    if every_class:
        truth[: len(classes)] = list(classes)
    parts = draw(
        st.lists(
            st.lists(st.integers(0, 4), min_size=len(classes), max_size=len(classes)).filter(any),
            min_size=rows,
            max_size=rows,
        )
    )
    scores = np.array(parts, dtype=np.float64)
    weight = draw(st.none() | st.lists(st.floats(0.05, 20), min_size=rows, max_size=rows))
    return truth, classes, scores / scores.sum(axis=1, keepdims=True), weight


def _binary_or_all(classes: str, scores: Scores) -> Scores:
    return np.asarray(scores[:, 1] if len(classes) == 2 else scores)


def _one_hot(truth: list[str], classes: str) -> NDArray[np.int64]:
    return np.array([[int(each == name) for name in classes] for each in truth])


SAME_AS: dict[str, Callable[[Case], float]] = {
    "roc_auc": lambda c: sk.roc_auc_score(c[0], _binary_or_all(c[1], c[2]), multi_class="ovr", sample_weight=c[3]),
    "average_precision": lambda c: sk.average_precision_score(
        np.array(c[0]) == "b" if len(c[1]) == 2 else _one_hot(c[0], c[1]),
        _binary_or_all(c[1], c[2]),
        sample_weight=c[3],
    ),
    "log_loss": lambda c: sk.log_loss(c[0], np.clip(c[2], 1e-15, 1), sample_weight=c[3], labels=list(c[1])),
    "brier": lambda c: sk.brier_score_loss(c[0], c[2], sample_weight=c[3], labels=list(c[1])),
}


@pytest.mark.parametrize("name", SAME_AS)
@few_examples
@given(case=judged())
def test_equals_scikit_learn(name: str, case: Case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = SAME_AS[name](case)
    assert TASK.metric(name, None, {}).value(scored(*case)) == pytest.approx(expected, abs=1e-9)


@few_examples
@given(case=judged(every_class=False))
def test_one_class_against_the_rest(case: Case) -> None:
    truth, classes, scores, weight = case
    what = scored([*truth, "b"], classes, np.vstack([scores, scores[:1]]), None if weight is None else [*weight, 1.0])
    what = what.where(np.arange(len(what)) < len(truth))
    for place, name in enumerate(classes):
        is_class = np.array(truth) == name
        auc, brier = (TASK.metric(metric, name, {}).value(what) for metric in ("roc_auc", "brier"))
        if 0 < is_class.sum() < len(truth):
            assert auc == pytest.approx(sk.roc_auc_score(is_class, scores[:, place], sample_weight=weight))
        else:
            assert np.isnan(auc)
        assert brier == pytest.approx(np.average(np.square(scores[:, place] - is_class), weights=weight))


@few_examples
@given(st.integers(1, 4), st.integers(0, 10_000))
def test_first_k_equal_scikit_learn_without_ties(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, weight = [*"abcd", *rng.choice(list("abcd"), 20).tolist()], rng.uniform(0.1, 3, 24)
    scores = rng.dirichlet(np.ones(4), 24)
    value = TASK.metric("top_k", None, {"k": k}).value(scored(truth, "abcd", scores, weight))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.top_k_accuracy_score(truth, scores, k=k, sample_weight=weight)
    assert value == pytest.approx(expected)


@few_examples
@given(case=judged())
def test_the_first_one_is_accuracy_even_with_ties(case: Case) -> None:
    what = scored(*case)
    accuracy = TASK.metric("accuracy", None, {}).value(what)
    assert TASK.metric("top_k", None, {"k": 1}).value(what) == pytest.approx(accuracy)


def _expected_calibration_error(truth: list[str], classes: str, scores: Scores, weight: Scores, bins: int) -> float:
    """As Guo et al. write it: bins of equal width, closed above."""
    said, right = scores.max(axis=1), np.array(list(classes))[scores.argmax(axis=1)] == np.array(truth)
    total = 0.0
    for low, high in zip(np.linspace(0, 1, bins + 1)[:-1], np.linspace(0, 1, bins + 1)[1:], strict=True):
        inside = (said > low) & (said <= high)
        if inside.any():
            off = np.average(right[inside], weights=weight[inside]) - np.average(said[inside], weights=weight[inside])
            total += weight[inside].sum() / weight.sum() * abs(off)
    return total


@few_examples
@given(case=judged())
def test_calibration_error_is_guos(case: Case) -> None:
    truth, classes, scores, weight = case
    value = TASK.metric("ece", None, {"bins": 7, "binning": "width"}).value(scored(*case))
    given_weight = np.ones(len(truth)) if weight is None else np.array(weight)
    assert value == pytest.approx(_expected_calibration_error(truth, classes, scores, given_weight, 7), abs=1e-12)


def test_calibration_bins_of_equal_mass() -> None:
    said = np.array([0.1, 0.2, 0.3, 0.4])
    what = scored(["a", "b", "a", "b"], "ab", np.column_stack([1 - said, said]))
    # of b: two bins, (0.1, 0.2) with one b of two, and (0.3, 0.4) with one of two
    value = TASK.metric("ece", "b", {"bins": 2}).value(what)
    assert value == pytest.approx((abs(0.15 - 0.5) + abs(0.35 - 0.5)) / 2)


OF: list[tuple[str, str | None, dict[str, float | int | str]]] = [
    ("log_loss", None, {}),
    ("brier", None, {}),
    ("brier", "a", {}),
    ("average_precision", None, {}),
    ("average_precision", "a", {}),
    ("top_k", None, {"k": 2}),
    ("ece", None, {}),
    ("ece", "a", {"bins": 4, "binning": "width"}),
]


@pytest.mark.parametrize(("name", "of", "options"), OF)
@pytest.mark.parametrize("classes", ["ab", "abc"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_influence_is_the_derivative_by_weight(
    name: str, of: str | None, options: dict[str, float | int | str], classes: str, weighted: bool
) -> None:
    what, metric = _random(classes, 40, weighted, ties=name != "ece"), TASK.metric(name, of, options)
    influence = metric.influence(what)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, what), atol=1e-6)


@pytest.mark.parametrize("classes", ["ab", "abc"])
def test_influence_of_auc_is_near_the_jackknife(classes: str) -> None:
    what, metric = _random(classes, 120, weighted=False), TASK.metric("roc_auc", None, {})
    influence = metric.influence(what)
    assert influence is not None
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(influence, without_each_unit(metric, what), rtol=0.1, atol=0.05)


def _random(classes: str, rows: int, weighted: bool, ties: bool = True) -> Table:
    """`ece` gets no ties: where a bin is exactly right, its absolute value has no derivative."""
    rng = np.random.default_rng(7)
    truth = rng.choice(list(classes), rows)
    scores = rng.dirichlet(np.ones(len(classes)), rows) + 0.1
    scores = scores.round(1) if ties else scores
    scores[np.arange(rows), [classes.index(each) for each in truth]] += 0.3
    scores /= scores.sum(axis=1, keepdims=True)
    return scored(truth.tolist(), classes, scores, rng.uniform(0.2, 3, rows) if weighted else None)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "brier", "ece"])
def test_without_probabilities_nothing_is_defined(name: str) -> None:
    what = table(["a", "b"], prediction=["a", "b"])
    assert np.isnan(TASK.metric(name, None, {}).value(what))
    assert TASK.metric(name, None, {}).influence(what) is None


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "brier", "ece"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_probability_that_is_no_number_makes_no_value(name: str, bad: float) -> None:
    scores = np.array([[0.2, 0.8], [bad, 0.1], [0.6, 0.4]])
    assert np.isnan(TASK.metric(name, None, {}).value(scored(["a", "b", "b"], "ab", scores[:, ::-1])))


def test_log_loss_is_clipped_and_the_clipped_are_counted() -> None:
    what = scored(["a", "b", "b"], "ab", np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5]]))
    assert TASK.metric("log_loss", None, {}).value(what) == pytest.approx((-np.log(1e-15) - np.log(0.5)) / 3)
    assert clipped(what) == 1


def test_a_true_class_without_a_column_has_probability_zero() -> None:
    what = scored(["a", "b", "c"], "ab", np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]))
    assert clipped(what) == 1
    assert TASK.metric("brier", None, {}).value(what) == pytest.approx((0.02 + 0.08 + 1.5) / 3)
    assert TASK.metric("top_k", None, {"k": 3}).value(what) == pytest.approx(2 / 3)
    assert TASK.metric("roc_auc", "c", {}).value(what) == 0.5


def test_a_part_of_the_table_averages_over_the_classes_that_it_has() -> None:
    what = _random("abc", 60, weighted=False)
    texts = what.truth["target"].texts()  # type: ignore[union-attr]
    part = what.where(np.array([text != "c" for text in texts]))
    of_each = [TASK.metric("roc_auc", name, {}).value(part) for name in "ab"]
    assert TASK.metric("roc_auc", None, {}).value(part) == pytest.approx(np.mean(of_each))
    assert np.isnan(TASK.metric("roc_auc", "c", {}).value(part))
