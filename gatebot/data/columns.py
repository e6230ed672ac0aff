"""One column's profile: what kind of values it holds, guessed from all of them at once, and their numbers."""

from dataclasses import replace

import numpy as np
import polars as pl

from gatebot.data.identity import spelled
from gatebot.data.target import NOTHING
from gatebot.data.times import moments
from gatebot.snapshot.column import Floats
from gatebot.snapshot.evidence import ColumnProfile

_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
TOP = 50
_MOSTLY = 0.95  # share of values that must fit a kind
_CATEGORIES = 1000  # distinct values that names of categories may have
_REPEATED = 0.1  # and at most this share of the rows
_CODE = r"^[+-]?0\d"  # 007 is a code and no number
_BLANK = ("", "nan", "<na>")  # missing in columns that are no numbers: `NA` may be Namibia


def column_profile(values: pl.Series) -> ColumnProfile:
    """Profile one column, text or typed.

    Numbers: statistics of the finite values. Times: earliest and latest as ISO text. Text: statistics of its length in
    characters. `top` holds the most frequent values of columns that are no free text and have at most 50 of them,
    and of
    categories.
    """
    texts = spelled(values.to_frame(), values.name)
    empty = texts.str.strip_chars().str.to_lowercase().is_in(_BLANK)
    filled = texts.filter(~empty)
    start = ColumnProfile(values.name, "empty", len(values), len(values) - len(filled), filled.n_unique())
    if not len(filled):
        return replace(start, distinct=0)
    for kind in (_boolean, _number, _time):
        found = kind(start, filled, values.dtype)
        if found is not None:
            return found
    return _words(start, filled)


def _boolean(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    if dtype != pl.Boolean and (start.distinct > 4 or not filled.str.to_lowercase().is_in(["true", "false"]).all()):
        return None
    return replace(start, kind="boolean", top=_top(filled))


def _number(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    if not (dtype.is_numeric() or dtype == pl.String) or (dtype == pl.String and not _looks_numeric(filled)):
        return None
    stripped = filled.str.strip_chars()
    present = stripped.filter(~stripped.str.to_lowercase().is_in(NOTHING))
    numbers = present.cast(pl.Float64, strict=False)
    read = numbers.drop_nulls()
    if not len(read) or len(read) < _MOSTLY * len(present):
        return None
    if dtype == pl.String and present.str.contains(_CODE).any():
        return None
    finite = read.filter(read.is_finite()).to_numpy()
    whole = present.filter(numbers.is_not_null()).cast(pl.Int64, strict=False)
    missing = start.missing + len(filled) - len(present)
    distinct = start.distinct if missing == start.missing else present.n_unique()
    start = replace(
        start,
        kind="number" if whole.null_count() else "integer",
        missing=missing,
        distinct=distinct,
        not_finite=len(read) - len(finite),
        unparsed=len(present) - len(read),
        top=_top(present) if distinct <= TOP else {},
    )
    return _measured(start, finite)


def _looks_numeric(filled: pl.Series) -> bool:
    """A look at some values, so that free text is not parsed a million times for nothing."""
    some = filled.gather_every(max(1, len(filled) // 1000)).str.strip_chars()
    some = some.filter(~some.str.to_lowercase().is_in(NOTHING))
    return not len(some) or some.cast(pl.Float64, strict=False).null_count() <= 0.2 * len(some)


def _measured(start: ColumnProfile, finite: Floats) -> ColumnProfile:
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
    """0, 1, 5, 25, 50, 75, 95, 99 and 100 % of some finite values; nothing of none."""
    return tuple(np.quantile(values, _QUANTILES).tolist()) if len(values) else ()


def _time(start: ColumnProfile, filled: pl.Series, dtype: pl.DataType) -> ColumnProfile | None:
    if not (dtype.is_temporal() or dtype == pl.String):
        return None
    times = moments(filled.str.strip_chars())
    read = times.drop_nulls()
    if not dtype.is_temporal() and len(read) < _MOSTLY * len(filled):
        return None
    low, high = _ends(read) if len(read) else _ends(filled)
    unparsed = 0 if dtype.is_temporal() else len(filled) - len(read)
    return replace(start, kind="time", minimum=low, maximum=high, unparsed=unparsed)


def _ends(values: pl.Series) -> tuple[str, str]:
    ends = spelled(pl.DataFrame([values.min(), values.max()], schema=["end"]), "end")
    return ends[0], ends[1]


def _words(start: ColumnProfile, filled: pl.Series) -> ColumnProfile:
    few = start.distinct <= TOP and start.distinct < len(filled)
    if few or start.distinct <= min(_CATEGORIES, _REPEATED * len(filled)):
        return replace(start, kind="category", top=_top(filled))
    lengths = filled.str.len_chars().to_numpy().astype(np.float64)
    return replace(_measured(start, lengths), kind="text")


def _top(filled: pl.Series) -> dict[str, int]:
    """The most frequent values, most frequent first, equal ones by name."""
    counts = filled.alias("value").value_counts().sort(["count", "value"], descending=[True, False]).head(TOP)
    return dict(zip(counts["value"].to_list(), counts["count"].to_list(), strict=True))
