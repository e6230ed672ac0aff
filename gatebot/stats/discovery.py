"""Slices that nobody declared, where head looks worse than base: found on half of the rows, proven on the other.

The worst of thousands of slices looks bad by chance. So what is found here is no evidence; only the rows that were not
searched can prove it.
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
"""Of the worst slices, how many are held against each other."""
OVERLAP = 0.5
NEARLY = 0.8
"""Rows shared, of the rows in either of two slices, from which on both are nearly one."""
FEWEST = 32
PRIOR_ROWS = 10.0
"""Rows' worth of the overall variance that each slice's own is mixed with, so that no tiny variance wins the search."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that have all of these levels.

    Attributes:
        levels: (feature, level), by feature.
        n: rows of the searched half in it.
        mean: of their differences; negative where head is worse.
        z: the mean, less what all rows lose, over its standard error; for ranking only, since the worst of many looks
            bad by chance.
    """

    levels: tuple[Level, ...]
    n: int
    mean: float
    z: float

    def members(self, codes: Ints) -> Bools:
        """bool[n], which rows of int[n, F] codes are in the slice."""
        (feature, level), *others = self.levels
        inside = codes[:, feature] == level
        for feature, level in others:
            inside &= codes[:, feature] == level
        return np.asarray(inside)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for.

    Attributes:
        depth: most levels in one slice: 1, 2 or 3.
        most: how many slices.
        fewest: smallest slice; by default max(32, n / 100).
        faintest: how many standard errors a slice must lie below what all rows lose.
        smallest: mean loss below which a slice is not worth a name, in units of the differences.
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
    """Which rows are searched: one half by a hash of the id (of the cluster, where rows come in groups).

    Args:
        hashes: uint64[n], any keyed hash; equal ones fall on the same side.
    """
    mixed = np.asarray(hashes).astype(np.uint64)
    with np.errstate(over="ignore"):  # splitmix64: the low bits of a poor hash are no coin
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) & np.uint64(1), dtype=np.bool_)


def discover(
    codes: ArrayLike, differences: ArrayLike, search: Search | None = None, *, known: ArrayLike | None = None
) -> list[Slice]:
    """The slices where head looks worst, worst first: all single levels, all pairs, all triples that can matter.

    A loss that all rows share is no slice's own: slices are ranked by what they lose beyond it. A narrower slice must
    stand out from each wider one that is bad, as that does from all rows. Left out are slices that overlap a worse one
    by more than half, lie inside it, or would not be bad enough without its rows. Slices that somebody looks at anyway
    count among the worse ones, and are not returned.

    Args:
        codes: int[n, F] levels from 0 up (see `levels`); a negative code belongs to no slice.
        differences: float[n], head minus base, positive where head is better. Rows of the searched half only.
        search: what to look for.
        known: int[n, K] levels of columns each level of which is looked at anyway.

    Raises:
        StatError: shapes that do not match, differences that are not finite, or an unknown depth.
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
    found.sort(key=lambda each: each.z)  # stable: of equal ones the simpler stays first
    return _distinct(_outstanding(found, ground), ground, features, search.most)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The searched rows.

    Attributes:
        columns: int[F, n] levels.
        d: float[n] differences.
        shared: what all rows lose, at most 0.
        overall: variance of the differences.
        support: rows that a slice must have.
        search: what to look for.
    """

    columns: Ints
    d: Floats
    shared: float
    overall: float
    support: int
    search: Search

    def bad(self, rows: Bools) -> bool:
        """Whether these rows, too, are enough and bad enough."""
        d = self.d[rows]
        if d.size < self.support:
            return False
        excess = float(d.mean()) - self.shared
        spread = (float(((d - d.mean()) ** 2).sum()) + PRIOR_ROWS * self.overall) / (d.size - 1 + PRIOR_ROWS)
        return excess < 0 and excess / math.sqrt(spread / d.size) <= -self.search.faintest

    def worst(self, part: Cells, sets: Sequence[tuple[int, ...]], at: tuple[Level, ...] = ()) -> list[Slice]:
        """Every combination of levels of these features that is bad enough, among rows that have the levels `at`."""
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
        """Triples, each out of the pair of its first two features where some part of that can be bad enough.

        As in SliceLine (Sagadeeva & Boehm 2021) a slice is neither larger than a pair that it lies in, nor has it more
        of the losses: with that pair's, and the fewest rows, its z has a bound.
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
        """The largest |z| of a slice that has at most these losses, each row's at least `unit`."""
        n = max(float(self.support), losses / max(unit, losses / self.support))
        own = max(losses * unit - losses**2 / n, 0.0)
        return losses / n / math.sqrt((own + PRIOR_ROWS * self.overall) / (n - 1 + PRIOR_ROWS) / n)


def _table(codes: ArrayLike, n: int) -> Ints:
    table = np.asarray(codes)
    if table.ndim != 2 or table.dtype.kind not in "iu" or table.shape[0] != n:
        raise StatError(f"codes: whole numbers of shape ({n}, features) belong here, not {table.shape}")
    return table.astype(np.intp)


def _outstanding(ordered: Sequence[Slice], ground: _Ground) -> list[Slice]:
    """Those that no wider slice explains: chance alone makes some part of a bad slice look worse than the whole."""
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
    """The first of those that say the same; a slice of a known column speaks and is not returned."""
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
    """Whether these rows are nearly those of one level of a known column."""
    levels = column[inside]
    shared = np.bincount(levels[levels >= 0], minlength=sizes.size)
    return bool((shared > NEARLY * (inside.sum() + sizes - shared)).any())


def _overlap(one: Bools, other: Bools) -> float:
    return int(np.count_nonzero(one & other)) / max(int(np.count_nonzero(one | other)), 1)
