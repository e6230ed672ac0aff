"""Targets: labels in one spelling, numbers or a complaint with an example."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from gatebot.data.rows import Columns
from gatebot.data.target import names_in, present, target_of
from gatebot.errors import UsageError
from gatebot.evidence.column import Names, Numbers, names_of
from tests.data.made import rows_of


def test_labels_are_spelled_as_everywhere() -> None:
    values = ["1", "1.0", " yes", "True", "nan", None, "none", ""]
    names = target_of(rows_of(Columns("y"), y=values), "classification")
    assert isinstance(names, Names)
    assert names.texts() == names_of(values).texts() == ["1", "1", "yes", "true", None, None, "none", None]
    assert present(names).tolist() == [True] * 4 + [False, False, True, False]


def test_typed_labels_are_spelled_as_text_ones() -> None:
    frame = pl.DataFrame({"f": [1.0, float("nan")], "b": [True, None], "i": [1, None]})
    assert [names_in(frame, name).texts() for name in "fbi"] == [["1", None], ["true", None], ["1", None]]


@pytest.mark.parametrize("task", ["regression", "scores"])
def test_numbers(task: str) -> None:
    numbers = target_of(rows_of(Columns("y"), y=["1.5", " 2 ", "NA", None, "nan"]), task)
    assert isinstance(numbers, Numbers)
    assert np.array_equal(numbers.values, [1.5, 2, np.nan, np.nan, np.nan], equal_nan=True)
    assert present(numbers).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("wrong", ["high", "inf", "1,5"])
def test_what_is_no_number_is_shown(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"1 of 3 rows do not; row 2 says '{wrong}'") as caught:
        target_of(rows_of(Columns("y"), y=["1", wrong, "3"]), "regression")
    assert "task: classification" in caught.value.hint


@pytest.mark.parametrize("labels", [["yes", "yes", "yes"], ["yes", None, "yes"]])
def test_one_class_cannot_be_told_apart(labels: list[str | None]) -> None:
    with pytest.raises(
        UsageError, match="`y` holds one class only, 'yes', so there is nothing to tell apart"
    ) as caught:
        target_of(rows_of(Columns("y"), y=labels), "classification")
    assert "data.target" in caught.value.hint
    assert target_of(rows_of(Columns("y"), y=["1", "1"]), "regression") is not None


def test_a_time_is_no_number() -> None:
    rows = rows_of(Columns("y"), y=["1"])
    dated = replace(rows, frame=pl.DataFrame({"y": ["2026-01-01"]}).with_columns(pl.col("y").str.to_date()))
    with pytest.raises(UsageError, match="must hold numbers") as caught:
        target_of(dated, "regression")
    assert "duration" in caught.value.hint


def test_no_target() -> None:
    assert target_of(rows_of(x=["1"]), "scores") is None
