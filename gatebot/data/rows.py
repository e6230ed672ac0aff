"""Defines the rows that were read: one frame, the roles of its columns, and its source files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gatebot.data.layout import AUTO, Layout

if TYPE_CHECKING:
    import polars as pl

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Columns:
    """The roles of columns. Every named column must exist.

    Attributes:
        target: column of the label.
        id: column that identifies a row.
        group: column of a row's group; a group is never on both the train and the eval side.
        time: column of a row's time; the latest rows become eval rows.
        split: column that assigns rows to train or eval, if the user splits.
        slices: declared slice and protected columns.
    """

    target: str | None = None
    id: str | None = None
    group: str | None = None
    time: str | None = None
    split: str | None = None
    slices: tuple[str, ...] = ()

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of role and column, for every role that is set."""
        single = (("target", self.target), ("id", self.id), ("group", self.group), ("time", self.time))
        pairs = [*single, ("split.column", self.split), *(("slices", name) for name in self.slices)]
        return tuple((part, name) for part, name in pairs if name is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as they were read, in source order: file by file, line by line.

    Attributes:
        frame: all rows. If the source is text, every column is text, so that no row affects how another is read.
        columns: the roles of columns.
        typed: True if the source keeps types (Parquet); rows are then given to user code as Parquet.
        files: path or address -> digest of its bytes.
        given: what a text format itself says of columns (JSON), as in `TextTable`.
        layout: how the first text file turned out to be laid out.
        pointed: columns of numbers whose decimal mark was exchanged for a point.
        fixed_eval: True if a row is in the user's own eval files, shape [n]; None if train and eval share one source.
    """

    frame: "pl.DataFrame"
    columns: Columns
    typed: bool
    files: Mapping[str, str]
    fixed_eval: Mask | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    layout: Layout = AUTO
    pointed: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height
