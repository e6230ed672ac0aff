"""Profiles the columns of a table. Those of a table with few rows are computed together, not one by one.

A call of polars takes about as long as the work on a thousand values, so thousands of short columns are laid end to end
and computed with one call for each step. What is rare (times, numbers among words) is left to `column_profile`, and
every profile equals the one that `column_profile` makes.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gatebot.data.columns import CODE, QUANTILES, TOP, blank, column_profile, is_category, word_profile
from gatebot.data.rows import Mask
from gatebot.data.target import NOTHING
from gatebot.data.times import SHAPE
from gatebot.evidence.column import Floats
from gatebot.evidence.profile import ColumnProfile

SHORT = 20_000
"""Columns with more rows are profiled one by one, in threads."""

CELLS = 4_000_000
"""Most values that are computed together."""

_EXACT = 2.0**53  # larger whole numbers are not exact as floats

Places = NDArray[np.intp]


def column_profiles(frame: pl.DataFrame, words: Collection[str] = ()) -> tuple[ColumnProfile, ...]:
    """Profile every column of a table, text or typed; those named in `words` are words, whatever they look like."""
    found: dict[str, ColumnProfile] = {}
    if 0 < frame.height <= SHORT:
        texts: list[pl.Series] = []
        others: list[pl.Series] = []
        for values in frame.get_columns():
            (texts if values.dtype == pl.String else others).append(values)
        for block in _blocks(texts, frame.height):
            found |= _texts(block)
        for block in _blocks([each for each in others if each.dtype in _TYPED], frame.height):
            found |= _typed(block)
    left = [values for values in frame.get_columns() if values.name not in found]
    with ThreadPoolExecutor(os.cpu_count()) as workers:  # polars releases the interpreter lock while it works
        found |= {each.name: each for each in workers.map(column_profile, left)}
    for name in frame.columns:
        if name in words and found[name].kind in ("integer", "number"):
            found[name] = word_profile(frame.get_column(name))
    return tuple(found[name] for name in frame.columns)


_TYPED = (pl.Float64, pl.Float32, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt64, pl.UInt32, pl.UInt16, pl.UInt8)


def _blocks(columns: Sequence[pl.Series], height: int) -> Iterator[Sequence[pl.Series]]:
    size = max(1, CELLS // height)
    for start in range(0, len(columns), size):
        yield columns[start : start + size]


def _texts(block: Sequence[pl.Series]) -> Mapping[str, ColumnProfile]:
    """Profile text columns that hold only numbers, or no number and no time at all."""
    texts = pl.concat([values.alias("") for values in block], rechunk=True).fill_null("")
    shape = len(block), len(block[0])
    numbers = texts.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().reshape(shape)
    parsed = ~np.isnan(numbers)
    rest = np.flatnonzero(~parsed)
    others = texts.gather(rest)
    trimmed = others.str.strip_chars()
    absent = _spread(blank(others), rest, shape)
    nothing = _spread(trimmed.str.to_lowercase().is_in(NOTHING), rest, shape)
    empty = absent.all(axis=1)
    plain = (parsed | nothing).all(axis=1) & parsed.any(axis=1)
    plain[plain] = ~_any_code(texts, np.flatnonzero(plain), shape[1])
    missing = np.where(plain, nothing.sum(axis=1), absent.sum(axis=1)).tolist()
    start = [_start(values, count) for values, count in zip(block, missing, strict=True)]
    number_inside = trimmed.cast(pl.Float64, strict=False).is_not_null() | trimmed.str.contains(SHAPE)
    odd = _spread(number_inside, rest, shape) & ~absent
    words = ~(parsed | odd).any(axis=1) & ~empty
    found = [start[at] for at in np.flatnonzero(empty)]
    found += _numbers(start, np.flatnonzero(plain), texts, numbers)
    found += (
        _words(start[at], texts.slice(at * shape[1], shape[1]), ~absent[at]) for at in np.flatnonzero(words).tolist()
    )
    return {each.name: each for each in found}


def _start(values: pl.Series, missing: int) -> ColumnProfile:
    return ColumnProfile(values.name, "empty", len(values), missing, 0)


def _spread(flags: pl.Series, at: Places, shape: tuple[int, int]) -> Mask:
    """Return flags of some values as flags of all, shape [columns, rows]; the others are False."""
    spread: Mask = np.zeros(shape[0] * shape[1], dtype=bool)
    spread[at] = flags.to_numpy()
    return spread.reshape(shape)


def _part(texts: pl.Series, columns: Places, height: int) -> pl.Series:
    """Return the texts of some columns, end to end."""
    if len(columns) * height == len(texts):
        return texts
    return texts.gather((columns[:, None] * height + np.arange(height)).ravel())


def _any_code(texts: pl.Series, columns: Places, height: int) -> Mask:
    """Return whether a column holds a code such as `007`, shape [columns]."""
    codes: Mask = _part(texts, columns, height).str.contains(CODE).to_numpy()
    return np.asarray(codes.reshape(len(columns), height).any(axis=1))


def _numbers(
    start: Sequence[ColumnProfile], columns: Places, texts: pl.Series, numbers: Floats
) -> Iterator[ColumnProfile]:
    """Yield the profiles of text columns whose values are all numbers or missing."""
    if not len(columns):
        return
    height, matrix = numbers.shape[1], numbers[columns]
    there = ~np.isnan(matrix)
    whole = _part(texts, columns, height).cast(pl.Int64, strict=False).is_not_null().to_numpy().reshape(matrix.shape)
    distinct = _distinct(matrix)
    profiles = []
    for place, at in enumerate(columns.tolist()):
        few = distinct[place] <= TOP
        profiles.append(
            replace(
                start[at],
                kind="integer" if whole[place][there[place]].all() else "number",
                distinct=int(distinct[place]),
                top=_top(texts.slice(at * height, height), there[place]) if few else {},
            )
        )
    yield from _measured(profiles, matrix)


def _words(start: ColumnProfile, texts: pl.Series, there: Mask) -> ColumnProfile:
    """Profile one column of words: truth values, a category or text."""
    filled = texts.filter(pl.Series(there)).to_list() if not there.all() else texts.to_list()
    counts = Counter(filled)
    start = replace(start, distinct=len(counts))
    if all(text.lower() in ("true", "false") for text in counts):
        return replace(start, kind="boolean", top=_most_frequent(counts))
    if is_category(len(counts), len(filled)):
        return replace(start, kind="category", top=_most_frequent(counts))
    lengths = np.array([[float(len(text)) for text in filled]])
    return next(_measured([replace(start, kind="text")], lengths))


def _top(texts: pl.Series, there: Mask) -> Mapping[str, int]:
    return _most_frequent(Counter(text for text, kept in zip(texts.to_list(), there.tolist(), strict=True) if kept))


def _most_frequent(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent values with their counts, most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:TOP])


def _typed(block: Sequence[pl.Series]) -> Mapping[str, ColumnProfile]:
    """Profile typed columns of numbers, except where floats would not keep the values apart."""
    matrix = np.empty((len(block), len(block[0])))
    for row, values in zip(matrix, block, strict=True):
        row[:] = values.to_numpy()  # missing integers become NaN, too
    there = ~np.isnan(matrix)
    whole = np.array([values.dtype.is_integer() for values in block])
    with np.errstate(invalid="ignore"):
        exact = ~whole | (np.abs(np.where(there, matrix, 0.0)) < _EXACT).all(axis=1)
    exact &= ~((matrix == 0) & np.signbit(matrix)).any(axis=1)
    chosen, distinct = np.flatnonzero(exact).tolist(), _distinct(matrix)
    found = [
        replace(
            _start(block[at], len(block[at]) - int(there[at].sum())),
            kind=("integer" if whole[at] else "number") if there[at].any() else "empty",
            distinct=int(distinct[at]),
            top=_typed_top(matrix[at][there[at]], whole=bool(whole[at])) if distinct[at] <= TOP else {},
        )
        for at in chosen
    ]
    return {each.name: each for each in _measured(found, matrix[chosen])}


def _typed_top(present: Floats, *, whole: bool) -> Mapping[str, int]:
    values, counts = np.unique(present, return_counts=True)
    texts = pl.Series(values.astype(np.int64) if whole else values).cast(pl.String).to_list()
    return _most_frequent(dict(zip(texts, counts.tolist(), strict=True)))


def _distinct(matrix: Floats) -> Places:
    """Return how many different numbers each column has, NaN left out, shape [columns]."""
    ordered = np.sort(matrix, axis=1)
    there = ~np.isnan(ordered)
    new = there.copy()
    new[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    return np.asarray(new.sum(axis=1), dtype=np.intp)


def _measured(profiles: Sequence[ColumnProfile], matrix: Floats) -> Iterator[ColumnProfile]:
    """Yield the profiles with the statistics of their finite numbers; NaN is missing. `matrix` is [columns, rows]."""
    finite = np.isfinite(matrix)
    counts, beyond = finite.sum(axis=1), np.isinf(matrix).sum(axis=1)
    found = [
        replace(each, not_finite=number) if number else each
        for each, number in zip(profiles, beyond.tolist(), strict=True)
    ]
    for count in np.unique(counts[counts > 0]).tolist():
        chosen = np.flatnonzero(counts == count)
        part = matrix[chosen][finite[chosen]].reshape(len(chosen), count)
        quantiles = np.quantile(part, QUANTILES, axis=1).T
        means = part.mean(axis=1)
        spreads = part.std(axis=1, ddof=1) if count > 1 else np.zeros(len(chosen))
        for at, row, mean, std in zip(
            chosen.tolist(), quantiles.tolist(), means.tolist(), spreads.tolist(), strict=True
        ):
            found[at] = replace(found[at], minimum=row[0], maximum=row[-1], mean=mean, std=std, quantiles=tuple(row))
    yield from found
