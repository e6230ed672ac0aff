import math

import numpy as np
import pytest

from gatebot.evidence.column import Floats
from gatebot.evidence.own_score import OwnScore
from gatebot.tasks.own import own_metric, own_table
from gatebot.tasks.registry import Declaration, declared, task_named
from tests.tasks.tables import ids, moved_by_each_unit

(COST,) = declared(
    task_named("classification"), [Declaration(own="metrics.py:cost", direction="lower", margin=(0.02, True))], None
)
METRIC = own_metric(COST)
EVERY_OTHER = np.array([False, True, False, True])


def test_name_and_direction_are_the_declarations() -> None:
    assert (METRIC.name, METRIC.higher_is_better, METRIC.default_margin) == ("cost", False, COST.margin)


def test_values_of_rows_make_a_mean_with_influence() -> None:
    what = own_table([(OwnScore(2.5, np.array([1.0, 2, 3, 4])), ids(4))], ids(4)[::-1])
    influence = METRIC.influence(what)
    assert METRIC.value(what) == 2.5
    assert influence is not None
    np.testing.assert_allclose(influence, [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_allclose(influence, moved_by_each_unit(METRIC, what), atol=1e-6)
    assert METRIC.value(what.where(EVERY_OTHER)) == 2  # the rows 2 and 0
    assert METRIC.step(what) == 0


def test_units_may_be_fewer_than_rows_and_weigh() -> None:
    what = own_table([(OwnScore(2.5, np.array([1.0, 2, 3, 4])), ids(4))], ids(2), np.array([3.0, 1.0]))
    assert METRIC.value(what) == 1.25


@pytest.mark.parametrize(
    "rows",
    [None, np.array([1.0, 2, 3]), np.array([1.0, 2, 3, 5]), np.array([1.0, 2, 3, np.nan])],
    ids=["no rows", "too few", "no mean", "not finite"],
)
def test_a_value_that_its_rows_do_not_explain_stands_for_the_whole(rows: Floats | None) -> None:
    what = own_table([(OwnScore(2.5, rows), ids(4))], ids(4))
    assert METRIC.value(what) == 2.5
    assert METRIC.influence(what) is None
    assert math.isnan(METRIC.value(what.where(EVERY_OTHER)))


def test_folds_come_together() -> None:
    first, second = ids(4)[:1], ids(4)[1:]
    of_rows = [(OwnScore(1.0, np.array([1.0])), first), (OwnScore(3.0, np.array([2.0, 3, 4])), second)]
    of_folds = [(OwnScore(1.0, None), first), (OwnScore(3.0, None), second)]
    assert METRIC.value(own_table(of_rows, ids(4))) == 2.5
    assert METRIC.value(own_table(of_folds, ids(4))) == 2.5


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_is_no_value(value: float) -> None:
    assert math.isnan(METRIC.value(own_table([(OwnScore(value, None), ids(2))], ids(2))))
