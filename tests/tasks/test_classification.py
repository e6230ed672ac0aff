import numpy as np
import pytest

from gatebot.errors import UsageError
from gatebot.tasks.classification import METRICS, Classification
from tests.tasks.tables import delivered, table, truth_of

TASK = Classification()


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (["a"] * 5 + ["b"] * 5, "accuracy"),
        (["a"] * 9 + ["b"], "accuracy"),
        (["a"] * 10 + ["b"], "balanced_accuracy"),
        (["a"] * 3, "accuracy"),
    ],
)
def test_default_metrics(truth: list[str], expected: str) -> None:
    first, second = TASK.default_metrics(truth_of(truth))
    assert (first.name, second.name) == (expected, "log_loss")


def test_default_metrics_look_at_the_rows_and_not_at_the_names() -> None:
    what = table(["a", "b", None, "c"], prediction=["a", "b", "a", "c"]).where(np.array([True, True, True, False]))
    truth = truth_of(what.truth["target"])
    assert TASK.default_metrics(truth)[0].name == "accuracy"


def test_recall_and_precision_of_each_true_class() -> None:
    what = table(["a", "a", "b"], prediction=["a", "c", "b"])
    found = TASK.per_class(what)
    assert list(found) == ["recall(a)", "precision(a)", "recall(b)", "precision(b)"]
    assert {name: metric.value(what) for name, metric in found.items()} == {
        "recall(a)": 0.5,
        "precision(a)": 1,
        "recall(b)": 1,
        "precision(b)": 1,
    }


def test_classes_are_those_of_the_rows() -> None:
    assert TASK.classes(truth_of(["10", "9", None, "9"])) == ("9", "10")
    assert TASK.classes(truth_of([1.0, 0.0])) == ("0", "1")


def test_correct_is_what_accuracy_counts() -> None:
    what = table(["a", "b", None, "b"], prediction=["a", "a", "a", None])
    assert TASK.correct(what).tolist() == [True, False, False, False]


def test_the_table_is_aligned_by_id() -> None:
    made = TASK.table(
        truth_of(["a", "b", "c"]), delivered(prediction=["a", "b", "a"]), np.array([2, 1], dtype=np.uint64)
    )
    assert made.truth["target"].texts() == ["c", "b"]  # type: ignore[union-attr]
    assert TASK.correct(made).tolist() == [False, True]


def test_problems_reach_the_task() -> None:
    assert [p.code for p in TASK.shape_problems(delivered(x=[1, 2]), truth_of(["a", "b"]), ())] == ["missing_column"]
    assert [p.code for p in TASK.range_problems(delivered(score=[2, 0]))] == ["probability_out_of_range"]


@pytest.mark.parametrize(
    ("name", "of", "options", "written"),
    [
        ("accuracy", None, {}, "accuracy"),
        ("recall", "urgent", {}, "recall(urgent)"),
        ("recall", "1.0", {}, "recall(1)"),
        ("f1", None, {"average": "macro"}, "f1(macro)"),
        ("fbeta", "spam", {"beta": 0.5}, "fbeta(spam, 0.5)"),
        ("top_k", None, {"k": 5}, "top_k(5)"),
        ("ece", None, {"bins": 10, "binning": "width"}, "ece(10, width)"),
    ],
)
def test_names(name: str, of: str | None, options: dict[str, float | int | str], written: str) -> None:
    assert TASK.metric(name, of, options).name == written


@pytest.mark.parametrize(
    ("name", "of", "options", "direction", "says"),
    [
        ("acuracy", None, {}, None, "did you mean accuracy?"),
        ("auc", None, {}, None, "did you mean roc_auc?"),
        ("f1_macro", None, {}, None, "did you mean f1?"),
        ("logloss", None, {}, None, "did you mean log_loss?"),
        ("rmse", None, {}, None, "it has accuracy, balanced_accuracy"),
        ("accuracy", "a", {}, None, "not of a class"),
        ("recall", "", {}, None, "not of a class"),
        ("f1", "a", {"average": "macro"}, None, "exclude each other"),
        ("f1", None, {"average": "mean"}, None, "macro or micro or weighted"),
        ("f1", None, {"averages": "macro"}, None, "it has average"),
        ("accuracy", None, {"k": 1}, None, "it has none"),
        ("fbeta", None, {}, None, "`beta` is missing"),
        ("fbeta", None, {"beta": 0}, None, "above 0"),
        ("fbeta", None, {"beta": True}, None, "above 0"),
        ("top_k", None, {"k": 1.5}, None, "whole number"),
        ("top_k", None, {"k": "5"}, None, "whole number"),
        ("ece", None, {"bins": 1}, None, "at least 2"),
        ("accuracy", None, {}, "lower", "contradicts"),
        ("log_loss", None, {}, "higher", "lower is better"),
    ],
)
def test_mistakes_are_named(
    name: str, of: str | None, options: dict[str, float | int | str], direction: str | None, says: str
) -> None:
    with pytest.raises(UsageError) as found:
        TASK.metric(name, of, options, direction)  # type: ignore[arg-type]
    assert says in str(found.value)


@pytest.mark.parametrize("each", METRICS, ids=[each.name for each in METRICS])
def test_every_metric_is_nan_without_rows_and_never_warns(each: object) -> None:
    name = each.name  # type: ignore[attr-defined]
    options: dict[str, float | int | str] = {"fbeta": {"beta": 2}, "top_k": {"k": 1}}.get(name, {})  # type: ignore[assignment]
    metric = TASK.metric(name, None, options)
    whole = table(["a", "b"], prediction=["a", "b"], score_a=[1, 0], score_b=[0, 1])
    for what in (
        whole.where(np.array([False, False])),
        table(["a", None], [0, 1], prediction=["a", "b"], score_a=[1, 0], score_b=[0, 1]),
        table(["a", "b"], [np.nan, 1], prediction=["a", "b"], score_a=[1, 0], score_b=[0, 1]),
    ):
        assert np.isnan(metric.value(what))
        assert metric.influence(what) is None


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1], [0, 3, 4]])
def test_a_part_is_the_table_of_its_rows(rows: list[int]) -> None:
    truth, predicted = ["a", "a", "b", "b", "a"], ["a", "b", "b", "b", "a"]
    scores = np.array([0.9, 0.4, 0.3, 0.2, 0.8])
    whole = table(truth, [1, 2, 3, 4, 5], prediction=predicted, score_a=scores, score_b=1 - scores)
    alone = table(
        [truth[row] for row in rows],
        [[1, 2, 3, 4, 5][row] for row in rows],
        prediction=[predicted[row] for row in rows],
        score_a=scores[rows],
        score_b=1 - scores[rows],
    )
    part = whole.where(np.isin(np.arange(5), rows))
    for name in ("accuracy", "log_loss", "brier"):
        metric = TASK.metric(name, None, {})
        assert metric.value(part) == pytest.approx(metric.value(alone))
