"""Finds undeclared slices in which head looks worse than base, on one half of the rows.

The worst of thousands of slices looks bad by chance, so the search itself proves nothing. A slice must be tested on the
other half of the rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from gatebot.stats.arrays import Bools, Floats, Ints, StatError, floats, variance
from gatebot.stats.cells import Cells, Level

MOST = 10
EXAMINED = 1000
"""Number of the worst slices that are compared with each other."""
OVERLAP = 0.5
NEARLY = 0.8
"""Share of common rows, among the rows in either of two slices, above which the slices count as the same."""
FEWEST = 32
PRIOR_ROWS = 10.0
"""Weight, in rows, of the overall variance in each slice's variance, so that a tiny variance cannot win the search."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that have all of these levels.

    Attributes:
        levels: pairs (feature, level), ordered by feature.
        n: number of its rows in the searched half.
        mean: mean of their differences; negative where head is worse.
        z: the mean minus the loss that all rows share, divided by its standard error. For ranking only, because the
            worst of many slices looks bad by chance.
    """

    levels: tuple[Level, ...]
    n: int
    mean: float
    z: float

    def members(self, codes: Ints) -> Bools:
        """Return bool[n]: which rows of int[n, F] codes are in the slice."""
        (feature, level), *others = self.levels
        inside = codes[:, feature] == level
        for feature, level in others:
            inside &= codes[:, feature] == level
        return np.asarray(inside)


@dataclass(frozen=True, slots=True)
class Search:
    """Settings of a search.

    Attributes:
        depth: maximum number of levels in one slice: 1, 2 or 3.
        most: maximum number of slices.
        fewest: minimum number of rows of a slice; by default max(32, n / 100).
        faintest: minimum number of standard errors by which a slice must lose more than all rows do.
        smallest: minimum mean loss of a slice, in the units of the differences.
    """

    depth: int = 2
    most: int = MOST
    fewest: int | None = None
    faintest: float = 0.0
    smallest: float = 0.0

    def __post_init__(self) -> None:
        if self.depth not in {1, 2, 3}:
            raise StatError(f"discovery: depth {self.depth}")


def half(hashes: ArrayLike) -> Bools:
    """Return which rows are searched: one half, by a hash of the row id (of the cluster id if rows are grouped).

    Args:
        hashes: uint64[n], any keyed hash; equal hashes are in the same half.
    """
    mixed = np.asarray(hashes).astype(np.uint64)
    with np.errstate(over="ignore"):  # splitmix64: low bits of a poor hash are not random
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) & np.uint64(1), dtype=np.bool_)


def discover(
    codes: ArrayLike, differences: ArrayLike, search: Search | None = None, *, known: ArrayLike | None = None
) -> list[Slice]:
    """Return the slices in which head looks worst, worst first.

    The search covers all single levels, all pairs, and all triples that can be bad enough. Slices are ranked by their
    loss beyond the loss that all rows share. A slice inside a wider bad one must lose more than that one, by the same
    number of standard errors. A slice is left out if it overlaps a worse one by more than half, lies inside it, or is
    not bad enough without its rows. Slices in `known` count as worse ones in this, but are not returned.

    Args:
        codes: int[n, F] levels, counted from 0 (see `levels`); a negative code belongs to no slice.
        differences: float[n], head minus base, positive where head is better. Rows of the searched half only.
        search: settings of the search.
        known: int[n, K] levels of columns whose levels are tested anyway.

    Raises:
        StatError: the shapes do not match, differences are not finite, or the depth is unknown.
    """
    search = search or Search()
    d = floats("differences", differences)
    table, looked_at = _table(codes, d.size), _table(np.empty((d.size, 0), np.intp) if known is None else known, d.size)
    support = max(FEWEST, d.size // 100) if search.fewest is None else search.fewest
    overall = variance(d) if d.size > 1 else 0.0
    if overall == 0 or d.size < support:
        return []
    columns = np.ascontiguousarray(np.concatenate([table, looked_at], axis=1).T)
    ground = _Ground(columns, d, min(float(d.mean()), 0.0), overall, support, search)
    part, features = Cells.of(columns, d), table.shape[1]
    found = ground.worst(part, [(f,) for f in range(len(columns))])
    if search.depth > 1:
        found += ground.worst(part, list(combinations(range(features), 2)))
    if search.depth > 2:
        found += ground.triples(part, features)
    found.sort(key=lambda each: each.z)  # stable: of equal slices, the simpler one stays first
    return _distinct(_outstanding(found, ground), ground, features, search.most)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The searched rows.

    Attributes:
        columns: int[F, n] levels.
        d: float[n] differences.
        shared: mean loss of all rows, at most 0.
        overall: variance of the differences.
        support: minimum number of rows of a slice.
        search: settings of the search.
    """

    columns: Ints
    d: Floats
    shared: float
    overall: float
    support: int
    search: Search

    def bad(self, rows: Bools) -> bool:
        """Return whether these rows alone are enough, and bad enough, for a slice."""
        d = self.d[rows]
        if d.size < self.support:
            return False
        excess = float(d.mean()) - self.shared
        spread = (float(((d - d.mean()) ** 2).sum()) + PRIOR_ROWS * self.overall) / (d.size - 1 + PRIOR_ROWS)
        return excess < 0 and excess / math.sqrt(spread / d.size) <= -self.search.faintest

    def worst(self, part: Cells, sets: Sequence[tuple[int, ...]], at: tuple[Level, ...] = ()) -> list[Slice]:
        """Return the combinations of levels of these features that are bad enough, among rows with the levels `at`."""
        if not sets:
            return []
        counted = [part.counted(features) for features in sets]
        n, sums, squares = (np.concatenate(each) for each in zip(*counted, strict=True))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums / n
            excess = mean - self.shared
            own = np.maximum(squares - sums * mean, 0.0)
            z = excess / np.sqrt((own + PRIOR_ROWS * self.overall) / (n - 1 + PRIOR_ROWS) / n)
            bad = (n >= self.support) & (excess < 0) & (z <= -self.search.faintest) & (mean <= -self.search.smallest)
        ends = np.cumsum([each[0].size for each in counted])
        found = []
        for c in np.flatnonzero(bad):
            which = int(np.searchsorted(ends, c, side="right"))
            levels = part.levels(sets[which], int(c - ends[which] + counted[which][0].size))
            found.append(Slice((*at, *levels), int(n[c]), float(mean[c]), float(z[c])))
        return found

    def triples(self, part: Cells, features: int) -> list[Slice]:
        """Return the triples that are bad enough, searched within those pairs that can contain such a triple.

        A triple has at most the rows and the losses of the pair that it lies in. Together with the minimum number of
        rows, this bounds its z (as in SliceLine, Sagadeeva & Boehm 2021).
        """
        found: list[Slice] = []
        losing = np.maximum(self.shared - self.d, 0.0)
        unit = float(losing[losing > 0].min(initial=math.inf))
        for pair in combinations(range(features - 1), 2):
            cell = part.cell(part.columns, pair)
            counts = np.bincount(cell[cell >= 0])
            losses = np.bincount(cell[cell >= 0], weights=losing[cell >= 0])
            for c in np.flatnonzero((counts >= self.support) & (losses > 0)):
                if self._bound(float(losses[c]), unit) >= self.search.faintest:
                    rows = np.flatnonzero(cell == c)
                    narrow = Cells.of(self.columns[:, rows], self.d[rows])
                    thirds = [(third,) for third in range(pair[1] + 1, features)]
                    found += self.worst(narrow, thirds, part.levels(pair, int(c)))
        return found

    def _bound(self, losses: float, unit: float) -> float:
        """Return the largest |z| of a slice with at most these losses, if each losing row loses at least `unit`."""
        n = max(float(self.support), losses / max(unit, losses / self.support))
        own = max(losses * unit - losses**2 / n, 0.0)
        return losses / n / math.sqrt((own + PRIOR_ROWS * self.overall) / (n - 1 + PRIOR_ROWS) / n)


