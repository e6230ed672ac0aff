"""Times: which row is later, in whatever way times are written."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from gatebot.data.rows import Columns
from gatebot.data.times import latest_first, moment_numbers
from gatebot.errors import UsageError
from tests.data.made import rows_of


@pytest.mark.parametrize(
    "values",
    [
        ["2026-01-01", "2026-01-02", "2026-11-01"],
        ["2026-01-01T10:00:00Z", "2026-01-01T10:00:00.5Z", "2026-01-01T10:00:01Z"],
        ["2026-01-01 10:00:00+02:00", "2026-01-01 09:00:00+00:00", "2026-01-01 10:00:00+0000"],
        ["2026-01-01", "2026-01-01 00:01", "2026-01-01T00:01:01"],
        ["31.1.2026", "01.02.2026", "02.02.2026"],
        ["1/31/2026", "2/1/2026", "12/1/2026"],
        ["31/1/2026", "1/2/2026", "1/12/2026"],
        ["31-Jan-2026", "01-Feb-2026", "02-Feb-2026"],
        ["1767225600", "1767225601.5", "1767225700"],
        ["9", "10", "11"],
        ["2019", "2020", "2021"],
        ["20260101", "20260102", "20260203"],
    ],
)
def test_later_is_larger(values: list[str]) -> None:
    numbers = moment_numbers(rows_of(t=values), "t")
    assert (np.diff(numbers) > 0).all()


def test_typed_times() -> None:
    rows = replace(rows_of(t=["x"]), frame=pl.DataFrame({"t": [date(2026, 1, 2), None, date(2026, 1, 1)]}))
    assert np.array_equal(np.argsort(moment_numbers(rows, "t")), [2, 0, 1])


def test_no_times_at_all() -> None:
    with pytest.raises(UsageError, match=r"`t` \(data.time\) holds no times; the first value is 'soon'"):
        moment_numbers(rows_of(t=[None, "soon"]), "t")


def test_the_latest_come_first_and_rows_without_a_time_last() -> None:
    rows = rows_of(Columns(time="t"), t=["2026-01-01", None, "2026-01-03", "never", "2026-01-02"])
    places = latest_first(rows, "t", np.arange(5, dtype=np.uint64))
    assert places[[2, 4, 0]].tolist() == [0, 1, 2]
    assert set(places.tolist()) == set(range(5))
