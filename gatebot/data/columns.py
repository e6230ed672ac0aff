"""Profiles one column: guesses the kind of its values from all of them, and computes statistics."""

from dataclasses import replace

import numpy as np
import polars as pl

from gatebot.data.identity import spelled
from gatebot.data.target import NOTHING
from gatebot.data.times import moments
from gatebot.evidence.column import Floats
from gatebot.evidence.profile import ColumnProfile

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
TOP = 50
_MOSTLY = 0.95  # share of values that must fit a kind
CATEGORIES = 1000  # most distinct values of a category column
_REPEATED = 0.1  # with more than TOP values, they are also at most this share of the rows
_SAMPLE = 1000


def _beyond(most: int) -> str:
    """Return a pattern of the larger whole numbers with as many digits."""
    digits = str(most)
    rest = len(digits) - 1
    return "|".join(
        rf"{digits[:at]}[{int(digit) + 1}-9]\d{{{rest - at}}}$" for at, digit in enumerate(digits) if digit < "9"
    )


CODE = rf"^(?:[+-]?(?:0\d|\d{{20,}}$)|\+?(?:{_beyond(2**63 - 1)})|-(?:{_beyond(2**63)})|\+\d{{7}})"
"""Codes, not numbers: 007, what has more digits than a number keeps, and telephone numbers."""


def column_profile(values: pl.Series) -> ColumnProfile:
    """Profile one column, text or typed.

    Numbers get statistics of the finite values, times the earliest and latest as ISO text, and free text statistics of
    its length in characters. `top` holds the most frequent values of categories, and of booleans and numbers with at
    most 50 distinct values.
    """
    start = ColumnProfile(values.name, "empty", len(values), 0, 0)
    if values.dtype.is_numeric():
        return _numbers(start, values)
    texts = spelled(values.to_frame(), values.name)
    filled = texts.filter(~blank(texts))
    start = replace(start, missing=len(values) - len(filled))
    if not len(filled):
        return start
    for kind in (_boolean, _number_texts, _time):
        found = kind(start, filled, values.dtype)
        if found is not None:
            return found
    return _words(start, filled)


def word_profile(values: pl.Series) -> ColumnProfile:
    """Profile a column of text whose values are words, also where they look like numbers."""
    filled = values.filter(~blank(values.fill_null("")))
    return _words(ColumnProfile(values.name, "empty", len(values), len(values) - len(filled), 0), filled)


def blank(texts: pl.Series) -> pl.Series:
    """Return True where a text says nothing. Words such as `NA` and `nan` are words: `NA` may be Namibia."""
    return texts.str.strip_chars() == ""


