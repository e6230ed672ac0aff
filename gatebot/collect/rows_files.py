"""Writes the rows of one side for user code: typed tables for Python functions, and the data's own format for commands.

A file is written when it is first asked for, so that nobody waits for a format that nobody reads.
"""

import secrets
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from gatebot.collect.workspace import RowsFile
from gatebot.data.column_types import Types, converted, refitted
from gatebot.data.handover import MOST_ROWS, Change, Lines, changed, lines_of, write_rows
from gatebot.data.layout import AUTO
from gatebot.data.rows import Index, Rows
from gatebot.data.table_file import ENDING, write_table
from gatebot.errors import MachineError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The rows of one file: which, with or without labels, and what is changed about them."""

    rows: Rows
    index: Index
    labelled: bool
    shuffle: int | None
    change: Change | None


@dataclass(eq=False)
class RowsFiles:
    """The files of rows of one side.

    Attributes:
        rows: all rows that were read.
        folder: where files are written; user code sees their paths, which are random and tell nothing.
        types: the types of the columns for Python functions.
        native: None, or what Python functions get instead of typed tables: CSV that pandas reads, with the types
            (`text`, `number`) of columns for which it would infer another type from a part of the rows.
    """

    rows: Rows
    folder: Path
    types: Types
    native: dict[str, str] | None = None
    _lines: dict[bool, Lines | None] = field(default_factory=dict)
    _typed: "pl.DataFrame | None" = None
    _lock: RLock = field(default_factory=RLock, repr=False)

    def file(self, asked: Asked, digest: str) -> RowsFile:
        """Return a file of rows, which is written on demand."""
        stem = secrets.token_hex(8)
        table = self._table if self.native is None or asked.rows.typed else self._plain_csv
        return RowsFile(
            len(asked.index),
            digest,
            self.native or {},
            self._lock,
            partial(table, asked, stem),
            partial(self._csv, asked, stem),
        )

    def _csv(self, asked: Asked, stem: str) -> tuple[Path, ...]:
        """Write rows in the format of the data."""
        plain = asked.rows is self.rows and asked.change is None and asked.shuffle is None
        lines = self._all_lines(labelled=asked.labelled) if plain else None
        path = write_rows(
            asked.rows,
            asked.index,
            self.folder,
            stem,
            target=asked.labelled,
            shuffle_labels=asked.shuffle,
            change=asked.change,
            lines=lines,
        )
        path.chmod(0o644)
        return (path,)

    def _plain_csv(self, asked: Asked, stem: str) -> tuple[Path, ...]:
        """Write rows as the CSV that pandas reads without options."""
        return self._csv(replace(asked, rows=replace(asked.rows, layout=AUTO, pointed=frozenset())), f"{stem}-native")

    def _all_lines(self, *, labelled: bool) -> Lines | None:
        """Return the data as lines of CSV, made once with and once without labels."""
        if labelled not in self._lines:
            self._lines[labelled] = lines_of(self.rows, target=labelled)
        return self._lines[labelled]

    def _table(self, asked: Asked, stem: str) -> tuple[Path, ...]:
        """Write rows as a typed table."""
        frame, types = self._with_types(asked)
        path = self.folder / f"{stem}{ENDING}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            paths = write_table(frame, types, path, none=asked.rows.typed, native=self.native is not None)
        except OSError as error:
            raise MachineError(
                f"`{path}` cannot be written: {error}.", "Free some disk, or choose another folder."
            ) from error
        for each in paths:
            each.chmod(0o644)
        return paths

    def _with_types(self, asked: Asked) -> "tuple[pl.DataFrame, Types]":
        if asked.rows is self.rows and asked.change is None and len(self.rows) <= MOST_ROWS:
            return changed(
                self.rows, asked.index, target=asked.labelled, shuffle_labels=asked.shuffle, frame=self._all_typed()
            ), self.types
        frame = changed(
            asked.rows, asked.index, target=asked.labelled, shuffle_labels=asked.shuffle, change=asked.change
        )
        typed = converted(frame, self.types)
        if asked.rows is self.rows and asked.change is None:
            return typed, self.types
        types = refitted(frame, typed, self.types)
        return typed if types == self.types else converted(frame, types), types

    def _all_typed(self) -> "pl.DataFrame":
        """Return all rows with their types, converted once."""
        if self._typed is None:
            self._typed = converted(self.rows.frame, self.types)
        return self._typed
