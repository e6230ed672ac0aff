"""Writes rows for user code: rows to train on with the target, and rows to predict without it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.rows import Index, Rows
from gatebot.errors import MachineError

if TYPE_CHECKING:
    import polars as pl

Change = Callable[["pl.DataFrame"], "pl.DataFrame"]


def write_rows(
    rows: Rows,
    index: Index,
    folder: Path,
    stem: str,
    *,
    target: bool,
    shuffle_labels: int | None = None,
    change: Change | None = None,
) -> Path:
    """Write some rows, every column as it was read, and return the path: CSV, or Parquet if the data is.

    Args:
        rows: the rows that were read.
        index: positions of the rows to write, in the order of the file.
        folder: the folder to write to; made if necessary.
        stem: the name of the file without its ending.
        target: whether the target column is written. Rows to predict are written without it.
        shuffle_labels: a seed by which the labels of these rows are exchanged among each other.
        change: changes the rows before they are written.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    frame = rows.frame[index]
    name = rows.columns.target
    if name is not None and not target:
        frame = frame.drop(name, strict=False)
    elif name is not None and shuffle_labels is not None:
        frame = frame.with_columns(shuffled(frame.get_column(name), shuffle_labels))
    if change is not None:
        frame = change(frame)
    path = folder / f"{stem}{'.parquet' if rows.typed else '.csv'}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path) if rows.typed else frame.write_csv(path)
    except OSError as error:
        raise MachineError(
            f"`{path}` cannot be written: {error}.", "Free some disk, or choose another folder."
        ) from error
    return path


def shuffled(values: "pl.Series", seed: int) -> "pl.Series":
    """Return the same values in another order, drawn by `seed`."""
    return values[np.random.default_rng(seed).permutation(len(values))]
