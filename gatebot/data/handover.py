"""Writes rows for user code: rows to train on with the target, and rows to predict without it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatebot.data.encoding import UTF8
from gatebot.data.layout import AUTO, WHITESPACE
from gatebot.data.rows import Index, Rows
from gatebot.errors import MachineError

if TYPE_CHECKING:
    import polars as pl

TAB = "\t"
MOST_ROWS = 20_000
"""Tables with more rows are formatted anew for each file: a file takes a small part of them."""

Change = Callable[["pl.DataFrame"], "pl.DataFrame"]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A table as CSV, from which any rows can be written without formatting them again.

    Attributes:
        text: the header and the lines.
        ends: the position after the header and after each line, shape [rows + 1].
    """

    text: bytes
    ends: Index

    def of(self, index: Index) -> bytes:
        """Return a CSV file of the rows at `index`, in that order."""
        header = self.text[: self.ends[0]]
        starts, ends = self.ends[index].tolist(), self.ends[index + 1].tolist()
        return header + b"".join(self.text[start:end] for start, end in zip(starts, ends, strict=True))


def lines_of(rows: Rows, *, target: bool) -> Lines | None:
    """Return a table as lines; None if it is typed or long, or if a value has a line break.

    Args:
        rows: the rows that were read.
        target: whether the lines have the target column.
    """
    if rows.typed or rows.layout.header == "none" or rows.layout.encoding not in (AUTO.encoding, UTF8):
        return None
    if not 0 < len(rows) <= MOST_ROWS:
        return None
    text = as_file(rows, _without_target(rows, rows.frame, target=target))
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")) + 1
    return Lines(text, ends) if len(ends) == len(rows) + 1 else None


def as_file(rows: Rows, frame: "pl.DataFrame") -> bytes:
    """Return rows as a text file of the layout in which the data was read: separator, decimal mark, encoding and so on.

    Data whose layout has no separator, such as JSON, becomes CSV.
    """
    import polars as pl

    layout = rows.layout
    separator = "\t" if layout.separator == WHITESPACE else layout.separator or ","
    marks = [name for name in frame.columns if name in rows.pointed and frame.schema[name] == pl.String]
    frame = frame.with_columns(pl.col(marks).str.replace(".", layout.decimal, literal=True)) if marks else frame
    text = frame.write_csv(
        separator=separator,
        include_header=layout.header != "none",
        quote_char=layout.quote or '"',
        quote_style="necessary" if layout.quote else "never",
        null_value=layout.missing[0] if layout.separator == WHITESPACE and layout.missing else None,
    )
    encoding = {"auto": UTF8, "utf-16-le": "utf-16"}.get(layout.encoding, layout.encoding)
    return text.encode(encoding, "replace")


def _without_target(rows: Rows, frame: "pl.DataFrame", *, target: bool) -> "pl.DataFrame":
    name = rows.columns.target
    return frame if target or name is None else frame.drop(name, strict=False)


def write_rows(
    rows: Rows,
    index: Index,
    folder: Path,
    stem: str,
    *,
    target: bool,
    shuffle_labels: int | None = None,
    change: Change | None = None,
    lines: Lines | None = None,
) -> Path:
    """Write some rows, every column as it was read, and return the path: Parquet, or text in the layout of the data.

    Args:
        rows: the rows that were read.
        index: positions of the rows to write, in the order of the file.
        folder: the folder to write to; made if necessary.
        stem: the name of the file without its ending.
        target: whether the target column is written. Rows to predict are written without it.
        shuffle_labels: a seed by which the labels of these rows are exchanged among each other.
        change: changes the rows before they are written.
        lines: all rows as lines, with or without the target as asked for; used for rows that nothing changes.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    path = folder / f"{stem}{'.parquet' if rows.typed else '.tsv' if rows.layout.separator == TAB else '.csv'}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if lines is not None and shuffle_labels is None and change is None:
            path.write_bytes(lines.of(index))
            return path
        frame = changed(rows, index, target=target, shuffle_labels=shuffle_labels, change=change)
        frame.write_parquet(path) if rows.typed else path.write_bytes(as_file(rows, frame))
    except OSError as error:
        raise MachineError(
            f"`{path}` cannot be written: {error}.", "Free some disk, or choose another folder."
        ) from error
    return path


def changed(
    rows: Rows,
    index: Index,
    *,
    target: bool,
    shuffle_labels: int | None = None,
    change: Change | None = None,
    frame: "pl.DataFrame | None" = None,
) -> "pl.DataFrame":
    """Return some rows as `write_rows` writes them.

    Args:
        rows: the rows that were read.
        index: positions of the rows, in their new order.
        target: whether the target column is kept.
        shuffle_labels: a seed by which the labels are exchanged.
        change: changes the rows.
        frame: the same rows as `rows.frame`, with other types.
    """
    name = rows.columns.target
    chosen = _without_target(rows, (rows.frame if frame is None else frame)[index], target=target)
    if name is not None and target and shuffle_labels is not None:
        chosen = chosen.with_columns(shuffled(chosen.get_column(name), shuffle_labels))
    return chosen if change is None else change(chosen)


def shuffled(values: "pl.Series", seed: int) -> "pl.Series":
    """Return the same values in another order, drawn by `seed`."""
    return values[np.random.default_rng(seed).permutation(len(values))]
