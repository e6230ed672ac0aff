"""Strata: which rows are alike in their target, and how many of each a subset of a given size takes."""

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
    """Rows that are alike in their target.

    Attributes:
        of: the stratum of each row, shape [n].
        offsets: where in [0, 1) each stratum rounds its share up, shape [strata]; a stratum's own, whatever others
            there are.
    """

    of: Counts
    offsets: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is put on one side as a whole: groups, or equal contents, or single rows.

    Attributes:
        of: the unit of each row, shape [rows].
        hashes: of each unit, shape [units].
        stratum: of each unit: that of most of its rows, shape [units].
        size: rows of each unit that can be eval rows, shape [units].
        offsets: of each stratum, shape [strata].
    """

    of: NDArray[np.intp]
    hashes: Hashes
    stratum: Counts
    size: Counts
    offsets: Floats


def strata_of(target: Column | None, eligible: Mask) -> Strata:
    """Strata of all rows: the class, or a bin of the number; rows that are not eligible share one more.

    Bins have deciles for edges, rounded, so that a few more rows do not move them. Where most labels stand on one
    row only they are
    no classes, and there is one stratum.
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
    """Inner edges of bins that hold about equally many values, rounded by at most a quarter of a bin's usual width."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0)
    edges = np.quantile(finite, np.arange(1, bins) / bins)
    low, high = np.quantile(finite, [0.1, 0.9])
    width = (high - low) / bins
    if width <= 0:
        return np.unique(edges)
    step = 10.0 ** np.floor(np.log10(width / 2))
    return np.unique(np.round(edges / step) * step + 0.0)  # no minus zero


def units_of(hashes: Hashes, strata: Strata, eligible: Mask) -> Units:
    """Rows with equal hashes become one unit."""
    unique, of = np.unique(hashes, return_inverse=True)
    size = np.bincount(of, weights=eligible, minlength=len(unique)).astype(np.int64)
    stratum = np.full(len(unique), len(strata.offsets) - 1, dtype=np.int64)
    if len(unique) == len(hashes):
        stratum[of] = strata.of
    else:
        pairs, counts = np.unique((of * len(strata.offsets) + strata.of)[eligible], return_counts=True)
        owner, kind = np.divmod(pairs, len(strata.offsets))
        order = np.lexsort((-kind, counts))  # of what is written to one place the last stays: most rows, then lowest
        stratum[owner[order]] = kind[order]
    return Units(of, unique, stratum, size, strata.offsets)


def quotas(sizes: Counts, offsets: Floats, least: Counts, most: Counts, *, share: float, cap: int) -> Counts:
    """How many rows each stratum gives, shape [strata]: its share, and no more than `cap` together.

    Every stratum gives `floor(p * size + offset)` within `least` and `most`, with the largest p up to `share` for
    which the
    sum fits the cap: a divisor method (Balinski and Young 1982), so more rows elsewhere never add to a stratum, and
        one row
    more moves at most one place. Offsets in [0, 1) differ, so that no two strata step at the same p.
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
    """The same order, but units larger than a stratum's share come last, so that they do not crowd out all others."""
    size = np.bincount(units.stratum, weights=units.size, minlength=len(units.offsets))
    large = units.size > np.maximum(share * size, 1)[units.stratum]
    ordered: Hashes = (priority >> np.uint64(1)) | (large.astype(np.uint64) << np.uint64(63))
    return ordered


def first_rows(units: Units, priority: Hashes, share: float, cap: int, *, keep_one: bool) -> Mask:
    """The units with the lowest priority of each stratum, up to its quota in rows; shape [units].

    Every stratum of two units or more gives one where the cap allows, and with `keep_one` keeps one.
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
    """Units up to the boundary that `chosen` units mark, stratum by stratum, shape [units].

    The boundary is where taking all units before it agrees best with `chosen` (a chosen one counts two, another one -1,
    one without eligible rows nothing), so one stray unit does not move it.
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
