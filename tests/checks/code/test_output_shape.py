from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.core.finding import Priority, Status
from gatebot.evidence.column import Hashes, Names, Numbers
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from tests.checks.worlds import HARMLESS, facts, rows_of, said, silent, weighed, world

CHECK = "code.output_shape"


def _without(name: str) -> Any:
    def edit(each: Predictions) -> Predictions:
        return replace(each, columns={key: was for key, was in each.columns.items() if not key.startswith(name)})

    return edit


def _other_ids(ids: Hashes) -> Hashes:
    return np.concatenate([ids[:-3], np.arange(3, dtype=np.uint64) + np.uint64(10**9)])


def _renamed(each: Predictions) -> Predictions:
    labels = each.columns["prediction"]
    assert isinstance(labels, Names)
    return replace(each, columns={"prediction": Names(labels.codes, ("no", "perhaps"))})


def _mixed_up(each: Predictions) -> Predictions:
    """Three rows that nobody asked for in place of others, two rows twice, and a class of its own."""
    twice = rows_of(lambda ids: np.append(np.arange(len(ids)), [0, 1]))
    return _renamed(twice(replace(each, ids=_other_ids(each.ids))))


FAULT = world().head_with(predictions=_mixed_up)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (rows_of(lambda ids: np.arange(len(ids) - 100)), {"missing rows"}),
        (rows_of(lambda ids: np.append(np.arange(len(ids)), [0, 1])), {"doubled rows"}),
        (rows_of(lambda ids: np.zeros(len(ids), dtype=np.intp)), {"missing rows", "doubled rows"}),
        (lambda each: replace(each, ids=_other_ids(each.ids)), {"missing rows", "unknown ids"}),
        (lambda each: replace(each, problem="3 columns, expected 1", columns={}), {"unreadable"}),
        (_without(""), {"missing_column"}),
        (_renamed, {"unknown_class"}),
        (
            lambda each: replace(each, columns={**each.columns, "score_maybe": Numbers(np.zeros(len(each.ids)))}),
            {"unknown_score"},
        ),
        (lambda each: replace(each, columns={"prediction": Numbers(np.full(len(each.ids), 0.3))}), {"numeric_labels"}),
    ],
    ids=["lost", "doubled", "all one row", "other ids", "unreadable", "nothing", "class", "score", "numbers"],
)
def test_each_fault_is_found(edit: Any, found: set[str]) -> None:
    planted = world().head_with(predictions=edit)
    assert said(CHECK, planted) == dict.fromkeys(found, Status.NEW)
    assert {each.priority for each in weighed(CHECK, planted).values()} == {Priority.P1}


def test_each_kind_of_fault_is_told_once() -> None:
    assert set(said(CHECK, FAULT)) == {"missing rows", "unknown ids", "doubled rows", "unknown_class"}


def test_rows_lost_are_counted() -> None:
    planted = world().head_with(predictions=rows_of(lambda ids: np.arange(len(ids) - 100)))
    assert facts(CHECK, planted, "missing rows") == {"rows": 100, "asked": 2000}


def test_rows_of_a_fold_are_that_folds_own() -> None:
    folded = world(folds=5)
    assert silent(CHECK, folded)
    planted = folded.head_with(predictions=rows_of(lambda ids: np.arange(len(ids) - 7)))
    assert facts(CHECK, planted, "missing rows") == {"rows": 7, "asked": 400}


@pytest.mark.parametrize(
    ("lost", "status"), [(100, Status.INHERITED), (120, Status.INHERITED), (400, Status.WORSE), (0, Status.FIXED)]
)
def test_base_lost_a_hundred_rows(lost: int, status: Status) -> None:
    planted = world().base_with(predictions=rows_of(lambda ids: np.arange(len(ids) - 100)))
    planted = planted.head_with(predictions=rows_of(lambda ids: np.arange(len(ids) - lost)))
    assert said(CHECK, planted) == {"missing rows": status}
    assert len(planted.comparison().units) == 2000 - max(lost, 100)


def test_a_class_that_base_knows_is_known() -> None:
    planted = world().head_with(predictions=_renamed)
    known = planted.base_with(profile=lambda profile: replace(profile, train_classes={"perhaps": 3}))
    assert said(CHECK, planted) == {"unknown_class": Status.NEW}
    assert silent(CHECK, known)


def test_nothing_is_said_of_what_did_not_end_well() -> None:
    planted = world()
    need = Predict(planted.effort.fits(Side.HEAD)[0])
    assert silent(CHECK, planted.minus(Side.HEAD, need))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
