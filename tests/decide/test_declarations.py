"""What is wrong with a declared metric is said with its place and with what to do, with or without labels."""

import pytest

from gatebot.config.document import Rules
from gatebot.decide.declarations import declared_metrics, require_scores
from gatebot.errors import UsageError
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit
from tests.checks.worlds import world

TRUTH = world(classes=("billing", "urgent")).head.truth


def _rules(*metrics: dict[str, object], task: str = "classification") -> Rules:
    return Rules.model_validate({"task": task, "metrics": metrics})


@pytest.mark.parametrize(
    ("metrics", "says", "hint"),
    [
        (({"metric": "accuracy"}, {"metric": "acuracy"}), "metrics[1]: there is no metric 'acuracy'", "accuracy"),
        (({"metric": "mae"},), "metrics[0]: there is no metric 'mae'", "`task: regression`"),
        (({"metric": "recall", "of": "urgnt"},), "metrics[0]: recall(urgnt): no eval row", "did you mean urgent?"),
        (({"metric": "recall", "of": "x"},), "is of the class 'x'", "billing, urgent"),
        (({"metric": "accuracy", "options": {"k": 3}},), "there is no option 'k'", "it has none"),
    ],
)
def test_what_does_not_exist(metrics: tuple[dict[str, object], ...], says: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        declared_metrics(_rules(*metrics), TRUTH)
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_classes_are_asked_for_once_labels_are_known() -> None:
    assert [each.name for each in declared_metrics(_rules({"metric": "recall", "of": "x"}), None)] == ["recall(x)"]


@pytest.mark.parametrize(
    ("metric", "scores", "refused"),
    [
        ({"metric": "log_loss"}, False, True),
        ({"metric": "log_loss"}, True, False),
        ({"metric": "log_loss", "margin": "auto"}, False, False),
        ({"metric": "accuracy"}, False, False),
    ],
)
def test_probabilities_are_required_of_a_metric_that_must_have_a_value(
    metric: dict[str, object], scores: bool, refused: bool
) -> None:
    what = world(scores=scores)
    predictions = what.head.get(Predict(Fit(Side.HEAD)), Predictions)
    assert predictions is not None
    if not refused:
        require_scores(_rules(metric), what.head.truth, predictions)
        return
    with pytest.raises(UsageError, match=r"metrics\[0\]: log_loss takes probabilities") as caught:
        require_scores(_rules(metric), what.head.truth, predictions)
    assert "margin: auto" in caught.value.hint
