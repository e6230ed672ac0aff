"""Columns as levels: names that people read, and nothing that tells of one person."""

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.data import levels
from gatebot.data.columns import column_profile
from gatebot.data.levels import FEWEST, MOST_TRAITS, levels_of
from gatebot.data.profile import profile
from gatebot.data.rows import Columns, Rows
from gatebot.data.rules import SplitRules
from gatebot.data.split import split
from gatebot.evidence.profile import Levels, Trait
from tests.data.made import rows_of, tickets

RNG = np.random.default_rng(0)
N = 1200


def of(**values: Any) -> Rows:
    """Text rows of these columns."""
    return rows_of(None, fixed_eval=None, **values)


def told(rows: Rows) -> tuple[Levels, ...]:
    ids = np.arange(len(rows), dtype=np.uint64)
    columns = tuple(column_profile(column) for column in rows.frame.get_columns())
    return levels_of(rows, ids, np.arange(len(rows)), columns)


def names(*values: object, name: str = "x") -> list[tuple[str, ...]]:
    """The names of every trait of one column."""
    return [each.values.names for each in told(of(**{name: list(values)}))]


def spread(*values: object) -> list[object]:
    """Each as often as the others."""
    return [value for value in values for _ in range(N // len(values))]


PROSE = [" ".join(RNG.choice(["some", "word", "or", "other"], int(count))) for count in RNG.integers(9, 41, N)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (spread("mail", "web", "phone"), [("x=mail", "x=phone", "x=web")]),
        (spread("mail", "web", None), [("x=mail", "x=web", "x missing")]),
        (spread("true", "false"), [("x=false", "x=true")]),
        (spread(1, 2, 5), [("x=1", "x=2", "x=5")]),
        (spread(*"abcdefghijkl"), [(*(f"x={each}" for each in "abcdefgh"), "x: other values")]),
        (
            list(range(N // 2)) * 2,
            [
                (
                    "x up to 100",
                    "x in (100, 200]",
                    "x in (200, 300]",
                    "x in (300, 400]",
                    "x in (400, 500]",
                    "x above 500",
                )
            ],
        ),
        ([*[0] * 700, *range(1, 501)], [("x up to 0", "x in (0, 100]", "x in (100, 300]", "x above 300")]),
        (
            [f"2026-01-{1 + day % 28:02d}" for day in range(N)],
            [
                (
                    "x before 2026-01-05",
                    "x from 2026-01-05 to 2026-01-09",
                    "x from 2026-01-10 to 2026-01-13",
                    "x from 2026-01-14 to 2026-01-18",
                    "x from 2026-01-19 to 2026-01-23",
                    "x from 2026-01-24 on",
                ),
                tuple(f"x on a {day}" for day in levels._WEEK),
            ],
        ),
        (spread("the same"), []),
        (spread(None), []),
    ],
    ids=["categories", "missing", "truth", "few numbers", "other", "numbers", "many zeros", "days", "one", "none"],
)
def test_levels_have_names_that_people_read(values: list[object], expected: list[tuple[str, ...]]) -> None:
    assert names(*values) == expected


def test_prose_is_told_by_its_length_its_words_and_its_digits() -> None:
    texts = [text + (" 12" if k % 4 == 0 else "") for k, text in enumerate(PROSE)]
    characters, words, digits = told(of(text=texts))
    assert {each.trait for each in (characters, words, digits)} == {Trait.TEXT}
    first, *_, last = characters.values.names
    assert first.startswith("text: fewer than ")
    assert last.startswith("text: at least ")
    assert last.endswith(" characters")
    assert words.values.names[-1].endswith(" words")
    assert digits.values.names == ("text: no digit", "text: with digits")
    assert np.bincount(digits.values.codes).tolist() == [900, 300]


@pytest.mark.parametrize(
    "value",
    ["jane{}@example.org", "+49 30 123456{}", "4111-1111-1111-11{}", "10.0.0.{}", "x" * 70 + "{}"],
    ids=["mail", "telephone", "card", "network", "long"],
)
def test_what_looks_like_somebodys_is_told_by_its_length_alone(value: str) -> None:
    values = [value.format(k % 3 if k % 2 else "77") for k in range(N)]
    found = told(of(contact=values))
    assert [each.trait for each in found] == [Trait.TEXT]
    assert all(name.endswith("characters") for name in found[0].values.names)


def test_addresses_of_many_people_are_told_by_their_length_alone() -> None:
    mails = [f"{'x' * int(k)}{n}@example.org" for n, k in enumerate(RNG.integers(1, 30, N))]
    (found,) = told(of(mail=mails))
    assert all("characters" in name for name in found.values.names)


def test_rare_values_are_never_named() -> None:
    values = [*["rare"] * (FEWEST - 1), *["common"] * FEWEST, *["usual"] * (N - 2 * FEWEST)]
    assert names(*values) == [("x=usual", "x=common", "x: other values")]


@pytest.mark.parametrize("key", ["customer_id", "customerId", "id", "row uuid", "api-key"])
def test_keys_are_left_out(key: str) -> None:
    assert names(*RNG.integers(0, 500, N), name=key) == []


@pytest.mark.parametrize("harmless", ["paid", "valid", "monkey", "width"])
def test_columns_that_merely_sound_like_keys_are_kept(harmless: str) -> None:
    assert len(names(*RNG.integers(0, 500, N), name=harmless)) == 1


def test_numbers_that_are_all_different_and_whole_are_keys() -> None:
    assert names(*range(N)) == []
    assert len(names(*(value + 0.5 for value in range(N)))) == 1


def test_target_id_group_and_split_are_left_out_and_declared_slices_are_kept() -> None:
    rows = tickets(2000, groups=100, group="customer", split="side")
    rows = replace(rows, columns=replace(rows.columns, slices=("day",)))
    assert {each.column for each in told(rows)} == {"feature", "value", "day"}


def test_of_many_columns_the_most_readable_are_kept() -> None:
    numbers = {f"n{k}": list(RNG.normal(size=200)) for k in range(MOST_TRAITS)}
    found = told(of(**numbers, kind=[*["a"] * 100, *["b"] * 100]))
    assert len(found) == MOST_TRAITS
    assert found[0].column == "kind"


def test_typed_columns_have_the_levels_of_their_spelling() -> None:
    day = dt.date(2026, 1, 1)
    typed = {
        "number": RNG.normal(size=N),
        "whole": RNG.integers(0, 400, N),
        "flag": [k % 2 == 0 for k in range(N)],
        "day": [day + dt.timedelta(days=k % 60) for k in range(N)],
        "kind": ["ab"[k % 2] for k in range(N)],
    }
    frame = pl.DataFrame(typed)
    spelled = of(**{name: [str(value) for value in frame[name].to_list()] for name in frame.columns})
    of_types, of_texts = told(Rows(frame, Columns(), typed=True, files={})), told(spelled)
    assert [(each.column, each.values.names) for each in of_types] == [
        (each.column, each.values.names) for each in of_texts
    ]
    for one, other in zip(of_types, of_texts, strict=True):
        assert one.values.codes.tolist() == other.values.codes.tolist()


def test_more_rows_than_are_told_have_no_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "MOST_ROWS", 300)
    (found,) = told(of(x=spread("a", "b")))
    assert (found.values.codes >= 0).sum() == 300
    assert len(found.values) == N


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.floats(-1e100, 1e100) | st.sampled_from([math.inf, -math.inf, math.nan]),
            st.integers(-5, 5),
            st.text(max_size=70),
            st.dates().map(str),
            st.sampled_from(["a", "b", "nan", "007"]),
        ),
        max_size=150,
    )
)
def test_any_column_has_sound_levels(values: list[object]) -> None:
    for each in told(of(x=values * 3)):
        assert len(each.values) == 3 * len(values)
        assert set(each.values.codes.tolist()) == set(range(len(each.values.names)))
        assert 2 <= len(each.values.names) == len(set(each.values.names)) <= 10
        assert all(name.startswith("x") for name in each.values.names)


@given(st.lists(st.floats(allow_nan=False, width=32), min_size=10, max_size=100, unique=True))
def test_ranges_keep_the_order_of_numbers(values: list[float]) -> None:
    for each in told(of(x=[value + 0.0 for value in values])):
        finite = [
            (value, code)
            for value, code in zip(values, each.values.codes.tolist(), strict=True)
            if math.isfinite(value)
        ]
        assert all(one[1] <= other[1] for one, other in pairwise(sorted(finite)))


def test_the_profile_holds_levels_of_the_eval_rows_in_their_order() -> None:
    rows = tickets(600)
    result = split(rows, SplitRules("tickets", folds=1, eval_rows=240))
    found = profile(rows, result).eval_rows.levels
    assert found is not None
    side = next(each for each in found if each.column == "side")
    expected = [f"side={value}" for value in rows.frame["side"][result.eval.tolist()]]
    assert side.values.texts() == expected