def _boolean(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    values = ["true", "false"]
    if not filled.head(_SAMPLE).str.to_lowercase().is_in(values).all():
        return None
    if dtype != pl.Boolean and not filled.str.to_lowercase().is_in(values).all():
        return None
    return replace(start, kind="boolean", distinct=filled.n_unique(), top=_top(filled))


def _numbers(start: ColumnProfile, values: pl.Series) -> ColumnProfile:
    """Profile a typed column of numbers."""
    whole = values.dtype.is_integer()
    present = values.drop_nulls() if whole else values.cast(pl.Float64).fill_nan(None).drop_nulls()
    start = replace(start, missing=len(values) - len(present), distinct=present.n_unique())
    if not len(present):
        return start
    texts = present.cast(pl.String) if start.distinct <= TOP else present.head(0).cast(pl.String)
    return _measured(replace(start, kind="integer" if whole else "number", top=_top(texts)), present.cast(pl.Float64))


def _number_texts(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    """Profile a text column of numbers; None unless at least 95 % are numbers and none is a code such as `007`."""
    if dtype != pl.String or not _looks_numeric(filled):
        return None
    numbers = filled.cast(pl.Float64, strict=False).fill_nan(None)
    odd = filled.filter(numbers.is_null()).str.strip_chars()
    odd = odd.filter(~odd.str.to_lowercase().is_in(NOTHING))
    padded = odd.cast(pl.Float64, strict=False)
    read = pl.concat([numbers.drop_nulls(), padded.drop_nulls()])
    present = len(filled) - int(numbers.null_count()) + len(odd)
    if not len(read) or len(read) < _MOSTLY * present or filled.str.contains(CODE).any():
        return None
    fractions = filled.cast(pl.Int64, strict=False).null_count() - numbers.null_count()
    fractions += odd.cast(pl.Int64, strict=False).null_count() - padded.null_count()
    distinct = read.n_unique()
    start = replace(
        start,
        kind="number" if fractions else "integer",
        missing=start.missing + len(filled) - present,
        distinct=distinct,
        unparsed=padded.null_count(),
        top=_top(filled.filter(numbers.is_not_null())) if distinct <= TOP else {},
    )
    return _measured(start, read)


def _looks_numeric(filled: pl.Series) -> bool:
    """Return whether a sample of the values is mostly numbers, so that free text is not parsed as a whole."""
    some = filled.gather_every(max(1, len(filled) // _SAMPLE)).str.strip_chars()
    some = some.filter(~some.str.to_lowercase().is_in(NOTHING))
    return not len(some) or some.cast(pl.Float64, strict=False).null_count() <= 0.2 * len(some)


def _measured(start: ColumnProfile, numbers: pl.Series) -> ColumnProfile:
    """Add the statistics of the finite numbers to a profile."""
    finite = numbers.filter(numbers.is_finite()).to_numpy()
    start = replace(start, not_finite=len(numbers) - len(finite))
    if not len(finite):
        return start
    quantiles = quantiles_of(finite)
    return replace(
        start,
        minimum=quantiles[0],
        maximum=quantiles[-1],
        mean=float(finite.mean()),
        std=float(finite.std(ddof=1)) if len(finite) > 1 else 0.0,
        quantiles=quantiles,
    )


def quantiles_of(values: Floats) -> tuple[float, ...]:
    """Return the 0, 1, 5, 25, 50, 75, 95, 99 and 100 % quantiles of finite values; empty if there are none."""
    return tuple(np.quantile(values, QUANTILES).tolist()) if len(values) else ()


def _time(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    if not (dtype.is_temporal() or dtype == pl.String):
        return None
    times = moments(filled.str.strip_chars())
    read = times.drop_nulls()
    if not dtype.is_temporal() and len(read) < _MOSTLY * len(filled):
        return None
    low, high = _ends(read) if len(read) else _ends(filled)
    unparsed = 0 if dtype.is_temporal() else len(filled) - len(read)
    distinct = (read if len(read) else filled).n_unique()
    return replace(start, kind="time", distinct=distinct, minimum=low, maximum=high, unparsed=unparsed)


def _ends(values: pl.Series) -> tuple[str, str]:
    every = values.alias("end").to_frame()  # never as values of Python, whose years begin with 1
    ends = spelled(pl.concat([every.select(pl.col("end").min()), every.select(pl.col("end").max())]), "end")
    return ends[0], ends[1]


def _words(start: ColumnProfile, filled: pl.Series) -> ColumnProfile:
    start = replace(start, distinct=filled.n_unique())
    if is_category(start.distinct, len(filled)):
        return replace(start, kind="category", top=_top(filled))
    return replace(_measured(start, filled.str.len_chars().cast(pl.Float64)), kind="text")


def is_category(distinct: int, filled: int) -> bool:
    """Return whether words with so many different values among so many are categories, not text."""
    few = distinct <= TOP and distinct < filled
    return few or distinct <= min(CATEGORIES, _REPEATED * filled)


def _top(filled: pl.Series) -> dict[str, int]:
    """Return the most frequent values with their counts, most frequent first, ties by name."""
    counts = filled.alias("value").value_counts().sort(["count", "value"], descending=[True, False]).head(TOP)
    return dict(zip(counts["value"].to_list(), counts["count"].to_list(), strict=True))
