"""Merges the sketches of parts of a table, such as shards, into the sketch of all their rows."""

from dataclasses import replace

import numpy as np

from gatebot.evidence.column_sketches.centroids import clustered
from gatebot.evidence.column_sketches.distinct import estimate, smallest
from gatebot.evidence.column_sketches.frequent import merged_counts
from gatebot.evidence.column_sketches.value import FEW, VERSION, ColumnKind, ColumnSketch, TableSketch


class MergeError(ValueError):
    """Two sketches cannot be merged. The message gives the reason."""


def merged(one: TableSketch, other: TableSketch) -> TableSketch:
    """Return the sketch of the rows of both tables.

    The order of the two does not matter. Merging several in another order gives the same counts, extremes and hashes;
    mean and squares differ by rounding errors, quantiles and frequent values by the errors that `centroids` and
    `frequent` state.

    Raises:
        MergeError: the version of the method is not this one, or the columns or their kinds differ. A column without
            values fits every kind, and integers fit numbers.
    """
    for each in (one, other):
        if each.version != VERSION:
            raise MergeError(f"a sketch of version {each.version} cannot be merged by version {VERSION}")
    names = [tuple(column.name for column in each.columns) for each in (one, other)]
    if names[0] != names[1]:
        differing = sorted(set(names[0]) ^ set(names[1])) or ["their order"]
        raise MergeError(f"the tables have different columns: {', '.join(differing[:5])}")
    pairs = zip(one.columns, other.columns, strict=True)
    return TableSketch(VERSION, one.rows + other.rows, tuple(_merged(*pair) for pair in pairs))


def _merged(one: ColumnSketch, other: ColumnSketch) -> ColumnSketch:
    kind = _kind(one, other)
    hashes = smallest(one.hashes, other.hashes)
    frequent, excess = None, 0
    if one.frequent is not None and other.frequent is not None and estimate(hashes) <= FEW.get(kind, 0):
        frequent, excess = merged_counts(one.frequent, one.excess, other.frequent, other.excess)
    whole = _with_moments(one, other)
    means, weights = clustered(np.concatenate([one.means, other.means]), np.concatenate([one.weights, other.weights]))
    return replace(
        whole,
        kind=kind,
        rows=one.rows + other.rows,
        missing=one.missing + other.missing,
        unparsed=one.unparsed + other.unparsed,
        not_finite=one.not_finite + other.not_finite,
        means=means,
        weights=weights,
        hashes=hashes,
        frequent=frequent,
        excess=excess,
    )


def _kind(one: ColumnSketch, other: ColumnSketch) -> ColumnKind:
    kinds = {one.kind, other.kind}
    rest = kinds - {ColumnKind.EMPTY}
    if rest == {ColumnKind.INTEGER, ColumnKind.NUMBER}:
        return ColumnKind.NUMBER
    if len(rest) > 1:
        raise MergeError(f"{one.name} is {' in one table and '.join(sorted(rest))} in the other")
    return next(iter(rest), ColumnKind.EMPTY)


def _with_moments(one: ColumnSketch, other: ColumnSketch) -> ColumnSketch:
    """Return a sketch with the extremes, mean and squares of both (Chan, Golub and LeVeque 1983)."""
    if one.minimum is None or one.maximum is None or one.mean is None:
        return other
    if other.minimum is None or other.maximum is None or other.mean is None:
        return one
    count, more = one.measured, other.measured
    low, high = min(one.minimum, other.minimum), max(one.maximum, other.maximum)
    mean = (one.mean * count + other.mean * more) / (count + more)
    between = (one.mean - other.mean) ** 2 * (count * more / (count + more))
    squares = (one.squares + other.squares) + between
    return replace(one, minimum=low, maximum=high, mean=min(max(mean, low), high), squares=squares)
