"""Compares evidence by digests that do not depend on where or when it was written."""

from hashlib import blake2b

import numpy as np

from gatebot.evidence.column import equal
from gatebot.evidence.manifest import written, written_truth
from gatebot.evidence.packed import Outgoing
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.snapshot import Snapshot
from gatebot.evidence.truth import Truth


def digest(snapshot: Snapshot) -> str:
    """Return a digest of everything but the labels. It is equal for equal evidence, before and after storage."""
    return blake2b(written(snapshot, Outgoing()), digest_size=32).hexdigest()


def truth_digest(truth: Truth) -> str:
    """Return a digest of the labels."""
    return blake2b(written_truth(truth, Outgoing()), digest_size=32).hexdigest()


def predictions_equal(one: Predictions, other: Predictions) -> bool:
    """Return whether two deliveries have the same predictions for the same rows, bit for bit, in any order."""
    if len(one.ids) != len(other.ids) or set(one.columns) != set(other.columns) or one.problem != other.problem:
        return False
    first, second = np.argsort(one.ids, kind="stable"), np.argsort(other.ids, kind="stable")
    if not np.array_equal(one.ids[first], other.ids[second]):
        return False
    return all(equal(column.take(first), other.columns[name].take(second)) for name, column in one.columns.items())
