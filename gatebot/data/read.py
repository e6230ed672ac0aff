"""Reads data files into rows. Text stays text, typed formats keep their types, and errors name the file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from gatebot.core.address import shown
from gatebot.data.delimited import without
from gatebot.data.digest import bytes_digest, content, frame_digest
from gatebot.data.layout import AUTO, Layout, TextTable
from gatebot.data.packing import decoded, plain_name
from gatebot.data.rows import Columns, Rows
from gatebot.data.source import Place, Source, locate
from gatebot.data.text import text_table
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

Fetch = Callable[[str], "Sequence[tuple[str, bytes | pl.DataFrame]]"]
Decode = Callable[[bytes, str], "bytes | pl.DataFrame"]


@dataclass(frozen=True, slots=True)
class Readers:
    """How addresses are fetched and files decoded.

    Attributes:
        fetch: returns the files at an address as pairs of name and bytes or table. Without it, no address is read.
        decode: decompresses bytes, and reads Parquet into a table. The default decodes in this process and is only for
            the user's own files.
    """

    fetch: Fetch | None = None
    decode: Decode = decoded


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    name: str
    frame: "pl.DataFrame"
    typed: bool
    digest: str
    text: TextTable | None = None


def read(source: Source, columns: Columns | None = None, readers: Readers = Readers(), layout: Layout = AUTO) -> Rows:
    """Read all files of a source into one table.

    Text formats are read without guessing types, so that a row's text, its hashes and what user code gets never
    depend on other rows. All files must have the same columns, in any order.

    Args:
        source: the files and addresses.
        columns: the roles of columns.
        readers: how addresses are fetched, and compressed files and Parquet decoded.
        layout: how text files are laid out, as far as that is declared.

    Raises:
        UsageError: something is missing or unreadable, or the files do not fit together; names the file and a remedy.
    """
    columns = columns or Columns()
    if source.path:
        files, fixed = _read(source, source.path, readers, layout), None
    else:
        train, held_out = (_read(source, patterns, readers, layout) for patterns in (source.train, source.eval))
        files = [*train, *held_out]
        heights = [sum(file.frame.height for file in side) for side in (train, held_out)]
        fixed = np.repeat([False, True], heights)
    frame = _one_table(files)
    _find(columns, frame.columns, files[0].name)
    texts = [file.text for file in files if file.text is not None]
    return Rows(
        frame,
        columns,
        files[0].typed,
        {file.name: file.digest for file in files},
        fixed,
        given={name: kind for text in texts for name, kind in text.given.items()},
        layout=texts[0].layout if texts else layout,
        pointed=frozenset[str]().union(*(text.pointed for text in texts)),
    )


def _read(source: Source, patterns: tuple[str, ...], readers: Readers, layout: Layout) -> list[_File]:
    places = locate(source, patterns)
    given = (each for place in places for each in _content(source, place, readers.fetch))
    files = [_parsed(name, data, readers.decode, layout) for name, data in given]
    if not any(file.frame.height for file in files):
        raise UsageError(f"`{files[0].name}` has no rows.", "Add rows.")
    return files


def _content(source: Source, place: Place, fetch: Fetch | None) -> "Sequence[tuple[str, bytes | pl.DataFrame]]":
    if place.path is None:
        if fetch is None:
            raise UsageError(f"`{shown(place.name)}` is an address: nothing is fetched here.", "Give a file.")
        return fetch(place.name)
    return [(place.name, content(source, place.path, place.name))]


def _parsed(name: str, given: "bytes | pl.DataFrame", decode: Decode, layout: Layout) -> _File:
    if not isinstance(given, bytes):
        return _File(name, without(given, layout.missing), typed=True, digest=frame_digest(given))
    digest = bytes_digest(given)
    if not given:
        raise UsageError(f"`{name}` is empty.", "Give a file with a header line and rows, or leave it out.")
    ending = PurePosixPath(plain_name(name)).suffix
    data = decode(given, name)
    if not isinstance(data, bytes):
        return _File(name, without(data, layout.missing), typed=True, digest=digest)
    if ending in (".parquet", ".pq"):
        raise UsageError(f"`{name}` is not a Parquet file.", _pointer_hint(data))
    if data.startswith(b"version https://git-lfs"):
        raise UsageError(f"`{name}` is a Git LFS pointer, not the data.", _pointer_hint(data))
    found = text_table(data, name, ending, layout)
    return _File(name, found.frame, typed=False, digest=digest, text=found)


def _pointer_hint(data: bytes) -> str:
    if data.startswith(b"version https://git-lfs"):
        return "Check the repository out with `lfs: true`, or fetch it: git lfs pull"
    return "Is it complete, and is its name right?"


def _one_table(files: Sequence[_File]) -> "pl.DataFrame":
    import polars as pl

    first = files[0]
    for file in files[1:]:
        if file.typed != first.typed:
            raise UsageError(
                f"`{first.name}` and `{file.name}` are of different kinds: one keeps types, the other is text.",
                "Give all files in one format.",
            )
        odd = sorted(set(first.frame.columns) ^ set(file.frame.columns))
        if odd:
            has = first.name if odd[0] in first.frame.columns else file.name
            raise UsageError(
                f"`{first.name}` and `{file.name}` differ in columns: only `{has}` has `{odd[0]}`.",
                "All files of one source need the same columns.",
            )
    frames = [file.frame.select(first.frame.columns) for file in files]
    try:
        return pl.concat(frames, how="vertical_relaxed" if first.typed else "vertical", rechunk=False)
    except pl.exceptions.PolarsError as error:
        for file, frame in zip(files[1:], frames[1:], strict=True):
            for name, kind in frame.schema.items():
                if kind != frames[0].schema[name]:
                    raise UsageError(
                        f"Column `{name}` is {frames[0].schema[name]} in `{first.name}` and {kind} in `{file.name}`.",
                        "Write the column with one type in all files.",
                    ) from error
        raise UsageError(
            f"The files do not fit together: {error}.", "Write all files with the same columns."
        ) from error


def _find(columns: Columns, present: Sequence[str], name: str) -> None:
    """Raise a UsageError for the first role whose column does not exist."""
    lower = {column.lower(): column for column in present}
    for part, column in columns.parts():
        if column in present:
            continue
        close = [lower[near] for near in get_close_matches(column.lower(), lower, n=1, cutoff=0.5)]
        hint = (
            f"Did you mean `{close[0]}`?" if close else "Its columns: " + ", ".join(f"`{one}`" for one in present[:20])
        )
        raise UsageError(f"`{name}` has no column `{column}` (data.{part}).", hint)
