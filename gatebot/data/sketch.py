"""Makes mergeable sketches of the columns of a table. The kinds of columns are those of the profile."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from gatebot.data.columns import blank, column_profile
from gatebot.data.identity import keyed, spelled
from gatebot.data.times import moments
from gatebot.evidence.column import Floats, short
from gatebot.evidence.column_sketches import ColumnKind, ColumnSketch, TableSketch
from gatebot.evidence.column_sketches.centroids import clustered
from gatebot.evidence.column_sketches.distinct import smallest
from gatebot.evidence.column_sketches.frequent import most_frequent
from gatebot.evidence.column_sketches.value import LARGEST, VERSION

_MICROSECONDS, _NANOSECONDS = 1e6, 1e9  # in one second


def table_sketch(frame: pl.DataFrame, project: str) -> TableSketch:
    """Sketch every column of a table. `project` is the key of the hashes."""
    with ThreadPoolExecutor(os.cpu_count()) as workers:  # polars releases the interpreter lock while it works
        columns = tuple(workers.map(partial(column_sketch, project=project), frame.get_columns()))
    return TableSketch(VERSION, frame.height, columns)


def column_sketch(values: pl.Series, project: str) -> ColumnSketch:
    """Sketch one column, text or typed.

    Values are listed only where `ColumnProfile.top` lists them: those of categories, and of booleans and numbers with
    few different values. Of all others, only statistics and keyed hashes are kept. Numbers are spelled in one way, so
    that 1, 1.0 and 1.00 are one value.
    """
    profile = column_profile(values)
    kind, name = ColumnKind(profile.kind), short(values.name)
    if kind is ColumnKind.EMPTY:
        return ColumnSketch(name, kind, len(values), len(values), frequent={})
    fitting = _fitting(values, kind)
    numbers = _measures(fitting, kind)
    finite = numbers[np.abs(numbers) <= LARGEST]
    counts = fitting.alias("value").value_counts()
    texts = _spelled(counts["value"])
    frequent, excess = None, 0
    if profile.top:
        frequent, excess = most_frequent(dict(zip(map(short, texts), counts["count"], strict=True)))
    sketch = ColumnSketch(
        name=name,
        kind=kind,
        rows=len(values),
        missing=len(values) - len(fitting) - profile.unparsed,
        unparsed=profile.unparsed,
        not_finite=len(numbers) - len(finite),
        hashes=smallest(keyed(project, "value", texts)),
        frequent=frequent,
        excess=excess,
    )
    return _with_statistics(sketch, finite) if len(finite) else sketch


def _fitting(values: pl.Series, kind: ColumnKind) -> pl.Series:
    """Return the values that fit the kind: numbers, times in seconds, or texts."""
    if values.dtype.is_integer():
        return values.drop_nulls()
    if values.dtype.is_numeric():
        return _present(values.cast(pl.Float64))
    if values.dtype.is_temporal() and kind is ColumnKind.TIME:
        return _in_seconds(values.drop_nulls())
    texts = spelled(values.to_frame(), values.name)
    texts = texts.filter(~blank(texts))
    if kind in (ColumnKind.NUMBER, ColumnKind.INTEGER):
        return _present(texts.str.strip_chars().cast(pl.Float64, strict=False))
    if kind is ColumnKind.TIME:
        return _in_seconds(moments(texts.str.strip_chars()).drop_nulls())
    return texts.str.to_lowercase() if kind is ColumnKind.BOOLEAN else texts


def _present(numbers: pl.Series) -> pl.Series:
    """Return the numbers that are not missing."""
    return numbers.fill_nan(None).drop_nulls()


def _in_seconds(times: pl.Series) -> pl.Series:
    """Return times as seconds since 1970, clock times since midnight, and durations as they are."""
    if times.dtype == pl.Time:
        return times.to_physical().cast(pl.Float64) / _NANOSECONDS
    if times.dtype == pl.Date:
        times = times.cast(pl.Datetime("us"))
    return times.dt.cast_time_unit("us").to_physical().cast(pl.Float64) / _MICROSECONDS


def _measures(fitting: pl.Series, kind: ColumnKind) -> Floats:
    """Return what is measured of each value; nothing of categories and booleans."""
    match kind:
        case ColumnKind.CATEGORY | ColumnKind.BOOLEAN:
            fitting = fitting.head(0).str.len_chars()
        case ColumnKind.TEXT:
            fitting = fitting.str.len_chars()
        case _:
            pass
    return fitting.cast(pl.Float64).to_numpy() + 0.0  # -0.0 + 0.0 is 0.0


def _spelled(values: pl.Series) -> pl.Series:
    """Return different values as different texts; whole numbers without a fraction, and zero without a sign."""
    texts = values.cast(pl.String)
    return texts.str.strip_suffix(".0").replace("-0", "0") if values.dtype.is_float() else texts


def _with_statistics(sketch: ColumnSketch, numbers: Floats) -> ColumnSketch:
    """Add the statistics of finite numbers to a sketch."""
    low, high = float(numbers.min()), float(numbers.max())
    mean = min(max(float(numbers.mean()), low), high)
    means, weights = clustered(numbers, np.ones(len(numbers)))
    squares = float(np.square(numbers - mean).sum())
    return replace(sketch, minimum=low, maximum=high, mean=mean, squares=squares, means=means, weights=weights)
