"""The sketches of a table's columns as evidence."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from gatebot.evidence.column import Floats, Hashes
from gatebot.evidence.column_sketches import centroids, distinct
from gatebot.evidence.column_sketches.frequent import MAX_FREQUENT
from gatebot.evidence.kind import Evidence

VERSION = 1
"""The version of the method. Sketches of other versions can be read, but not merged."""
MAX_COLUMNS = 1000
LARGEST = 1e100
"""Largest number in the statistics; squares of larger numbers could overflow."""
_MAX_ROWS = 2**53  # floats count exactly up to here


class ColumnKind(StrEnum):
    """The kind of a column's values, as in `ColumnProfile.kind`."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    TEXT = "text"
    TIME = "time"
    EMPTY = "empty"


FEW: Mapping[ColumnKind, int] = {
    ColumnKind.EMPTY: 0,
    ColumnKind.BOOLEAN: 2,
    ColumnKind.NUMBER: 50,
    ColumnKind.INTEGER: 50,
    ColumnKind.CATEGORY: 1000,
}
"""The most different values with which a column is few-valued, so that its values may be stored."""


def _no_floats() -> Floats:
    return np.empty(0, dtype=np.float64)


def _no_hashes() -> Hashes:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSketch:
    """The sketch of one column. Numbers are measured as they are, times in seconds since 1970, texts by their length.

    Attributes:
        name: the name of the column.
        kind: the kind of its values.
        rows: the number of rows.
        missing: the rows without a value.
        unparsed: the values that do not fit the kind.
        not_finite: the numbers that are infinite or beyond 1e100, which are not measured.
        minimum: the smallest measured value; None if none was measured.
        maximum: the largest.
        mean: the mean.
        squares: the sum of squared deviations from the mean.
        means: the centroids of the measured values, strictly increasing, shape [m], m <= 400.
        weights: the number of values of each centroid, whole numbers, shape [m].
        hashes: the smallest keyed hashes of the different values, increasing, shape [h], h <= 1024.
        frequent: at most 64 of the most frequent values of a few-valued column with their counts; else None.
        excess: the maximum by which a count is too large, and the maximum count of a value that is not listed.
    """

    name: str
    kind: ColumnKind
    rows: int
    missing: int
    unparsed: int = 0
    not_finite: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    squares: float = 0.0
    means: Floats = field(default_factory=_no_floats)
    weights: Floats = field(default_factory=_no_floats)
    hashes: Hashes = field(default_factory=_no_hashes)
    frequent: Mapping[str, int] | None = None
    excess: int = 0

    @property
    def measured(self) -> int:
        """The number of measured values."""
        return int(self.weights.sum())

    @property
    def std(self) -> float | None:
        """The standard deviation (n - 1); 0 for a single value, None without any."""
        return math.sqrt(self.squares / max(self.measured - 1, 1)) if self.measured else None

    @property
    def distinct(self) -> int:
        """The estimated number of different values; exact below 1,024."""
        return distinct.estimate(self.hashes)

    def quantiles(self, levels: ArrayLike) -> Floats:
        """Return the measured values at levels in [0, 1], shape [k]; empty if none was measured."""
        if self.minimum is None or self.maximum is None:
            return _no_floats()
        return centroids.quantiles(self.means, self.weights, self.minimum, self.maximum, levels)

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        counts = (self.rows, self.missing, self.unparsed, self.not_finite)
        if min(counts) < 0 or sum(counts[1:]) > self.rows or self.rows > _MAX_ROWS:
            yield "the counts are negative, or more than the rows"
        yield from self._in_centroids() if len(self.means) or len(self.weights) else self._in_nothing()
        present = self.rows - self.missing - self.unparsed
        hashes = self.hashes
        if len(hashes) > min(distinct.MAX_HASHES, max(present, 0)) or not (hashes[1:] > hashes[:-1]).all():
            yield "the hashes are too many, or do not increase"
        yield from self._in_frequent(present)

    def _in_nothing(self) -> Iterator[str]:
        if (self.minimum, self.maximum, self.mean, self.squares) != (None, None, None, 0.0):
            yield "there are statistics of no values"

    def _in_centroids(self) -> Iterator[str]:
        means, weights = self.means, self.weights
        if len(means) != len(weights) or len(means) > centroids.MAX_CENTROIDS:
            yield f"there are more than {centroids.MAX_CENTROIDS} centroids, or not as many weights as means"
            return
        if not (np.isfinite(means).all() and (np.diff(means) > 0).all()):
            yield "the centroids are not finite, or do not increase"
        left = self.rows - self.missing - self.unparsed - self.not_finite
        if not ((weights >= 1) & (weights <= _MAX_ROWS) & (weights == np.floor(weights))).all():
            yield "the weights are not whole numbers of values"
        elif weights.sum() != left:
            yield f"the centroids hold {weights.sum():,.0f} values where {left:,} are left"
        low, middle, high = self.minimum, self.mean, self.maximum
        if low is None or middle is None or high is None:
            yield "the statistics of the values are missing"
        elif not (-LARGEST <= low <= means[0] and low <= middle <= high and means[-1] <= high <= LARGEST):
            yield "the centroids or the mean are not between the minimum and the maximum"
        if not 0 <= self.squares < math.inf:
            yield "the sum of squares is not finite and at least 0"

    def _in_frequent(self, present: int) -> Iterator[str]:
        if not 0 <= self.excess <= max(present, 0):
            yield "the excess is negative, or more than the values"
        if self.frequent is None:
            return
        if self.distinct > FEW.get(self.kind, 0):
            yield "values of a column that is not few-valued are stored"
        counts = self.frequent.values()
        if len(counts) > MAX_FREQUENT or not all(self.excess <= count <= present for count in counts):
            yield f"more than {MAX_FREQUENT} values are counted, or a count is out of range"
        elif sum(counts) - len(counts) * self.excess > present:
            yield "the counts are more than the values"


@dataclass(frozen=True, slots=True, eq=False)
class TableSketch(Evidence):
    """The sketches of the columns of one table, in the order of the table.

    Attributes:
        version: the version of the method.
        rows: the number of rows.
        columns: the sketches.
    """

    version: int
    rows: int
    columns: tuple[ColumnSketch, ...]

    def flaws(self) -> Iterator[str]:
        """Yield everything that is wrong with the values, one sentence each."""
        if not 1 <= self.version < 10_000:
            yield "the version of the sketch is not one that exists"
        if len(self.columns) > MAX_COLUMNS:
            yield f"there are more than {MAX_COLUMNS:,} columns"
            return
        if len({column.name for column in self.columns}) != len(self.columns):
            yield "a column stands twice"
        for column in self.columns:
            if column.rows != self.rows:
                yield f"{column.name} has {column.rows:,} rows where the table has {self.rows:,}"
            for flaw in column.flaws():
                yield f"{column.name}: {flaw}"
