import pytest

from gatebot.errors import UsageError
from gatebot.tasks.registry import TASKS, Declaration, declared, metric_catalogue, task_named
from gatebot.tasks.task import Margin
from tests.tasks.tables import truth_of

CLASSES = task_named("classification")


def test_tasks_bear_their_names() -> None:
    assert [task_named(name).name for name in TASKS] == ["classification", "regression", "scores"]
    with pytest.raises(UsageError, match="it is one of classification, regression, scores"):
        task_named("ranking")


def test_the_catalogue_tells_direction_margin_and_meaning() -> None:
    found = {(entry.task, entry.name): entry for entry in metric_catalogue()}
    recall, loss = found["classification", "recall"], found["classification", "log_loss"]
    assert (recall.higher_is_better, recall.margin, recall.needs_scores, recall.of) == (
        True,
        Margin(0.02),
        False,
        "class",
    )
    assert (loss.higher_is_better, loss.margin, loss.needs_scores) == (False, Margin(0.05, relative=True), True)
    assert found["scores", "mean"].higher_is_better is None
    assert found["regression", "pinball"].options == {"alpha": "between 0 and 1"}
    assert found["classification", "ece"].options["binning"] == "mass or width (mass)"
    assert all(entry.says and not entry.says.endswith(".") for entry in found.values())


@pytest.mark.parametrize("entry", metric_catalogue(), ids=lambda entry: f"{entry.task}.{entry.name}")
def test_every_metric_of_the_catalogue_can_be_made(entry: object) -> None:
    needed: dict[str, float | int | str] = {"beta": 2, "k": 3, "alpha": 0.9, "q": 0.5, "threshold": 0.5}
    options = {name: needed[name] for name in entry.options if name in needed}  # type: ignore[attr-defined]
    metric = task_named(entry.task).metric(entry.name, None, options)  # type: ignore[attr-defined]
    assert metric.name.startswith(entry.name)  # type: ignore[attr-defined]
    assert metric.higher_is_better is not (entry.higher_is_better is False)  # type: ignore[attr-defined]


def test_a_declaration_made_ready() -> None:
    (found,) = declared(
        CLASSES,
        [
            Declaration(
                metric="recall", of="urgent", slice="channel", margin=(0.03, False), warn=(0.01, False), floor=0.8
            )
        ],
        None,
    )
    assert (found.name, found.higher_is_better, found.slice, found.floor, found.ceiling) == (
        "recall(urgent)",
        True,
        "channel",
        0.8,
        None,
    )
    assert (found.margin, found.warn, found.own) == (Margin(0.03), Margin(0.01), None)
    assert found.metric is not None


def test_the_default_margin_is_the_metrics() -> None:
    rate, loss = declared(CLASSES, [Declaration(metric="accuracy"), Declaration(metric="log_loss")], None)
    assert (rate.margin, loss.margin) == (Margin(0.02), Margin(0.05, relative=True))


def test_nothing_declared_is_the_tasks_default() -> None:
    assert [each.name for each in declared(CLASSES, [], truth_of(["a", "b"]))] == ["accuracy", "log_loss"]
    assert declared(CLASSES, [], None) == ()


def test_a_metric_of_ones_own() -> None:
    (found,) = declared(CLASSES, [Declaration(own="metrics.py:cost", direction="lower", margin=(0.02, True))], None)
    assert (found.name, found.own, found.metric, found.higher_is_better) == ("cost", "metrics.py:cost", None, False)
    assert found.margin == Margin(0.02, relative=True)


@pytest.mark.parametrize(
    ("task", "declaration", "says"),
    [
        ("classification", Declaration(metric="acc"), "there is no metric 'acc' for classification"),
        ("regression", Declaration(metric="mae", of="a"), "not of a class"),
        ("regression", Declaration(metric="pinball"), "`alpha` is missing"),
        ("classification", Declaration(metric="accuracy", direction="lower"), "contradicts"),
        ("classification", Declaration(metric="accuracy", floor=0.9, ceiling=0.8), "not below the ceiling"),
        (
            "classification",
            Declaration(metric="accuracy", margin=(0.02, False), warn=(0.03, False)),
            "not below the margin",
        ),
        ("classification", Declaration(own="m.py:f"), "a `direction`"),
        ("classification", Declaration(), "a `direction`"),
        ("classification", Declaration(own="m.py:f", direction="lower", of="a"), "neither `of` nor options"),
    ],
)
def test_mistakes_are_named(task: str, declaration: Declaration, says: str) -> None:
    with pytest.raises(UsageError) as found:
        declared(task_named(task), [declaration], None)
    assert says in str(found.value)


@pytest.mark.parametrize(
    ("of", "hint"),
    [("urgnt", "did you mean urgent?"), ("x", "the eval rows hold low, urgent"), ("gone", "low, urgent")],
)
def test_a_class_that_no_eval_row_has_is_a_mistake(of: str, hint: str) -> None:
    truth = truth_of(["low", "urgent", None])
    with pytest.raises(UsageError) as found:
        declared(CLASSES, [Declaration("recall", of=of)], truth)
    assert f"no eval row is of the class '{of}'" in found.value.message
    assert hint in found.value.hint
    assert declared(CLASSES, [Declaration("recall", of="urgent")], truth)
    assert declared(CLASSES, [Declaration("recall", of=of)], None)


def test_of_a_score_is_not_of_a_class() -> None:
    assert declared(task_named("scores"), [Declaration("mean", of="safety")], truth_of([1]))
