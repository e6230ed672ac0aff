"""How many rows a metric rests on, and what becomes of margins and tiers."""

from dataclasses import replace

import numpy as np
import pytest

from gatebot.checks.measures import change, rests_on
from gatebot.checks.row_views import Views
from gatebot.core.finding import Measure
from gatebot.evidence.column import Names
from gatebot.evidence.predictions import Predictions
from gatebot.stats.contrast import Estimand
from gatebot.tasks.registry import task_named
from gatebot.tasks.task import Margin
from tests.checks.worlds import World, world
from tests.tasks.tables import table

CLASSES = task_named("classification")


@pytest.mark.parametrize(
    ("name", "of", "rows"),
    [
        ("accuracy", None, 8),
        ("recall", "yes", 3),
        ("recall", "no", 5),
        ("precision", "yes", 2),
        ("log_loss", None, float("inf")),
    ],
)
def test_what_a_metric_rests_on(name: str, of: str | None, rows: float) -> None:
    truth = ["yes", "yes", "yes", "no", "no", "no", "no", "no"]
    answers = ["yes", "no", "no", "yes", "no", "no", "no", "no"]
    what = table(truth, prediction=answers, score_yes=np.full(8, 0.4), score_no=np.full(8, 0.6))
    assert rests_on(CLASSES.metric(name, of, {}), what) == pytest.approx(rows)


def _measured(what: World, name: str = "accuracy", margin: Margin | None = None) -> Measure:
    metric = task_named(what.rules.task).metric(name, None, {})
    found = change(Views(what.comparison()).whole, metric, margin or metric.default_margin)
    assert found is not None
    return found


def test_both_tiers_have_their_contrast() -> None:
    measure = _measured(world(confirm=True, loss=0.05))
    assert measure.smoke is not None
    assert measure.confirm is not None
    assert measure.spread is not None
    assert measure.spread.contrast == measure.confirm
    assert measure.smoke.delta == pytest.approx(-0.05, abs=0.02)
    assert len(measure.by_seed) == measure.seeds == 5
    assert measure.at_smoke is not None
    assert measure.at_smoke.spread is not None
    assert measure.at_smoke.spread.contrast == measure.smoke
    assert len(measure.at_smoke.by_seed) == measure.at_smoke.seeds == 2
    assert _measured(world(loss=0.05)).at_smoke is None


def test_an_artifact_has_one_tier_which_may_decide() -> None:
    brought = world(trains=False)
    measure = _measured(brought)
    assert brought.head.about.estimand == Estimand.ARTIFACT
    assert (measure.smoke, measure.confirm is not None) == (None, True)


def test_losses_are_positive_when_head_is_better() -> None:
    measure = _measured(world(loss=-0.1), "log_loss")
    assert measure.base is not None
    assert measure.head < measure.base
    assert measure.smoke is not None
    assert measure.smoke.delta > 0


@pytest.mark.parametrize("size", [0.01, 0.05])
def test_a_relative_margin_stays_relative_where_it_can(size: float) -> None:
    measure = _measured(world(), "log_loss", Margin(size, relative=True))
    assert (measure.margin, measure.relative) == (size, True)


def test_few_groups_decide_nothing_and_say_so() -> None:
    measure = _measured(world(groups=12))
    assert measure.not_enforced == "clusters: 12 groups, at least 20 needed"


def test_a_metric_without_an_interval_is_shown() -> None:
    measure = _measured(world(task="regression"), "max_error")
    assert measure.not_enforced == "max_error: its uncertainty is unknown"
    assert measure.head > 0


def test_one_seed_and_no_other_of_base_shows_no_seed_noise() -> None:
    one = world(seeds=1)
    assert _measured(one).not_enforced == ""  # base's other seeds show it
    assert one.base is not None


def _hardly(each: Predictions) -> Predictions:
    """`yes` is answered five times only."""
    was = each.columns["prediction"]
    assert isinstance(was, Names)
    codes = np.zeros_like(was.codes)
    codes[np.flatnonzero(was.codes)[:5]] = 1
    return replace(each, columns={"prediction": Names(codes, was.names)})


def test_hardly_predicting_a_class_is_no_way_out_of_its_precision() -> None:
    precision = CLASSES.metric("precision", "yes", {})

    def too_few(what: World) -> str:
        found = change(Views(what.comparison()).whole, precision, Margin(0.02))
        assert found is not None
        return found.not_enforced

    assert too_few(world().head_with(predictions=_hardly)) == ""
    assert too_few(world().base_with(predictions=_hardly)) == ""
    assert too_few(world().both_with(predictions=_hardly)) == "positives=5 < 10"
