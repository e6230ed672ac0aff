"""Groups rows into strata by their target, and computes how many rows of each stratum a subset takes."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from gatebot.data.rows import Mask
from gatebot.evidence.column import Codes, Column, Floats, Hashes, Names, Numbers

Counts = NDArray[np.int64]

_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Rows grouped by similar targets.

    Attributes:
        of: the stratum of each row, shape [n].
        offsets: value in [0, 1) that is added to a stratum's share before it is rounded down, shape [strata]. It
            depends on the name of the stratum only.
    """

    of: Counts
    offsets: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Sets of rows that are put on one side as a whole: groups, rows with equal contents, or single rows.

    Attributes:
        of: the unit of each row, shape [rows].
        hashes: the hash of each unit, shape [units].
        stratum: the stratum of most rows of each unit, shape [units].
        size: number of rows of each unit that can be eval rows, shape [units].
        offsets: the offset of each stratum, shape [strata].
    """

    of: NDArray[np.intp]
    hashes: Hashes
    stratum: Counts
    size: Counts
    offsets: Floats


def strata_of(target: Column | None, eligible: Mask) -> Strata:
    """Return the strata of all rows: the class, or a bin of the number. Rows that are not eligible share one stratum.

    The edges of bins are deciles, rounded so that a few more rows do not move them. If most labels occur once only,
    they are not classes, and all eligible rows form one stratum.
    """
    match target:
        case Names() if not _mostly_single(target.codes[eligible]):
            of, names = target.codes.astype(np.int64), target.names
        case Numbers():
            edges = rounded_edges(target.values[eligible], _BINS)
            of = np.searchsorted(edges, target.values, side="right").astype(np.int64)
            names = tuple(str(place) for place in range(len(edges) + 1))
        case _:
            of, names = np.zeros(len(eligible), dtype=np.int64), ("",)
    return Strata(np.where(eligible, of, len(names)), np.array([_fraction(name) for name in (*names, "")]))


def _mostly_single(codes: Codes) -> bool:
    counts = np.bincount(codes) if len(codes) else np.zeros(1, dtype=np.int64)
    return bool((counts == 1).sum() * 2 > len(codes))


def _fraction(name: str) -> float:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little") / 2**32


def rounded_edges(values: Floats, bins: int) -> Floats:
    """Return inner edges of bins of about equally many values, rounded by at most a quarter of a bin's usual width."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0)
    edges = np.quantile(finite, np.arange(1, bins) / bins)
    low, high = np.quantile(finite, [0.1, 0.9])
    width = (high - low) / bins
    if width <= 0:
        return np.unique(edges)
    step = 10.0 ** np.floor(np.log10(width / 2))
    return np.unique(np.round(edges / step) * step + 0.0)  # turns -0.0 into 0.0


def units_of(hashes: Hashes, strata: Strata, eligible: Mask) -> Units:
    """Group rows with equal hashes into units."""
    unique, of = np.unique(hashes, return_inverse=True)
    size = np.bincount(of, weights=eligible, minlength=len(unique)).astype(np.int64)
    stratum = np.full(len(unique), len(strata.offsets) - 1, dtype=np.int64)
    if len(unique) == len(hashes):
        stratum[of] = strata.of
    else:
        pairs, counts = np.unique((of * len(strata.offsets) + strata.of)[eligible], return_counts=True)
        owner, kind = np.divmod(pairs, len(strata.offsets))
        order = np.lexsort((-kind, counts))  # the last assignment stays: most rows, then the lowest stratum
        stratum[owner[order]] = kind[order]
    return Units(of, unique, stratum, size, strata.offsets)


def quotas(sizes: Counts, offsets: Floats, least: Counts, most: Counts, *, share: float, cap: int) -> Counts:
    """Return the number of rows that each stratum gives, shape [strata]: its share, at most `cap` in total.

    Every stratum gives `floor(p * size + offset)`, limited to `least` and `most`, for the largest p up to `share` at
    which the sum is at most `cap`. This is a divisor method (Balinski and Young 1982): more rows in one stratum never
    add to another, and one more row moves at most one place. Offsets in [0, 1) differ, so that no two strata step at
    the same p.
    """

    def given(p: float) -> Counts:
        return np.clip(np.floor(p * sizes + offsets).astype(np.int64), least, most)

    if given(share).sum() <= cap:
        return given(share)
    low, high = 0.0, share
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if given(middle).sum() <= cap else (low, middle)
    return given(low)


def large_last(units: Units, priority: Hashes, share: float) -> Hashes:
    """Return the order with units larger than their stratum's share last, so that they do not displace all others."""
    size = np.bincount(units.stratum, weights=units.size, minlength=len(units.offsets))
    large = units.size > np.maximum(share * size, 1)[units.stratum]
    ordered: Hashes = (priority >> np.uint64(1)) | (large.astype(np.uint64) << np.uint64(63))
    return ordered


def first_rows(units: Units, priority: Hashes, share: float, cap: int, *, keep_one: bool) -> Mask:
    """Return the units with the lowest `priority` of each stratum, up to its quota of rows; shape [units].

    Every stratum gives at least one unit if `cap` allows it. With `keep_one`, every stratum keeps at least one row,
    and a stratum of a single unit need not give it.
    """
    count = len(units.offsets)
    size = np.bincount(units.stratum, weights=units.size, minlength=count).astype(np.int64)
    filled = units.size > 0
    held = np.bincount(units.stratum[filled], minlength=count)
    order = np.lexsort((priority, units.stratum))
    order = order[filled[order]]
    if not len(order):
        return np.zeros(len(units.hashes), dtype=bool)
    strata, taken = units.stratum[order], np.cumsum(units.size[order])
    starts = np.flatnonzero(np.diff(strata, prepend=-1))
    least = np.zeros(count, dtype=np.int64)
    if len(starts) <= cap:
        least[strata[starts]] = np.where(held[strata[starts]] > int(keep_one), units.size[order[starts]], 0)
    most = np.maximum(size - int(keep_one), 0)
    quota = quotas(size, units.offsets, np.minimum(least, most), most, share=share, cap=cap)
    taken -= np.repeat(taken[starts] - units.size[order[starts]], np.diff(starts, append=len(order)))
    first = np.zeros(len(units.hashes), dtype=bool)
    first[order] = taken <= quota[strata]
    return first


def before_the_last(units: Units, priority: Hashes, chosen: Mask) -> Mask:
    """Return the units up to the boundary of the `chosen` units in each stratum, shape [units].

    The boundary maximises the score of the units before it: 2 for a chosen unit, -1 for another one, 0 for one without
    eligible rows. A single outlying unit therefore does not move it.
    """
    order = np.lexsort((priority, units.stratum))
    strata = units.stratum[order]
    gain = np.where(chosen, 2, np.where(units.size > 0, -1, 0))[order]
    within = np.zeros(len(order), dtype=bool)
    starts = np.flatnonzero(np.diff(strata, prepend=-1))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        total = np.cumsum(gain[start:end])
        best = int(np.argmax(total))
        if total[best] > 0:
            within[order[start : start + best + 1]] = True
    return within
