"""Writes files for user code: train rows with the target, and eval rows without it."""

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
    """A file that is given to user code.

    Attributes:
        path: the file: Parquet if the data is Parquet, else CSV.
        ids: hashes of its rows in the order of the file, shape [n].
        digest: digest of `ids`; equal if two trainings got the same rows in the same order.
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
        rows: the rows that were read.
        identity: the hashes of `rows`.
        index: the rows to write, in the order of the file: `Split.training` (source order), `Split.eval` (order of
            hashes), or any permutation or part of them.
        folder: folder of the file; created if it does not exist.
        stem: the file's name without its suffix.
        target: write the target column too; False for eval rows.
        shuffle_labels: seed by which the labels of these rows are shuffled; None leaves them.

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
    """Return the values in a random order, drawn with `seed`."""
    return values[np.random.default_rng(seed).permutation(len(values))]


def rows_digest(ids: Hashes) -> str:
    """Return the hexadecimal digest of row hashes, which depends on their order."""
    return blake2b(ids.astype("<u8").tobytes(), digest_size=16).hexdigest()
