"""Weights of rows: what makes them unusable, and that they survive where rows without weights are added."""

import numpy as np
import pytest

from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.profile import RowTable
from gatebot.evidence.truth import Truth

IDS = np.arange(4, dtype=np.uint64)
LABELS = Names(np.array([0, 1, 1, 0], dtype=np.int32), ("no", "yes"))


@pytest.mark.parametrize(
    ("weights", "flaw"),
    [
        ([1.0, 2.0, 0.0, 1.5], ""),
        ([0.0, 0.0, 0.0, 0.0], "sum to 0"),
        ([1.0, -1.0, 1.0, 1.0], "at least 0"),
        ([1.0, float("nan"), 1.0, 1.0], "finite"),
        ([1.0, float("inf"), 1.0, 1.0], "finite"),
        ([1.0, 1.0], "2 rows where there are 4 ids"),
    ],
)
def test_flaws(weights: list[float], flaw: str) -> None:
    values = np.array(weights)
    for each in (Truth(IDS, LABELS, Numbers(values)), RowTable(IDS, IDS, None, IDS * 0, {}, (), 9, values)):
        found = list(each.flaws())
        assert any(flaw in sentence for sentence in found) if flaw else not found


def test_rows_without_weights_count_once() -> None:
    eval_rows = Truth(IDS, LABELS, Numbers(np.array([1.0, 2.0, 2.0, 1.0])))
    train_rows = Truth(IDS + 3, LABELS)  # one of them is an eval row
    both = eval_rows.joined(train_rows)
    assert both.ids.tolist() == list(range(7))
    assert both.weight is not None
    assert both.weight.values.tolist() == [1, 2, 2, 1, 1, 1, 1]
    assert train_rows.joined(Truth(IDS, LABELS)).weight is None
