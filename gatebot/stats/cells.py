"""Rows by the levels that they have: counts and sums of every combination of levels, without looking at each apart."""

import math
from dataclasses import dataclass

import numpy as np

from gatebot.stats.arrays import Floats, Ints

Level = tuple[int, int]
"""A feature, and one of its levels."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Some rows, and those of them that differ at all: mostly few, and sums need no others.

    Attributes:
        columns: int[F, n] levels.
        sizes: how many levels each column has.
        gaps: whether some row has no level of it.
        moved: int[F, m] levels of the rows that differ.
        d: float[m] differences of these.
        squares: float[m] of the differences.
    """

    columns: Ints
    sizes: tuple[int, ...]
    gaps: tuple[bool, ...]
    moved: Ints
    d: Floats
    squares: Floats

    @classmethod
    def of(cls, columns: Ints, d: Floats) -> "Cells":
        """Of int[F, n] levels, negative where there is none, and float[n] differences."""
        sizes = tuple(int(top) + 1 for top in columns.max(axis=1, initial=0))
        gaps = tuple(bool((column < 0).any()) for column in columns)
        moved = np.flatnonzero(d)
        return cls(columns, sizes, gaps, columns[:, moved], d[moved], np.square(d[moved]))

    def cell(self, columns: Ints, features: tuple[int, ...]) -> Ints:
        """int[n] which combination of levels of these features each row has, -1 where one of them is missing."""
        first, *others = features
        cell: Ints = columns[first]
        for f in others:
            cell = np.asarray(cell * self.sizes[f] + columns[f])
        if any(self.gaps[f] for f in features):
            cell = np.where((columns[list(features)] < 0).any(axis=0), -1, cell)
        return cell

    def counted(self, features: tuple[int, ...]) -> tuple[Ints, Floats, Floats]:
        """Of each combination of levels: its rows, and the sums of their differences and of the squares."""
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
        """What a combination consists of."""
        levels = np.unravel_index(cell, tuple(self.sizes[f] for f in features))
        return tuple((f, int(level)) for f, level in zip(features, levels, strict=True))
