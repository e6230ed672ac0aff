from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Names
from gatebot.evidence.need import Side, Tier
from gatebot.evidence.own_score import OwnScore
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.profile import DataProfile
from gatebot.render.markdown import section
from gatebot.render.pieces import flat, noted
from gatebot.render.pieces import said as said_of
from gatebot.render.terminal import text
from tests.checks.worlds import HARMLESS, SLICES, column, facts, said, scored, silent, weighed, world

CHECK = "model.vanished_metric"
LOG_LOSS = {"metric": "log_loss", "margin": "5%"}


def _labels_only(each: Predictions) -> Predictions:
    return replace(each, columns={"prediction": each.columns["prediction"]})


def _never(label: str) -> Callable[[Predictions], Predictions]:
    """The label is never predicted, for another stands in its place."""

    def edit(each: Predictions) -> Predictions:
        was = each.columns["prediction"]
        assert isinstance(was, Names)
        codes = np.where(was.codes == was.names.index(label), 0, was.codes).astype(np.int32)
        return replace(each, columns={**each.columns, "prediction": Names(codes, was.names)})

    return edit


def _without_value(name: str, value: str) -> Callable[[DataProfile], DataProfile]:
    def edit(profile: DataProfile) -> DataProfile:
        was = profile.eval_rows.slices[name]
        codes = np.where(was.codes == was.names.index(value), 0, was.codes).astype(np.int32)
        slices = {**profile.eval_rows.slices, name: Names(codes, was.names)}
        return replace(profile, eval_rows=replace(profile.eval_rows, slices=slices))

    return edit


FAULT = world(
    classes=("a", "b", "c"), slices=SLICES, metrics=(LOG_LOSS, {"metric": "accuracy", "slice": "colour"})
).head_with(predictions=lambda each: _never("c")(_labels_only(each)), profile=_without_value("region", "south"))


def test_everything_that_vanished_is_told_by_itself() -> None:
    assert set(said(CHECK, FAULT)) == {"log_loss", "accuracy@colour", "precision(c)", "slice region=south"}


def test_a_declared_metric_without_a_value_blocks_and_says_of_what_it_is_made() -> None:
    planted = world(metrics=(LOG_LOSS,)).head_with(predictions=_labels_only)
    found = weighed(CHECK, planted)["log_loss"]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P0, Action.BLOCK)
    assert facts(CHECK, planted, "log_loss") == {"metric": "log_loss", "runs": 2, "all_runs": 2}
    assert flat(said_of(found)) == (
        "log_loss is declared and has no value: it takes probabilities, and predict gives labels alone"
    )
    assert "a column of probabilities for each class" in flat(noted(found))


def test_what_base_lacks_too_is_inherited() -> None:
    lacking = world(metrics=(LOG_LOSS,), scores=False)
    assert said(CHECK, lacking) == {"log_loss": Status.INHERITED}
    assert said(CHECK, lacking.without_base()) == {"log_loss": Status.NEW}


def test_a_metric_that_never_had_a_value_is_not_silent() -> None:
    report = judge(world(metrics=(LOG_LOSS,), scores=False).case())
    for told in (text(report), section(report)):
        flattened = " ".join(told.replace("`", "").split())
        assert "On base too: log_loss is declared and has no value: it takes probabilities" in flattened


def test_defaults_that_nobody_had_are_not_missed() -> None:
    assert silent(CHECK, world(scores=False))
    assert silent(CHECK, world(scores=False).without_base())


def test_a_default_that_base_had_is_missed() -> None:
    planted = world().head_with(predictions=_labels_only)
    found = weighed(CHECK, planted)["log_loss"]
    assert (found.status, found.priority) == (Status.NEW, Priority.P1)
    assert facts(CHECK, planted, "log_loss")["runs"] == 2


def test_not_a_number_is_no_value() -> None:
    planted = world(metrics=(LOG_LOSS,)).head_with(predictions=column("score_yes", lambda values: values * np.nan))
    assert said(CHECK, planted) == {"log_loss": Status.NEW}


