"""Rows for tests, made in memory: what `read` would have read."""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from gatebot.data.rows import Columns, Mask, Rows


def rows_of(columns: Columns | None = None, *, fixed_eval: Mask | None = None, **values: Sequence[object]) -> Rows:
    """Text rows, as from CSV."""
    frame = pl.DataFrame(
        {
            name: pl.Series([None if value is None else str(value) for value in column], dtype=pl.String)
            for name, column in values.items()
        }
    )
    return Rows(frame, columns or Columns(), typed=False, files={}, fixed_eval=fixed_eval)


def tickets(
    count: int, *, classes: int = 3, groups: int = 0, copies: float = 0.0, seed: int = 0, **parts: str | None
) -> Rows:
    """Rows with an id, a text feature, a number, a class, a group and a day; some contents stand twice."""
    rng = np.random.default_rng(seed)
    feature = np.arange(count)
    twin = rng.random(count) < copies
    feature[twin] = rng.integers(0, count, int(twin.sum()))
    columns = Columns(**({"target": "label", "id": "id"} | parts))  # type: ignore[arg-type]
    return rows_of(
        columns,
        id=[f"t{place}" for place in range(count)],
        feature=[f"text {value}" for value in feature],
        value=list(np.round(rng.gamma(2.0, 3.0, count), 2)),
        label=[f"class {code}" for code in rng.integers(0, classes, count)],
        customer=list(rng.integers(0, groups, count)) if groups else list(range(count)),
        day=[str(np.datetime64("2026-01-01") + int(value)) for value in rng.integers(0, 60, count)],
        side=[("train", "Test")[int(value)] for value in rng.random(count) < 0.3],
    )


def only(rows: Rows, index: Iterable[int]) -> Rows:
    """Some of the rows, in this order."""
    index = list(index)
    fixed = None if rows.fixed_eval is None else rows.fixed_eval[list(index)]
    return Rows(rows.frame[[int(place) for place in index]], rows.columns, rows.typed, rows.files, fixed)
