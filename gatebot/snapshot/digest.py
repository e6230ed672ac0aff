"""Whether two pieces of evidence say the same: digests that do not depend on where or when they were written."""

from dataclasses import replace
from hashlib import blake2b

import numpy as np

from gatebot.snapshot.column import Column, Floats, Hashes, Names, Numbers, equal
from gatebot.snapshot.evidence import Predictions, RowTable, Truth
from gatebot.snapshot.manifest import written, written_truth
from gatebot.snapshot.packed import Outgoing
from gatebot.snapshot.snapshot import Snapshot


def digest(snapshot: Snapshot) -> str:
    """Of everything but the labels: equal for the same evidence, before writing and after reading."""
    return blake2b(written(snapshot, Outgoing()), digest_size=32).hexdigest()


def truth_digest(truth: Truth) -> str:
    """Of the labels."""
    return blake2b(written_truth(truth, Outgoing()), digest_size=32).hexdigest()


def eval_digest(rows: RowTable, truth: Truth | None) -> str:
    """Of the eval rows whatever their order: ids, contents, groups, folds, labels and weights.

    Rows without a label count as such. Slice columns do not count: they follow from contents and Rules.
    """
    order = np.argsort(rows.ids, kind="stable")
    parts: list[Hashes | None] = [rows.ids, rows.contents, rows.groups, rows.folds]
    whole = blake2b(digest_size=20)
    for part in parts:
        whole.update(b"none" if part is None else part[order].tobytes())
    if truth is not None:
        order = np.argsort(truth.ids, kind="stable")
        whole.update(truth.ids[order].tobytes())
        for column in (truth.target, truth.weight):
            whole.update(b"none" if column is None else _spelled(column.take(order)))
    return whole.hexdigest()


def predictions_equal(one: Predictions, other: Predictions) -> bool:
    """Whether two deliveries give the same rows the same answers, bit for bit, in whatever order."""
    if len(one.ids) != len(other.ids) or set(one.columns) != set(other.columns) or one.problem != other.problem:
        return False
    first, second = np.argsort(one.ids, kind="stable"), np.argsort(other.ids, kind="stable")
    if not np.array_equal(one.ids[first], other.ids[second]):
        return False
    return all(equal(column.take(first), other.columns[name].take(second)) for name, column in one.columns.items())


def rounded(predictions: Predictions) -> Predictions:
    """Probabilities to the precision in which they are kept: 24 bits, where they lie in [0, 1]. Halves their size.

    A probability moves by at most 6e-8 of itself, so log loss moves by at most as much for each row. What is not a
    probability, such as the values of a regression, keeps its 53 bits.
    """
    columns = {
        name: _rounded(column) if name.startswith("score_") else column for name, column in predictions.columns.items()
    }
    return replace(predictions, columns=columns)


def _rounded(column: Column) -> Column:
    if not isinstance(column, Numbers):
        return column
    known = column.values[~np.isnan(column.values)]
    if not ((known >= 0) & (known <= 1)).all():
        return column
    values: Floats = column.values.astype(np.float32).astype(np.float64)
    least = float(np.finfo(np.float32).tiny)  # a probability above 0 stays above 0
    return Numbers(np.where((column.values > 0) & (values < least), least, values))


def _spelled(column: Column) -> bytes:
    match column:
        case Numbers():
            return column.values.tobytes()
        case Names():
            return "\0".join("\1" if text is None else text for text in column.texts()).encode()
