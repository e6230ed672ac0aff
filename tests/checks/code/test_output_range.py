from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.column import Names
from gatebot.evidence.predictions import Predictions
from tests.checks.worlds import HARMLESS, Answers, column, facts, said, silent, weighed, world

CHECK = "code.output_range"


def _first(value: float, rows: int = 40) -> Any:
    def change(values: Answers) -> Answers:
        values[:rows] = value
        return values

    return column("score_yes", change)


def _unlabelled(each: Predictions) -> Predictions:
    labels = each.columns["prediction"]
    assert isinstance(labels, Names)
    codes = labels.codes.copy()
    codes[:5] = -1
    return replace(each, columns={**each.columns, "prediction": Names(codes, labels.names)})


FAULT = world().head_with(predictions=lambda each: _unlabelled(_first(np.nan)(_first(1.7, 80)(each))))


@pytest.mark.parametrize(
    ("edit", "subject", "known"),
    [
        (_first(np.nan), "not_finite", {"rows": 40, "column": "score_yes"}),
        (_first(np.inf), "not_finite", {"rows": 40}),
        (_first(1.7), "probability_out_of_range", {"rows": 40, "example": 1.7}),
        (_first(-0.2), "probability_out_of_range", {"rows": 40, "example": -0.2}),
        (column("score_yes", lambda values: values / 2), "probability_sum", {"rows": 2000}),
        (_unlabelled, "missing_prediction", {"rows": 5}),
    ],
    ids=["nan", "infinite", "above", "below", "sum", "no label"],
)
def test_each_fault_is_found(edit: Any, subject: str, known: dict[str, object]) -> None:
    planted = world().head_with(predictions=edit)
    found = weighed(CHECK, planted)[subject]
    assert (found.status, found.priority) == (Status.NEW, Priority.P1)
    assert known.items() <= facts(CHECK, planted, subject).items()


def test_each_kind_of_fault_is_told_once() -> None:
    kinds = {"not_finite", "probability_out_of_range", "probability_sum", "missing_prediction"}
    assert said(CHECK, FAULT) == dict.fromkeys(kinds, Status.NEW)


@pytest.mark.parametrize("task", ["regression", "scores"])
def test_numbers_must_be_finite(task: str) -> None:
    planted = world(task=task).head_with(predictions=column("prediction", lambda values: values * np.nan))
    assert said(CHECK, planted) == {"not_finite": Status.NEW}


@pytest.mark.parametrize(
    ("on_base", "status"), [(40, Status.INHERITED), (30, Status.INHERITED), (4, Status.WORSE), (0, Status.NEW)]
)
def test_base_has_some_too(on_base: int, status: Status) -> None:
    planted = world().head_with(predictions=_first(np.nan)).base_with(predictions=_first(np.nan, on_base))
    assert said(CHECK, planted)["not_finite"] is status


def test_what_is_repaired_is_fixed() -> None:
    assert set(said(CHECK, world().base_with(predictions=_first(np.nan))).values()) == {Status.FIXED}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])


def test_rounded_probabilities_pass() -> None:
    assert silent(CHECK, world().both_with(predictions=column("score_yes", lambda values: np.round(values, 4))))


@pytest.mark.parametrize(
    ("shift", "subjects"),
    [
        (1e-12, {}),
        (2e-5, {"probability_rounded": Action.NOTE}),
        (9e-5, {"probability_rounded": Action.NOTE}),
        (2e-4, {"probability_out_of_range": Action.BLOCK}),
    ],
)
@pytest.mark.parametrize("top", [1.0, 0.0], ids=["above 1", "below 0"])
def test_what_rounding_may_miss_is_clipped_and_noted(top: float, shift: float, subjects: dict[str, Action]) -> None:
    sign = 1 if top else -1
    planted = world().head_with(predictions=_scores(top, sign * shift))
    assert {subject: found.action for subject, found in weighed(CHECK, planted).items()} == subjects
    if shift == 2e-5:
        known = facts(CHECK, planted, "probability_rounded")
        assert (known["column"], known["rows"]) == ("score_yes" if top else "score_no", 40)
        assert known["off"] == pytest.approx(2e-5)


def _scores(top: float, shift: float) -> Any:
    """The first 40 rows are sure, and miss the certainty by a little."""

    def change(each: Predictions) -> Predictions:
        sure = column("score_yes", lambda values: _put(values, 1.0))(column("score_no", lambda v: _put(v, 0.0))(each))
        name = "score_yes" if top else "score_no"
        return column(name, lambda values: _put(values, top + shift))(sure)

    return change


def _put(values: Answers, value: float) -> Answers:
    values[:40] = value
    return values


def test_rounding_on_both_sides_is_inherited() -> None:
    assert said(CHECK, world().both_with(predictions=_scores(1.0, 2e-5))) == {"probability_rounded": Status.INHERITED}
