"""The statistics benchmark measures what it says: seven metrics and 212 slices, each with an interval."""

import pytest

from benchmarks.stats import METRICS, SLICED, VALUES, Data, measured, points_only, sliced


@pytest.fixture(scope="module")
def data() -> Data:
    return Data.draw(30_000)


def test_values_are_scikit_learn_s(data: Data) -> None:
    theirs = points_only(data)
    found = measured(data)
    assert [each.metric for each in found] == list(METRICS)
    assert [each.base for each in found] == pytest.approx(theirs[:7])
    assert [each.head for each in found] == pytest.approx(theirs[7:])


def test_every_slice_has_every_metric_with_an_interval(data: Data) -> None:
    found = sliced(data)
    assert len(found) == len(SLICED) * sum(VALUES)
    assert all(each.confirm is not None and each.confirm.se > 0 for each in found)