def _table(codes: ArrayLike, n: int) -> Ints:
    table = np.asarray(codes)
    if table.ndim != 2 or table.dtype.kind not in "iu" or table.shape[0] != n:
        raise StatError(f"codes: whole numbers of shape ({n}, features) belong here, not {table.shape}")
    return table.astype(np.intp)


def _outstanding(ordered: Sequence[Slice], ground: _Ground) -> list[Slice]:
    """Return the slices that no wider slice explains; by chance, part of a bad slice looks worse than the whole."""
    by_levels = {each.levels: each for each in ordered}
    found = []
    for each in ordered:
        narrower = range(1, len(each.levels))
        wider = [by_levels[some] for k in narrower for some in combinations(each.levels, k) if some in by_levels]
        error = (each.mean - ground.shared) / each.z
        if all(each.mean - other.mean <= -ground.search.faintest * error for other in wider):
            found.append(each)
        if len(found) == EXAMINED:
            break
    return found


def _distinct(ordered: Sequence[Slice], ground: _Ground, features: int, most: int) -> list[Slice]:
    """Return the first of each set of similar slices; known slices are compared too, but not returned."""
    codes = ground.columns.T
    known = [(column, np.bincount(column[column >= 0])) for column in ground.columns[features:]]
    worse = np.zeros(ground.d.size, dtype=np.bool_)
    kept: list[tuple[Slice, Bools]] = []
    found: list[Slice] = []
    for each in ordered:
        if len(found) == most:
            break
        inside = each.members(codes)
        mine = each.levels[0][0] < features
        if mine and any(_nearly(inside, column, sizes) for column, sizes in known):
            continue
        if any(set(other.levels) < set(each.levels) or _overlap(inside, rows) > OVERLAP for other, rows in kept):
            continue
        if not ground.bad(inside & ~worse):
            continue
        kept.append((each, inside))
        worse |= inside
        if mine:
            found.append(each)
    return found


def _nearly(inside: Bools, column: Ints, sizes: Ints) -> bool:
    """Return whether these rows are nearly those of one level of a known column."""
    levels = column[inside]
    shared = np.bincount(levels[levels >= 0], minlength=sizes.size)
    return bool((shared > NEARLY * (inside.sum() + sizes - shared)).any())


def _overlap(one: Bools, other: Bools) -> float:
    return int(np.count_nonzero(one & other)) / max(int(np.count_nonzero(one | other)), 1)
