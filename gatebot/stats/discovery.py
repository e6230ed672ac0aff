"""Slices that nobody declared and where head is worse than base: searched on half of the rows, proven on the other."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gatebot.stats.arrays import Bools, Floats, Ints, StatError, floats, variance
from gatebot.stats.contrast import PSEUDO, Contrast
from gatebot.stats.multiplicity import holm
from gatebot.stats.noise import row_variance

MOST = 10
BEAM = 50
OVERLAP = 0.5
FEWEST = 32
FEWEST_PROVEN = 50
PRIOR_ROWS = 10.0
"""Rows' worth of the overall variance that each slice's own is mixed with, so that no tiny variance wins the search."""

Level = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that have all of these levels.

    Attributes:
        levels: (feature, level), by feature.
        n: rows of the searched half in it.
        mean: of their differences; negative where head is worse.
        z: the mean over its standard error; for ranking only, since the worst of many looks bad by chance.
    """

    levels: tuple[Level, ...]
    n: int
    mean: float
    z: float

    def members(self, codes: Ints) -> Bools:
        """bool[n], which rows of int[n, F] codes are in the slice."""
        inside = np.ones(codes.shape[0], dtype=np.bool_)
        for feature, level in self.levels:
            inside &= codes[:, feature] == level
        return inside


@dataclass(frozen=True, slots=True)
class Proof:
    """What the other half of the rows says about a slice that was found.

    Attributes:
        found: the slice.
        contrast: the mean difference on the rows that were not searched.
        n: how many of those are in the slice.
        p: one-sided p-value of "worse", adjusted for all slices that were put to proof (Holm).
    """

    found: Slice
    contrast: Contrast
    n: int
    p: float


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
    codes: ArrayLike, differences: ArrayLike, *, depth: int = 2, most: int = MOST, fewest: int | None = None
) -> list[Slice]:
    """The slices where head looks worst, worst first; all pairs of levels, and a beam of triples for depth 3.

    Slices that overlap a worse one by more than half, or lie inside it, are left out.

    Args:
        codes: int[n, F] levels from 0 up (see `levels`); a negative code belongs to no slice.
        differences: float[n], head minus base, positive where head is better. Rows of the searched half only.
        depth: most levels in one slice: 1, 2 or 3.
        most: how many slices to return.
        fewest: smallest slice; by default max(32, n / 100).

    Raises:
        StatError: shapes that do not match, or differences that are not finite.
    """
    table, d = _table(codes, differences)
    if depth not in {1, 2, 3}:
        raise StatError(f"discovery: depth {depth}")
    n, features = table.shape
    support = max(FEWEST, n // 100) if fewest is None else fewest
    overall = variance(d)
    if overall == 0 or n < support:
        return []

    def ranked(sets: Iterator[tuple[int, ...]]) -> list[Slice]:
        found = [each for chosen in sets for each in _cells(table, d, chosen, support, overall)]
        return sorted(found, key=lambda each: (each.z, each.levels))

    singles = ranked((f,) for f in range(features))
    pairs = ranked(combinations(range(features), 2)) if depth > 1 else []
    triples = _beam(table, d, pairs[:BEAM], support, overall) if depth > 2 else []
    ordered = sorted([*singles, *pairs, *triples], key=lambda each: (each.z, len(each.levels), each.levels))
    return _distinct(ordered, table, most)


def prove(
    slices: Sequence[Slice],
    codes: ArrayLike,
    differences: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    step: float = 0.0,
) -> list[Proof]:
    """Put slices to proof on the rows that were not searched; those with fewer than 50 rows (20 clusters) drop out.

    Args:
        slices: from `discover`.
        codes: int[n, F], rows that were not searched.
        differences: float[n] of the same rows.
        clusters: [n] labels of groups.
        step: for 0/1 outcomes 1; see `contrast.spread`.
    """
    table, d = _table(codes, differences)
    group = None if clusters is None else np.asarray(clusters)
    proofs = []
    for each in slices:
        inside = each.members(table)
        n = int(np.count_nonzero(inside))
        if n < FEWEST_PROVEN:
            continue
        try:
            error, df = row_variance(d[inside], None if group is None else group[inside])
        except StatError:
            continue
        contrast = Contrast(float(d[inside].mean()), math.sqrt(error + PSEUDO * (step / n) ** 2), df)
        proofs.append((each, contrast, n))
    if not proofs:
        return []
    adjusted = holm([contrast.p_worse() for _, contrast, _ in proofs])
    return [Proof(*proof, float(p)) for proof, p in zip(proofs, adjusted, strict=True)]


def _table(codes: ArrayLike, differences: ArrayLike) -> tuple[Ints, Floats]:
    table, d = np.asarray(codes), floats("differences", differences)
    if table.ndim != 2 or table.dtype.kind not in "iu" or table.shape[0] != d.size:
        raise StatError(f"codes: whole numbers of shape ({d.size}, features) belong here, not {table.shape}")
    return table.astype(np.intp), d


def _cells(table: Ints, d: Floats, features: tuple[int, ...], support: int, overall: float) -> Iterator[Slice]:
    """Every combination of levels of these features that has enough rows and a negative mean, by three counts."""
    sizes = [int(table[:, f].max()) + 1 for f in features]
    if min(sizes) < 1:
        return
    cell, known = np.zeros(d.size, dtype=np.intp), np.ones(d.size, dtype=np.bool_)
    for f, size in zip(features, sizes, strict=True):
        known &= table[:, f] >= 0
        cell = cell * size + table[:, f]
    changed = known & (d != 0)
    total = math.prod(sizes)
    counts = np.bincount(cell[known], minlength=total)
    sums = np.bincount(cell[changed], weights=d[changed], minlength=total)
    squares = np.bincount(cell[changed], weights=d[changed] ** 2, minlength=total)
    for c in np.flatnonzero((counts >= support) & (sums < 0)):
        n, mean = int(counts[c]), float(sums[c] / counts[c])
        own = max(float(squares[c]) - n * mean**2, 0.0)
        spread = (own + PRIOR_ROWS * overall) / (n - 1 + PRIOR_ROWS)
        levels = tuple(int(level) for level in np.unravel_index(int(c), sizes))
        yield Slice(tuple(zip(features, levels, strict=True)), n, mean, mean / math.sqrt(spread / n))


def _beam(table: Ints, d: Floats, pairs: Sequence[Slice], support: int, overall: float) -> list[Slice]:
    """Triples that narrow one of the worst pairs."""
    found: dict[tuple[Level, ...], Slice] = {}
    for pair in pairs:
        rows = np.flatnonzero(pair.members(table))
        for f in set(range(table.shape[1])) - {feature for feature, _ in pair.levels}:
            for single in _cells(table[rows], d[rows], (f,), support, overall):
                levels = tuple(sorted((*pair.levels, *single.levels)))
                found[levels] = Slice(levels, single.n, single.mean, single.z)
    return list(found.values())


def _distinct(ordered: Sequence[Slice], table: Ints, most: int) -> list[Slice]:
    kept: list[tuple[Slice, NDArray[np.bool_]]] = []
    for each in ordered:
        if len(kept) == most:
            break
        if any(set(other.levels) < set(each.levels) for other, _ in kept):
            continue
        inside = each.members(table)
        if all(np.count_nonzero(inside & rows) <= OVERLAP * np.count_nonzero(inside | rows) for _, rows in kept):
            kept.append((each, inside))
    return [each for each, _ in kept]
