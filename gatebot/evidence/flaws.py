"""Validates values beyond their types: lengths agree, codes have names, ids are unique."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gatebot.evidence.column import Column, Floats, Hashes, Names

MAX_NAMES = 200_000  # labels of one column
MAX_COLUMNS = 20_000


def in_columns(rows: int, columns: Iterable[tuple[str, Column]]) -> Iterator[str]:
    """Yield what is wrong with named columns of `rows` rows."""
    for place, (name, column) in enumerate(columns):
        if place == MAX_COLUMNS:
            yield f"there are more than {MAX_COLUMNS:,} columns"
            return
        if len(column) != rows:
            yield f"{name} has {len(column):,} rows where there are {rows:,} ids"
        if isinstance(column, Names):
            yield from _in_names(name, column)


def _in_names(name: str, column: Names) -> Iterator[str]:
    if len(column.names) > MAX_NAMES:
        yield f"{name} has more than {MAX_NAMES:,} different labels"
    elif len(set(column.names)) != len(column.names):
        yield f"{name} lists a label twice"
    if len(column.codes) and not -1 <= column.codes.min() <= column.codes.max() < len(column.names):
        yield f"{name} has a code without a label"


def repeated(ids: Hashes) -> Iterator[str]:
    """Yield a sentence if an id occurs twice."""
    if len(np.unique(ids)) != len(ids):
        yield "a row id stands twice"


def in_weights(weights: Floats | None) -> Iterator[str]:
    """Yield what is wrong with the weights of rows."""
    if weights is None:
        return
    yield from negative("weights", weights.tolist())
    if len(weights) and not weights.any():
        yield "the weights sum to 0"


def negative(what: str, values: Sequence[float]) -> Iterator[str]:
    """Yield a sentence if a value is negative or not finite."""
    if not all(math.isfinite(value) and value >= 0 for value in values):
        yield f"{what} are not finite and at least 0"
