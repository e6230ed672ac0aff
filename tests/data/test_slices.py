"""Slices: names as they stand, numbers in quartiles whose names hardly ever change."""

import numpy as np
import polars as pl
import pytest

from gatebot.data.slices import MOST, OTHERS, slice_names


def test_names_in_one_spelling() -> None:
    names = slice_names(pl.Series(["north", " north", "1.0", "1", "", "True", "true"]))
    assert names.texts() == ["north", "north", "1", "1", None, "true", "true"]


@pytest.mark.parametrize("few", [[str(place) for place in range(20)], ["1", "2", "NA"]])
def test_few_numbers_stay_names(few: list[str]) -> None:
    assert slice_names(pl.Series(few)).texts() == few


def test_many_numbers_become_quartiles() -> None:
    values = [*[str(place) for place in range(100)], "NA", ""]
    names = slice_names(pl.Series(values))
    assert names.names == ("< 25", "[25, 50)", "[50, 74)", ">= 74")
    assert names.texts()[24:26] == ["< 25", "[25, 50)"]
    assert names.texts()[-2:] == [None, None]


def test_a_few_more_rows_do_not_rename_the_bins() -> None:
    values = np.random.default_rng(0).lognormal(size=3000)
    texts = [str(value) for value in values]
    assert slice_names(pl.Series(texts)).names == slice_names(pl.Series(texts[:2900])).names


def test_numbers_that_are_mostly_one_number() -> None:
    names = slice_names(pl.Series(["0"] * 500 + [str(place) for place in range(1, 40)]))
    assert names.names == ("< 0", ">= 0")
    assert set(names.texts()) == {">= 0"}


def test_rare_names_of_a_long_list_are_one() -> None:
    values = [f"v{place:04d}" for place in range(1000) for _ in range(2 if place < 150 else 1)]
    names = slice_names(pl.Series([*values, ""]))
    assert len(names.names) == MOST
    assert names.names[-1] == OTHERS
    assert names.texts()[0] == "v0000"
    assert names.texts()[-2:] == [OTHERS, None]
