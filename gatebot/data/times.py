"""Parses texts and typed values as times."""

from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.identity import mixed, spelled
from gatebot.data.rows import Rows
from gatebot.data.target import NOTHING
from gatebot.errors import UsageError
from gatebot.evidence.column import Floats, Hashes

if TYPE_CHECKING:
    import polars as pl

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%b-%Y")
_CLOCKS = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M")
_SAMPLE = 1000
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
SHAPE = r"^\d{1,4}[-/.]?(?:\d\d?|[A-Za-z]{3})[-/.]?\d{1,4}(?:[T ]|$)"


def moments(texts: "pl.Series") -> "pl.Series":
    """Parse texts as times, in UTC if they name a zone; null if a text is not a time.

    Uses all formats that begin with the year, and of the others the one that parses the most values.
    """
    import polars as pl

    nothing = pl.repeat(None, len(texts), dtype=pl.Datetime("us"), eager=True)
    sample = texts.filter(texts.str.contains(SHAPE)).head(_SAMPLE)
    if not len(sample):
        return nothing
    plain = texts.str.replace("T", " ", literal=True)
    zoned = plain.str.contains(r"\d:\d\d.*" + _ZONE) if sample.str.contains(r"\d:\d\d.*" + _ZONE).any() else None
    found = nothing
    for form in _forms(sample):
        if found.null_count() > plain.null_count():
            found = found.fill_null(plain.str.to_datetime(form, strict=False, time_unit="us", ambiguous="earliest"))
    if zoned is not None:
        ends = plain.str.replace(r"Z$", "+00:00")
        for clock in _CLOCKS:
            moved = ends.str.to_datetime(f"%Y-%m-%d {clock}%#z", strict=False, time_unit="us")
            found = found.fill_null(moved.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    return found


def _forms(sample: "pl.Series") -> list[str]:
    """Return the formats that parse part of a sample: all that begin with the year, and the best of the others."""
    plain = sample.str.replace("T", " ", literal=True)
    hits = {}
    for day in _DAYS:
        for form in (day, *(f"{day} {clock}" for clock in _CLOCKS)):
            kind = plain.str.to_datetime(form, strict=False, time_unit="us") if " " in form else None
            read = kind if kind is not None else plain.str.to_date(form, strict=False)
            hits[form] = len(read) - read.null_count()
    year_first = [form for form, count in hits.items() if count and form.startswith("%Y")]
    others = {day: sum(count for form, count in hits.items() if form.startswith(day)) for day in _DAYS[3:]}
    best = max(others, key=lambda day: others[day])
    return year_first + [form for form, count in hits.items() if count and form.startswith(best)]


def moment_numbers(rows: Rows, name: str) -> Floats:
    """Return a time column as numbers that increase with time, NaN if missing, shape [n].

    Raises:
        UsageError: no value is a time or a number.
    """
    import polars as pl

    values = rows.frame.get_column(name)
    if values.dtype.is_temporal():
        return values.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    texts = spelled(rows.frame, name).str.strip_chars()
    filled = ~texts.str.to_lowercase().is_in(NOTHING)
    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.is_finite().sum() == filled.sum() and filled.any():
        return numbers.fill_null(float("nan")).to_numpy()
    times = moments(texts).to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if np.isnan(times).all():
        example = next(iter(texts.filter(filled)), "")
        raise UsageError(
            f"`{name}` (data.time) holds no times; the first value is {str(example)[:40]!r}.",
            "Write times as 2026-01-31, 2026-01-31T12:00:00Z, or as numbers.",
        )
    return times


def latest_first(rows: Rows, name: str, ids: Hashes) -> Hashes:
    """Return the rank of each row, latest first, shape [n]; equal times by hash, missing times last."""
    times = np.nan_to_num(moment_numbers(rows, name), nan=-np.inf)
    places = np.empty(len(times), dtype=np.uint64)
    places[np.lexsort((mixed(ids, "eval"), -times))] = np.arange(len(times), dtype=np.uint64)
    return places
