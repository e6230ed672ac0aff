import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.errors import UsageError
from gatebot.tasks.scores_task import Scores
from tests.tasks.tables import delivered, facts_by_code, few_examples, moved_by_each_unit, table, truth_of

TASK = Scores()
NO_TRUTH = [math.nan] * 4


def test_the_mean() -> None:
    what = table(NO_TRUTH, [1, 1, 1, 3], prediction=[1, 2, 3, 4])
    metric = TASK.metric("mean", None, {})
    assert metric.value(what) == 3
    influence = metric.influence(what)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, what), atol=1e-7)


def test_the_share_above_a_threshold_is_a_rate() -> None:
    what = table(NO_TRUTH, prediction=[1, 2, 3, 4])
    metric = TASK.metric("share_above", None, {"threshold": 2})
    assert metric.value(what) == 0.5
    assert metric.step(what) == 1
    influence = metric.influence(what)
    assert influence is not None
    np.testing.assert_allclose(influence, moved_by_each_unit(metric, what), atol=1e-7)


@few_examples
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_a_quantile_is_numpys_inverted_distribution(scores: list[int], q: float) -> None:
    value = TASK.metric("quantile", None, {"q": q}).value(table([math.nan] * len(scores), prediction=scores))
    assert value == np.quantile(np.array(scores, dtype=float), q, method="inverted_cdf")


def test_whole_weights_are_copies() -> None:
    weighted = table(NO_TRUTH, [1, 2, 3, 1], prediction=[4, 3, 2, 1])
    copied = table([math.nan] * 7, prediction=[4, 3, 3, 2, 2, 2, 1])
    for q in (0.1, 0.3, 0.5, 0.6, 0.9):
        metric = TASK.metric("quantile", None, {"q": q})
        assert metric.value(weighted) == metric.value(copied)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_the_error_of_a_quantile_is_its_textbook_error(q: float) -> None:
    scores = np.linspace(0, 1, 4000)  # density 1, so the standard error is sqrt(q (1 - q) / n)
    influence = TASK.metric("quantile", None, {"q": q}).influence(table(np.full(4000, math.nan), prediction=scores))
    assert influence is not None
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert influence.std() == pytest.approx(math.sqrt(q * (1 - q)), rel=0.01)


def test_a_quantile_amid_equal_scores_is_sure() -> None:
    influence = TASK.metric("quantile", None, {"q": 0.5}).influence(
        table(np.full(100, math.nan), prediction=[1.0] * 10 + [3.0] * 80 + [5.0] * 10)
    )
    assert influence is not None
    assert not influence.any()


@pytest.mark.parametrize(
    ("name", "options"), [("mean", {}), ("quantile", {"q": 0.5}), ("share_above", {"threshold": 1})]
)
def test_a_score_that_is_no_number_makes_no_value(name: str, options: dict[str, float | int | str]) -> None:
    assert np.isnan(TASK.metric(name, None, options).value(table(NO_TRUTH, prediction=[1, 2, np.nan, 4])))


def test_a_score_of_ones_own_is_the_mean_of_the_single_column() -> None:
    metric = TASK.metric("helpfulness", None, {}, "higher")
    assert metric.name == "helpfulness"
    assert metric.higher_is_better
    assert metric.value(table(NO_TRUTH, prediction=[1, 2, 3, 4])) == 2.5
    assert not TASK.metric("toxicity", None, {}, "lower").higher_is_better


def test_of_several_scores_each_has_its_column() -> None:
    what = table(NO_TRUTH, prediction=[0, 0, 0, 0], helpfulness=[1, 2, 3, 4], score_safety=[1, 1, 1, 1])
    assert TASK.metric("helpfulness", None, {}, "higher").value(what) == 2.5
    assert TASK.metric("safety", None, {}, "higher").value(what) == 1
    assert TASK.metric("mean", "safety", {}).value(what) == 1
    assert TASK.metric("share_above", "helpfulness", {"threshold": 3}).value(what) == 0.25
    assert TASK.metric("mean", None, {}).value(what) == 0
    assert np.isnan(TASK.metric("fluency", None, {}, "higher").value(what))


@pytest.mark.parametrize(
    ("name", "of", "options", "direction", "says"),
    [
        ("meen", None, {}, None, "did you mean mean? it has mean, quantile, share_above; a score of your own needs"),
        ("helpfulness", "a", {}, "higher", "neither"),
        ("helpfulness", None, {"q": 0.5}, "higher", "neither"),
        ("quantile", None, {}, None, "`q` is missing"),
        ("quantile", None, {"q": 1}, None, "between 0 and 1"),
        ("share_above", None, {"threshold": "high"}, "higher", "a number"),
    ],
)
def test_mistakes_are_named(
    name: str, of: str | None, options: dict[str, float | int | str], direction: str | None, says: str
) -> None:
    with pytest.raises(UsageError) as found:
        TASK.metric(name, of, options, direction)  # type: ignore[arg-type]
    assert says in str(found.value)


def test_default_metrics() -> None:
    (metric,) = TASK.default_metrics(truth_of([1]))
    assert metric.name == "mean"
    assert metric.higher_is_better


def test_problems() -> None:
    truth = truth_of([1, 2])
    assert not facts_by_code(TASK.shape_problems(delivered(helpfulness=[1, 2], safety=[3, 4]), truth, ()))
    assert facts_by_code(TASK.shape_problems(delivered(rows=2, prediction=["good", "bad"]), truth, ())) == {
        "not_numeric": {"column": "prediction", "example": "good"}
    }
    assert facts_by_code(TASK.shape_problems(delivered(rows=2), truth, ())) == {
        "missing_column": {"column": "prediction"}
    }
    assert facts_by_code(TASK.range_problems(delivered(safety=[1, np.inf]))) == {
        "not_finite": {"column": "safety", "rows": 1}
    }


def test_no_score_is_simply_right() -> None:
    what = table(NO_TRUTH, prediction=[1, 2, 3, 4])
    assert TASK.correct(what) is None  # type: ignore[func-returns-value]
    assert TASK.per_class(what) == {}