def test_a_class_that_is_never_predicted_any_more_has_no_precision() -> None:
    planted = world(classes=("a", "b", "c")).head_with(predictions=_never("c"))
    assert said(CHECK, planted) == {"precision(c)": Status.NEW}
    assert "never predicted any more" in flat(noted(weighed(CHECK, planted)["precision(c)"]))


def test_a_class_that_was_hardly_predicted_is_not_missed() -> None:
    rare = world(classes=("a", "b", "c"), shares=(0.5, 0.499, 0.001), rows=3000, skill=0.999, churn=0.0)
    assert silent(CHECK, rare.head_with(predictions=_never("c")))
    declared = rare.ruled(metrics=[{"metric": "precision", "of": "c"}])
    assert silent(CHECK, declared.head_with(predictions=_never("c")))


@pytest.mark.parametrize(
    ("score", "known"),
    [
        (
            OwnScore(float("nan"), None, "it ended with crashed"),
            "it ended with crashed",
        ),
        (OwnScore(float("inf"), None), None),
    ],
)
def test_own_metrics_are_missed_too(score: OwnScore, known: str | None) -> None:
    rule = {"python": "metrics.py:cost", "direction": "lower"}

    def cost(side: Side, _tier: Tier, _seed: int) -> OwnScore:
        return score if side is Side.HEAD else OwnScore(1.0, None)

    planted = scored(world(metrics=(rule,)), "metrics.py:cost", cost)
    found = weighed(CHECK, planted)["cost"]
    assert (found.status, found.priority, found.facts.get("problem")) == (Status.NEW, Priority.P0, known)
    assert flat(noted(found)) == "", "what the user's own metric takes is for the user to know"


def test_a_slice_that_is_no_column_of_the_data_is_told() -> None:
    rule = {"metric": "accuracy", "slice": "colour"}
    found = weighed(CHECK, world(metrics=(rule,)).without_base())["accuracy@colour"]
    assert (found.priority, found.facts["column"]) == (Priority.P0, "colour")
    assert "name it in `data.slices`" in found.says


def test_a_slice_of_which_no_row_has_a_value_is_told() -> None:
    def empty(profile: DataProfile) -> DataProfile:
        nothing = Names(np.full(len(profile.eval_rows), -1, dtype=np.int32), ())
        return replace(profile, eval_rows=replace(profile.eval_rows, slices={"region": nothing}))

    rule = {"metric": "accuracy", "slice": "region"}
    found = weighed(CHECK, world(slices=SLICES, metrics=(rule,)).both_with(profile=empty))["accuracy@region"]
    assert "no eval row has a value" in found.says


def test_a_slice_without_rows_is_told() -> None:
    planted = world(slices=SLICES).head_with(profile=_without_value("region", "south"))
    assert said(CHECK, planted) == {"slice region=south": Status.NEW}
    assert facts(CHECK, planted, "slice region=south") == {"slice": "region=south"}
    assert "what filters them" in flat(noted(weighed(CHECK, planted)["slice region=south"]))


def test_a_slice_that_was_never_held_is_not() -> None:
    assert silent(CHECK, world(slices=SLICES, rows=60).head_with(profile=_without_value("region", "south")))


def test_a_slice_column_that_is_gone_is_told() -> None:
    def gone(profile: DataProfile) -> DataProfile:
        return replace(profile, eval_rows=replace(profile.eval_rows, slices={}))

    planted = world(slices=SLICES).head_with(profile=gone)
    assert set(said(CHECK, planted)) == {"slice region", "slice channel"}


def test_no_usable_run_is_no_value() -> None:
    unreadable: dict[str, Any] = {"predictions": lambda each: replace(each, problem="no columns", columns={})}
    assert said(CHECK, world(metrics=(LOG_LOSS,)).head_with(**unreadable)) == {"log_loss": Status.NEW}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
