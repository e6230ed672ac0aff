"""Chooses the columns that the simple reference model learns from, if the data has more than it takes.

The choice is made by how much each column alone tells of the target, on the rows that train, because a linear model of
thousands of columns costs more than the user's own training. Scores of numbers and of categories are shares of
variance, less what as many random groups would explain, so that they can be compared.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gatebot.data.identity import spelled
from gatebot.data.rows import Index
from gatebot.evidence.column import Column, Floats, Names, Numbers
from gatebot.evidence.training import SIMPLE_COLUMNS

if TYPE_CHECKING:
    import polars as pl

UNSCORED = 20
"""How many columns of text and of times are taken, in the order of the data: no cheap score compares them."""

SCORED_ROWS = 2_000
"""Most rows that scores are computed from."""

_CELLS = 4_000_000  # values that are read at a time

Groups = NDArray[np.intp]


def chosen(frame: "pl.DataFrame", kinds: Mapping[str, str], train: Index, target: Column) -> tuple[str, ...]:
    """Return the columns to learn from, in the order of the data: all, or those that tell most of the target.

    Args:
        frame: all rows.
        kinds: kinds of the columns that may be learned from.
        train: the rows to train on.
        target: the target of these rows.
    """
    if len(kinds) <= SIMPLE_COLUMNS:
        return tuple(kinds)
    numbers = [name for name, kind in kinds.items() if kind in ("number", "integer")]
    names = [name for name, kind in kinds.items() if kind in ("category", "boolean")]
    others = [name for name, kind in kinds.items() if kind in ("text", "time")][:UNSCORED]
    some = np.unique(np.linspace(0, len(train) - 1, min(SCORED_ROWS, len(train))).round().astype(np.intp))
    part, known = frame.select(*numbers, *names)[train[some]], target.take(some)
    labelled = np.flatnonzero(known.codes >= 0 if isinstance(known, Names) else np.isfinite(known.values))
    part, known = part[labelled], known.take(labelled)
    if not len(known):
        return tuple(kinds)[:SIMPLE_COLUMNS]
    scores = np.concatenate([_of_numbers(part, numbers, known), _of_names(part, names, known)])
    best = np.argsort(-scores, kind="stable")[: SIMPLE_COLUMNS - len(others)]
    kept = {*others, *(([*numbers, *names][at]) for at in best.tolist())}
    return tuple(name for name in kinds if name in kept)


def _of_numbers(frame: "pl.DataFrame", names: Sequence[str], target: Column) -> Floats:
    """Return the share of variance that the target and each number have in common, shape [columns]."""
    step = max(1, _CELLS // max(frame.height, 1))
    parts = [_shares(_matrix(frame, names[at : at + step]), target) for at in range(0, len(names), step)]
    return np.concatenate([np.empty(0), *parts])


def _matrix(frame: "pl.DataFrame", names: Sequence[str]) -> Floats:
    """Return columns as standardised numbers, shape [columns, rows]; what is missing or constant is 0."""
    import polars as pl  # all in one call: a call takes as long as the work on a thousand values

    columns = [frame.get_column(name).alias("") for name in names]
    if all(each.dtype == pl.String for each in columns):
        texts = pl.concat(columns, rechunk=True).str.strip_chars()
        numbers = texts.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        values: Floats = numbers.reshape(len(names), frame.height).copy()
    else:
        values = np.stack([each.cast(pl.Float64, strict=False).to_numpy() for each in columns])
    with np.errstate(all="ignore"):
        values[~np.isfinite(values) | (np.abs(values) > 1e100)] = np.nan
        there = ~np.isnan(values)
        count = np.maximum(there.sum(axis=1, keepdims=True), 1)
        values = np.where(there, values - np.where(there, values, 0.0).sum(axis=1, keepdims=True) / count, 0.0)
        spread = np.sqrt(np.square(values).sum(axis=1, keepdims=True))
        return np.where(spread > 0, values / np.where(spread > 0, spread, 1.0), 0.0)


def _shares(values: Floats, target: Column) -> Floats:
    """Return the explained share of each column's variance, less what chance would explain, shape [columns]."""
    rows = values.shape[1]
    match target:
        case Numbers():
            centred = target.values - target.values.mean()
            norm = np.sqrt(np.square(centred).sum())
            share, groups = np.square(values @ (centred / (norm or 1.0))), 2
        case Names():
            _, codes = np.unique(target.codes, return_inverse=True)
            groups = int(codes.max(initial=0)) + 1
            sums = values @ (codes[:, None] == np.arange(groups)).astype(np.float64)
            share = (np.square(sums) / np.bincount(codes, minlength=groups)).sum(axis=1)
    return _corrected(share, groups - 1, rows)


def _corrected(share: Floats, freedom: int | Floats, rows: int) -> Floats:
    """Return an explained share less what `freedom` parameters explain of noise: the adjusted R²."""
    left = np.maximum(rows - 1 - np.asarray(freedom, dtype=np.float64), 1.0)
    return np.asarray(1.0 - (1.0 - share) * (rows - 1) / left)


def _of_names(frame: "pl.DataFrame", names: Sequence[str], target: Column) -> Floats:
    """Return the share of the target's variance that each category explains, shape [columns]."""
    if isinstance(target, Numbers):
        spread = target.values - target.values.mean()
        goals = spread[:, None]
    else:
        _, codes = np.unique(target.codes, return_inverse=True)
        goals = (codes[:, None] == np.arange(codes.max(initial=0) + 1)).astype(np.float64)
        goals -= goals.mean(axis=0)
    total = float(np.square(goals).sum()) or 1.0
    return np.array([_explained(_groups(frame, name), goals, total) for name in names], dtype=np.float64)


def _groups(frame: "pl.DataFrame", name: str) -> Groups:
    """Return the number of each row's value among the different values of a column."""
    import polars as pl

    codes = spelled(frame, name).cast(pl.Categorical).to_physical().to_numpy()
    _, groups = np.unique(codes, return_inverse=True)
    return groups.astype(np.intp)


def _explained(groups: Groups, goals: Floats, total: float) -> float:
    counts = np.bincount(groups)
    sums = np.stack([np.bincount(groups, weights=goal, minlength=len(counts)) for goal in goals.T])
    share = float((np.square(sums) / counts).sum() / total)
    return float(_corrected(np.array([share]), len(counts) - 1, len(groups))[0])
