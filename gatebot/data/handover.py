"""Rows on their way to user code: files with train rows, and files with eval rows that hold no target."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.identity import Identity
from gatebot.data.rows import Index, Rows
from gatebot.errors import MachineError
from gatebot.evidence.column import Hashes

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Handover:
    """A file that user code gets.

    Attributes:
        path: CSV, or Parquet where the data is.
        ids: hashes of its rows in its order, shape [n].
        digest: of those ids: whether two trainings saw the same rows in the same order.
    """

    path: Path
    ids: Hashes
    digest: str


def write_rows(
    rows: Rows,
    identity: Identity,
    index: Index,
    folder: Path,
    stem: str,
    *,
    target: bool,
    shuffle_labels: int | None = None,
) -> Handover:
    """Write some rows, every column as it was read.

    Args:
        rows: what was read.
        identity: its hashes.
        index: which rows, in the order of the file: `Split.training` (source order), `Split.eval` (order of hashes),
            or any
            permutation or part of them.
        folder: where to; made if need be.
        stem: the file's name without its ending.
        target: with the target column. Eval rows are written without.
        shuffle_labels: a seed: labels change places among these rows.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    frame = rows.frame[index]
    name = rows.columns.target
    if name is not None and not target:
        frame = frame.drop(name)
    elif name is not None and shuffle_labels is not None:
        frame = frame.with_columns(shuffled(frame.get_column(name), shuffle_labels))
    path = folder / f"{stem}{'.parquet' if rows.typed else '.csv'}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path) if rows.typed else frame.write_csv(path)
    except OSError as error:
        raise MachineError(
            f"`{path}` cannot be written: {error}.", "Free some disk, or choose another folder."
        ) from error
    return Handover(path, identity.ids[index], rows_digest(identity.ids[index]))


def shuffled(values: "pl.Series", seed: int) -> "pl.Series":
    """The same values in another order, drawn by `seed`."""
    return values[np.random.default_rng(seed).permutation(len(values))]


def rows_digest(ids: Hashes) -> str:
    """Hexadecimal digest of rows in their order."""
    return blake2b(ids.astype("<u8").tobytes(), digest_size=16).hexdigest()
