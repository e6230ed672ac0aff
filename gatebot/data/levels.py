"""Reduces the columns of the eval rows to a few levels each, from which undeclared slices are formed.

Levels reveal no single person: numbers and times become ranges between rounded edges, and a category is named only if
at least 50 rows share it. Of free text, only its length, its number of words and the presence of digits are kept; of
values that look like personal addresses or numbers, only their length.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.identity import mixed, spelled
from gatebot.data.rows import Index, Rows
from gatebot.data.strata import rounded_edges
from gatebot.data.target import spelled_names
from gatebot.data.times import moments
from gatebot.evidence.column import MISSING, Floats, Hashes, Names
from gatebot.evidence.profile import ColumnProfile, Levels, Trait
from gatebot.stats.arrays import Ints
from gatebot.stats.levels import MOST_NAMES, binned, frequent, named

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 200_000
MOST_TRAITS = 40
BINS = 6
FEWEST = 50  # rows that must share a value for it to be named
LONGEST = 60  # most characters of a value that is named

_ID = re.compile(r"(?i:(?:^|[_\W])(?:id|uuid|guid|key|hash)$)|[a-z]I[dD]$")
_PERSONAL = re.compile(r"[^\s@]@[^\s@]+\.\w|(?:\d[ ./-]?){7}|\d{1,3}(?:\.\d{1,3}){3}")
"""Matches e-mail addresses, telephone and card numbers, and IP addresses."""
_WORDS = 0.05  # if a smaller share of the texts contains a space, the column holds codes, not prose
_DAY = 86_400_000_000  # microseconds
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Codes = tuple[Ints, Sequence[str]]
"""The level of each row, int[n], and the phrase that names each level."""


def levels_of(rows: Rows, ids: Hashes, order: Index, columns: Sequence[ColumnProfile]) -> tuple[Levels, ...]:
    """Return at most 40 traits of the columns that a model may read. A column with a single level has none.

    Args:
        rows: the rows that were read.
        ids: hashes of `rows`. If there are more than 200,000 eval rows, that many are chosen by hash; the others get
            no level.
        order: the eval rows.
        columns: profiles of the columns, in the order of the frame.
    """
    places = np.arange(len(order))
    if len(order) > MOST_ROWS:
        places = np.sort(np.argsort(mixed(ids[order], "levels"))[:MOST_ROWS])
    left_out = {name for part, name in rows.columns.parts() if part in ("target", "id", "group", "split.column")}
    ranked = sorted((each for each in columns if each.name not in left_out), key=lambda each: _KINDS.index(each.kind))
    found: list[Levels] = []
    for column in ranked:
        if len(found) < MOST_TRAITS and not _names_rows(column):
            found += _traits(rows.frame.get_column(column.name).gather(order[places]), column)
    return tuple(_spread(each, places, len(order)) for each in found[:MOST_TRAITS])


_KINDS = ("boolean", "category", "integer", "number", "time", "text", "empty")
"""Kinds of columns; those that give the most readable slices come first."""


def _names_rows(column: ColumnProfile) -> bool:
    """Return whether a column is a key: by its name, or because it holds integers that are all different."""
    present = column.rows - column.missing
    whole = column.kind == "integer" and column.distinct == present > MOST_NAMES
    called = column.kind in ("integer", "text") and column.distinct > FEWEST and _ID.search(column.name)
    return whole or bool(called)


def _traits(values: "pl.Series", column: ColumnProfile) -> Iterator[Levels]:
    """Yield the traits of one column that have more than one level."""
    name = column.name
    match column.kind:
        case "boolean" | "category":
            told = [_values(values, name)]
        case "integer" | "number" if column.distinct <= MOST_NAMES:
            told = [_values(values, name)]
        case "integer" | "number":
            told = [(Trait.RANGE, _ranges(_numbers(values), name))]
        case "time":
            told = [(Trait.RANGE, each) for each in _times(values, name)]
        case "text":
            told = [(Trait.TEXT, each) for each in _text(spelled(values.to_frame(), values.name), name)]
        case _:
            told = []
    for trait, (codes, names) in told:
        there = np.unique(codes)
        if len(there) > 1:
            used = np.searchsorted(there, codes).astype(np.int32)
            yield Levels(name, trait, Names(used, tuple(names[code] for code in there)))


def _values(values: "pl.Series", name: str) -> tuple[Trait, Codes]:
    """Return the most frequent values and one level for the others; lengths if values are long or look personal."""
    texts = spelled(values.to_frame(), values.name)
    found = spelled_names(texts)
    kept = frequent(found.codes, fewest=FEWEST)
    shown = [found.names[code] for code in kept]
    if any(len(text) > LONGEST or _PERSONAL.search(text) for text in shown):
        return Trait.TEXT, _lengths(texts, name)
    phrases = [f"{name}={text}" for text in shown]
    return Trait.VALUE, (named(found.codes, kept), (*phrases, f"{name}: other values", f"{name} missing"))


def _numbers(values: "pl.Series") -> Floats:
    import polars as pl

    if values.dtype == pl.String:
        values = values.str.strip_chars()
    return values.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()


def _ranges(values: Floats, name: str) -> Codes:
    """Return ranges of numbers: `age up to 30`, `age in (30, 41]`, `age above 41`."""
    edges = _edges(values)
    shown = [f"{edge:.10g}" for edge in edges]
    middle = [f"{name} in ({low}, {high}]" for low, high in pairwise(shown)]
    phrases = [f"{name} up to {shown[0]}", *middle, f"{name} above {shown[-1]}"] if shown else [f"any {name}"]
    return binned(values, edges), (*phrases, f"{name} missing")


def _edges(values: Floats) -> Floats:
    """Return the inner edges of at most six bins as they are written; edges that are written alike are merged."""
    with np.errstate(all="ignore"):
        edges = rounded_edges(values, BINS)
    written = [float(f"{edge:.10g}") for edge in edges if np.isfinite(edge)]
    return np.unique(np.array(written, dtype=np.float64))


def _text(texts: "pl.Series", name: str) -> Iterator[Codes]:
    """Yield the length of texts; for prose also the number of words and whether there are digits."""
    yield _lengths(texts, name)
    if texts.str.contains(" ", literal=True).sum() < _WORDS * len(texts):
        return
    words = texts.str.count_matches(r"\S+").cast(float).to_numpy()
    yield _counted(words, name, "words")
    digits = texts.str.contains(r"\d").to_numpy()
    yield digits.astype(np.intp), (f"{name}: no digit", f"{name}: with digits")


def _lengths(texts: "pl.Series", name: str) -> Codes:
    return _counted(texts.str.len_chars().cast(float).to_numpy(), name, "characters")


def _counted(counts: Floats, name: str, what: str) -> Codes:
    """Return ranges of counts; a count of 0 is missing.

    For example `text: fewer than 60 characters`, `text: 60 to 119 characters`, `text: at least 120 characters`.
    """
    counts = np.where(counts > 0, counts, np.nan)
    edges = np.unique(np.ceil(_edges(counts)))
    shown = [int(edge) for edge in edges]
    middle = [f"{low} to {high - 1}" if low < high - 1 else f"{low}" for low, high in pairwise(shown)]
    spans = [f"fewer than {shown[0]}", *middle, f"at least {shown[-1]}"] if shown else ["any"]
    phrases = [f"{name}: {span} {what}" for span in spans]
    return binned(counts, edges - 0.5), (*phrases, f"{name} missing")


def _times(values: "pl.Series", name: str) -> Iterator[Codes]:
    """Yield ranges of days between rounded edges, and the day of the week."""
    import polars as pl

    if values.dtype == pl.String:
        values = moments(values.str.strip_chars())
    if values.dtype != pl.Date and not isinstance(values.dtype, pl.Datetime):
        return
    days = values.cast(pl.Datetime("us")).to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy() // _DAY
    yield _days(days, name)
    week = np.where(
        np.isnan(days), len(_WEEK), (np.nan_to_num(days).astype(np.int64) + 3) % len(_WEEK)
    )  # 1970-01-01 was a Thursday
    yield week.astype(np.intp), (*(f"{name} on a {day}" for day in _WEEK), f"{name} missing")


def _days(days: Floats, name: str) -> Codes:
    """Return ranges of days.

    For example `created_at before 2026-03-01`, `created_at from 2026-03-01 to 2026-04-30`,
    `created_at from 2026-05-01 on`.
    """
    edges = np.unique(np.ceil(_edges(days)))
    dates = [str(np.datetime64(int(edge), "D")) for edge in edges]
    ends = [str(np.datetime64(int(edge) - 1, "D")) for edge in edges]
    middle = [f"{name} from {low} to {high}" for low, high in zip(dates, ends[1:], strict=False)]
    phrases = [f"{name} before {dates[0]}", *middle, f"{name} from {dates[-1]} on"] if dates else [f"any {name}"]
    return binned(days, edges - 0.5), (*phrases, f"{name} missing")


def _spread(levels: Levels, places: Index, count: int) -> Levels:
    """Return the levels of all eval rows; those that were not chosen have none."""
    if len(places) == count:
        return levels
    codes = np.full(count, MISSING, dtype=np.int32)
    codes[places] = levels.values.codes
    return Levels(levels.column, levels.trait, Names(codes, levels.values.names))
