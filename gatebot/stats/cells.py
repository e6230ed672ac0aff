"""Counts and sums of rows by their levels, for all combinations of levels at once."""

import math
from dataclasses import dataclass

import numpy as np

from gatebot.stats.arrays import Floats, Ints

Level = tuple[int, int]
"""A feature and one of its levels."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The levels of some rows, and the differences of those rows whose difference is not zero.

    Rows with a difference of zero add nothing to the sums.

    Attributes:
        columns: int[F, n] levels.
        sizes: number of levels of each column.
        gaps: for each column, whether some row has no level.
        moved: int[F, m] levels of the rows whose difference is not zero.
        d: float[m] differences of these rows.
        squares: float[m] squares of the differences.
    """

    columns: Ints
    sizes: tuple[int, ...]
    gaps: tuple[bool, ...]
    moved: Ints
    d: Floats
    squares: Floats

    @classmethod
    def of(cls, columns: Ints, d: Floats) -> "Cells":
        """Create Cells from int[F, n] levels, negative where there is none, and float[n] differences."""
        sizes = tuple(int(top) + 1 for top in columns.max(axis=1, initial=0))
        gaps = tuple(bool((column < 0).any()) for column in columns)
        moved = np.flatnonzero(d)
        return cls(columns, sizes, gaps, columns[:, moved], d[moved], np.square(d[moved]))

    def cell(self, columns: Ints, features: tuple[int, ...]) -> Ints:
        """Return int[n]: the combination of levels of these features of each row, or -1 if a level is missing."""
        first, *others = features
        cell: Ints = columns[first]
        for f in others:
            cell = np.asarray(cell * self.sizes[f] + columns[f])
        if any(self.gaps[f] for f in features):
            cell = np.where((columns[list(features)] < 0).any(axis=0), -1, cell)
        return cell

    def counted(self, features: tuple[int, ...]) -> tuple[Ints, Floats, Floats]:
        """Return the number of rows, the sum of differences and the sum of squares of each combination of levels."""
        cell, changed = self.cell(self.columns, features), self.cell(self.moved, features)
        total = math.prod(self.sizes[f] for f in features)
        d, squares = self.d, self.squares
        if any(self.gaps[f] for f in features):
            kept = changed >= 0
            cell, changed, d, squares = cell[cell >= 0], changed[kept], d[kept], squares[kept]
        sums, squared = (
            np.asarray(np.bincount(changed, weights=weights, minlength=total), dtype=np.float64)
            for weights in (d, squares)
        )
        return np.bincount(cell, minlength=total), sums, squared

    def levels(self, features: tuple[int, ...], cell: int) -> tuple[Level, ...]:
        """Return the levels of a combination."""
        levels = np.unravel_index(cell, tuple(self.sizes[f] for f in features))
        return tuple((f, int(level)) for f, level in zip(features, levels, strict=True))
