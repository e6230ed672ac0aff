"""Builds the profile of the data: its columns, the eval rows, and the overlap of train and eval rows."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from gatebot.data.columns import quantiles_of
from gatebot.data.identity import Identity
from gatebot.data.levels import levels_of
from gatebot.data.many_columns import column_profiles
from gatebot.data.rows import Index, Rows
from gatebot.data.slices import slices_of
from gatebot.data.split import Split
from gatebot.data.target import present
from gatebot.evidence.column import MISSING, Hashes, Names, Numbers
from gatebot.evidence.profile import ColumnProfile, DataProfile, Overlap, RowTable
from gatebot.evidence.truth import Truth

_EXAMPLES = 20


def profile(
    rows: Rows, split: Split, columns: tuple[ColumnProfile, ...] | None = None, words: Collection[str] = ()
) -> DataProfile:
    """Return the profile of the data, without the labels of eval rows.

    Args:
        rows: the rows that were read.
        split: which rows are used for what.
        columns: the profiles of the columns, if they are known.
        words: columns whose values are words, also where they look like numbers.
    """
    identity = split.identity
    repeated, times = _repeated(rows, identity)
    target = split.target.take(split.train) if split.target is not None else None
    columns = column_profiles(rows.frame, words) if columns is None else columns
    levels = levels_of(rows, identity.ids, split.eval, columns)
    return DataProfile(
        rows=len(rows),
        train_rows=len(split.train),
        columns=columns,
        identity=identity.columns,
        eval_rows=replace(row_table(rows, split), levels=levels),
        overlap=overlap(split),
        duplicate_ids=int(times.sum()),
        repeated_ids=len(repeated),
        repeated_examples=tuple(f"{value:016x}" for value in repeated[:_EXAMPLES].tolist()),
        excluded=split.excluded,
        train_classes=_classes(target) if isinstance(target, Names) else {},
        train_target=quantiles_of(target.values[present(target)]) if isinstance(target, Numbers) else (),
        files=rows.files,
        one_tier=split.one_tier,
    )


def _repeated(rows: Rows, identity: Identity) -> tuple[Hashes, Index]:
    """Return the declared ids that several rows have, those of most rows first, and the number of rows of each."""
    declared = identity.ids[identity.named] if rows.columns.id is not None else identity.ids[:0]
    ids, counts = np.unique(declared, return_counts=True)
    several = np.flatnonzero(counts > 1)
    order = several[np.argsort(-counts[several], kind="stable")]
    return ids[order], counts[order]


def row_table(rows: Rows, split: Split) -> RowTable:
    """Return the eval rows, in the order in which they are predicted."""
    identity, order = split.identity, split.eval
    folds = np.zeros(len(rows), dtype=np.uint64) if split.folds is None else split.folds
    return RowTable(
        ids=identity.ids[order],
        contents=identity.contents[order],
        groups=None if identity.groups is None else identity.groups[order],
        folds=folds[order],
        slices={name: names.take(order) for name, names in slices_of(rows).items()},
        pool=split.pool,
        weights=split.weights,
    )


def truth(split: Split) -> Truth | None:
    """Return the labels of the eval rows, in the order of the row table; None without a target."""
    if split.target is None:
        return None
    weight = None if split.weights is None else Numbers(split.weights)
    return Truth(split.identity.ids[split.eval], split.target.take(split.eval), weight)


def overlap(split: Split) -> Overlap:
    """Return what is on both sides: of the user's own split as declared, else of gatebot's split as used.

    Counts distinct ids, contents and groups. Contents count only if they identify rows. With folds, the sides are one
    fold and the rows that train its model.
    """
    identity = split.identity
    contents = identity.contents if split.identifying else None
    ids, equal, together = (_shared(split, hashes) for hashes in (identity.ids, contents, identity.groups))
    examples = np.unique(identity.ids[np.concatenate([ids, equal, together])])[:_EXAMPLES]
    return Overlap(
        ids=len(ids),
        contents=len(np.unique(identity.contents[equal])),
        groups=0 if identity.groups is None else len(np.unique(identity.groups[together])),
        examples=tuple(f"{value:016x}" for value in examples.tolist()),
    )


def _shared(split: Split, hashes: Hashes | None) -> Index:
    """Return the eval rows whose hash also occurs among the rows that train the model that predicts them."""
    held = split.eval
    if hashes is None:
        return held[:0]
    if split.folds is None:
        train = split.train if split.claimed is None else split.claimed
        return held[np.flatnonzero(np.isin(hashes[held], hashes[train]))]
    parts = []
    for fold in range(split.fold_count):
        inside = held[split.folds[held] == fold]
        parts.append(inside[np.isin(hashes[inside], hashes[split.outside(fold)])])
    return np.concatenate(parts)


def _classes(target: Names) -> dict[str, int]:
    counts = np.bincount(target.codes[target.codes != MISSING], minlength=len(target.names))
    return {name: int(count) for name, count in zip(target.names, counts, strict=True) if count}
