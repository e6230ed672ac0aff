"""Equal evidence is known as equal, and precision is lost only where nobody can see it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.digest import digest, predictions_equal, truth_digest
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.profile import RowTable
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.training import Fit, Training
from gatebot.evidence.truth import Truth
from tests.evidence.evidence import ABOUT, predictions

IDS = np.array([3, 1, 2], dtype=np.uint64)
LABELS = Names(np.array([0, 1, -1], dtype=np.int32), ("no", "yes"))
TABLE = RowTable(IDS, IDS * 7, IDS // 2, IDS % 2, {"channel": LABELS})
TRUTH = Truth(IDS, LABELS, Numbers(np.array([1.0, 2.0, 3.0])))


def _delivered(**columns: Column) -> Predictions:
    return Predictions(Effects(Ending.OK), IDS, columns)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    training = Training(Effects(Ending.OK), 1, "rows")
    keys = [Fit(Side.HEAD, seed=seed) for seed in range(3)]
    one = Snapshot(ABOUT, dict.fromkeys(keys, training))
    other = Snapshot(ABOUT, dict.fromkeys(reversed(keys), training))
    assert digest(one) == digest(other)


def test_a_digest_says_nothing_of_labels_and_theirs_does() -> None:
    assert digest(Snapshot(ABOUT, truth=TRUTH)) == digest(Snapshot(ABOUT))
    assert truth_digest(TRUTH) != truth_digest(replace(TRUTH, weight=None))


@given(predictions(4))
@settings(max_examples=30, deadline=None)
def test_predictions_equal_themselves(delivered: Predictions) -> None:
    assert predictions_equal(delivered, replace(delivered, effects=Effects(Ending.CRASHED)))


def test_order_and_codes_do_not_make_predictions_differ() -> None:
    order = np.array([2, 0, 1])
    extra = IDS.astype(np.float64)
    columns: dict[str, Column] = {
        "prediction": Names(np.array([-1, 1, 0], dtype=np.int32), ("yes", "no")),
        "extra": Numbers(extra[order]),
    }
    moved = Predictions(Effects(Ending.OK), IDS[order], columns)
    assert predictions_equal(_delivered(prediction=LABELS, extra=Numbers(extra)), moved)


@pytest.mark.parametrize(
    "other",
    [
        _delivered(),
        _delivered(prediction=Numbers(np.zeros(3))),
        _delivered(prediction=Names(np.array([0, 0, -1], dtype=np.int32), ("no", "yes"))),
        _delivered(prediction=LABELS, score_no=Numbers(np.zeros(3))),
        replace(_delivered(prediction=LABELS), ids=IDS + 1),
        replace(_delivered(prediction=LABELS), problem="3 columns, expected 1"),
        Predictions(Effects(Ending.OK), IDS[:0], {"prediction": LABELS.take(np.array([], dtype=np.intp))}),
    ],
)
def test_different_predictions_differ(other: Predictions) -> None:
    assert not predictions_equal(_delivered(prediction=LABELS), other)
