"""What was read: the rows as one frame, which column plays which part, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column plays which part. Every named column must be there.

    Attributes:
        target: the label.
        id: what names a row.
        group: what must not straddle train and eval.
        time: what decides which rows are the latest.
        split: what says on which side a row stands, where the user splits.
        slices: declared slice and protected columns.
    """

    target: str | None = None
    id: str | None = None
    group: str | None = None
    time: str | None = None
    split: str | None = None
    slices: tuple[str, ...] = ()

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Every part that is played, with the column that plays it."""
        single = (("target", self.target), ("id", self.id), ("group", self.group), ("time", self.time))
        pairs = [*single, ("split.column", self.split), *(("slices", name) for name in self.slices)]
        return tuple((part, name) for part, name in pairs if name is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as they were read, in source order: file by file, line by line.

    Attributes:
        frame: all rows. Every column is text where the source is text, so that no row changes how another one reads.
        columns: which column plays which part.
        typed: the source keeps types (Parquet), so rows are handed on as Parquet.
        files: path or address -> digest of its bytes.
        fixed_eval: True where a row stands in the user's own eval files, shape [n]; None with one source.
    """

    frame: "pl.DataFrame"
    columns: Columns
    typed: bool
    files: Mapping[str, str]
    fixed_eval: Mask | None = None

    def __len__(self) -> int:
        return self.frame.height
