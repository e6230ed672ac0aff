"""Detects whether delivered predictions were already in a file of the tree in which the run started."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gatebot.collect import files
from gatebot.collect.dataset import Dataset
from gatebot.collect.delivered import Delivered, RequestedRows
from gatebot.core.checkout import Checkout, UnsafePathError
from gatebot.data.packing import is_packed
from gatebot.data.rows import Index
from gatebot.data.text import table
from gatebot.errors import UsageError
from gatebot.evidence.column import Column, Names, Numbers, label
from gatebot.evidence.predictions import Copied

if TYPE_CHECKING:
    import polars as pl

LEAST_ROWS = 20
SHARE = 0.999
FIRST = 200  # values that are compared first, before the whole column
MOST_FILE, MOST_ALL, MOST_FILES, MOST_COLUMNS = 16 << 20, 64 << 20, 200, 500
MOST_PACKED = 20  # each packed file takes a process that decodes it
ARRAYS = (".npy", ".npz")
TABLES = frozenset({*ARRAYS, ".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet"})

NOT_WHAT_IT_SAYS = (
    UsageError,
    ValueError,
    TypeError,
    KeyError,
    OSError,
    EOFError,
    OverflowError,
    MemoryError,
    RecursionError,
    zipfile.BadZipFile,
)

Values = Sequence[Any]
Known = Mapping[str, Values]
Decode = Callable[[bytes, str], "bytes | pl.DataFrame"]


@dataclass(eq=False)
class CommittedFiles:
    """The tables in a tree, except its data.

    Files are parsed as plain data: nothing is unpickled, and no links are followed.

    Attributes:
        root: a folder with a copy of the tree's files.
        paths: the paths of these files.
        dataset: the data of the tree.
        decode: unpacks packed files into bytes, and reads Parquet as a table.
    """

    root: Path
    paths: files.Paths
    dataset: Dataset
    decode: Decode
    _tables: Sequence[tuple[str, Known]] | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def copied(self, data: bytes, delivery: Delivered, asked: RequestedRows) -> Copied | None:
        """Return the first file that contains the predictions: byte for byte, or row for row in one of its columns.

        Predictions that are few or nearly all equal are ignored, because many files contain them. A column that equals
        the target of the data is ignored too: it holds labels, not predictions.

        Args:
            data: the delivered bytes.
            delivery: the parsed predictions.
            asked: the rows that were requested.
        """
        order = _order(delivery, asked)
        wanted = (
            {} if order is None else {n: c.take(order) for n, c in delivery.columns.items() if _varies(c.take(order))}
        )
        if delivery.problem or len(asked) < LEAST_ROWS or not wanted:
            return None
        for path in self._same_size(data):
            return Copied(path, len(asked), len(asked))
        places, truth = self._places(asked)
        for path, known in self._read():
            for at in _alignments(known, asked, places, len(self.dataset.rows.frame)):
                if (equal := _best(known, at, wanted, truth)) is not None:
                    return Copied(path, len(asked), equal)
        return None

    def _same_size(self, data: bytes) -> Iterator[str]:
        checkout = Checkout(self.root)
        for path in self.paths:
            status = checkout.status(path)
            if status is not None and status.st_size == len(data) and (self._content(path, len(data)) or b"") == data:
                yield path.as_posix()

    def _places(self, asked: RequestedRows) -> tuple[Index, Column | None]:
        """Return the positions of the requested rows in the data, and their labels."""
        ids, target = self.dataset.split.identity.ids, self.dataset.split.target
        order = np.argsort(ids, kind="stable")
        places: Index = order[np.searchsorted(ids, asked.hashes, sorter=order).clip(max=max(len(ids) - 1, 0))]
        return places, None if target is None else target.take(places)

    def _read(self) -> Sequence[tuple[str, Known]]:
        with self._lock:  # parallel trainings deliver at the same time
            if self._tables is None:
                self._tables = [(path, part) for path, known in self._all_tables() for part in _of_one_height(known)]
            return self._tables

    def _all_tables(self) -> Iterator[tuple[str, Known]]:
        left, packed, named = MOST_ALL, MOST_PACKED, [path for path in self.paths if _ending(path) in TABLES]
        for path in named[:MOST_FILES]:
            content = self._content(path, min(MOST_FILE, left))
            if not content:
                continue
            left -= len(content)
            is_array = _ending(path) in ARRAYS
            packed -= is_packed(content) and not is_array
            if packed < 0:
                continue
            try:
                known = dict(_columns_of(content if is_array else self.decode(content, path.name), path))
            except NOT_WHAT_IT_SAYS:
                continue
            yield path.as_posix(), known

    def _content(self, path: PurePosixPath, most: int) -> bytes | None:
        try:
            return Checkout(self.root).read(path, most)
        except (FileNotFoundError, UnsafePathError):
            return None


def _ending(path: PurePosixPath) -> str:
    return PurePosixPath(path.name.lower().removesuffix(".gz")).suffix


def _columns_of(data: "bytes | pl.DataFrame", path: PurePosixPath) -> Iterator[tuple[str, Values]]:
    ending = _ending(path)
    if not isinstance(data, bytes):
        yield from _of_frame(data)
    elif ending in ARRAYS:
        yield from _arrays(data)
    elif ending == ".json" and data.lstrip()[:1] == b"{" and isinstance(mapping := _json(data), dict):
        yield from _of_mapping(mapping)
    else:
        yield from _of_frame(table(data, path.name, ending))


def _of_frame(frame: "pl.DataFrame") -> Iterator[tuple[str, Values]]:
    for column in frame.columns[:MOST_COLUMNS]:
        yield column, frame.get_column(column).to_list()


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:  # JSON Lines
        return None


def _of_mapping(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Values]]:
    """Yield the columns of a mapping that holds columns by name or values by id."""
    if any(isinstance(each, list) for each in mapping.values()):
        yield from ((name, values) for name, values in mapping.items() if isinstance(values, list))
        return
    yield "key", list(mapping)
    if all(isinstance(each, dict) for each in mapping.values()):
        names = dict.fromkeys(name for each in mapping.values() for name in each)
        for name in list(names)[:MOST_COLUMNS]:
            yield name, [each.get(name) for each in mapping.values()]
    else:
        yield "value", list(mapping.values())


def _arrays(data: bytes) -> Iterator[tuple[str, Values]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_FILE:
                return
    loaded = np.load(io.BytesIO(data), allow_pickle=False)
    arrays = {"": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    for name, array in arrays.items():
        if array.size > MOST_FILE:  # a file of a few bytes can declare an array of any number of values
            continue
        if array.dtype.names:
            yield from ((f"{name}.{part}", array[part].tolist()) for part in array.dtype.names if array.ndim == 1)
        elif array.ndim in (1, 2):
            for at, column in enumerate(np.atleast_2d(array.T)[:MOST_COLUMNS]):
                yield f"{name}[{at}]", column.tolist()


def _of_one_height(known: Known) -> Iterator[Known]:
    """Yield one table for each column length."""
    for height in sorted({len(values) for values in known.values()}):
        yield {name: values for name, values in known.items() if len(values) == height}


def _order(delivery: Delivered, asked: RequestedRows) -> Index | None:
    """Return the positions of the requested rows in the delivery, or None if a row is missing."""
    if np.array_equal(delivery.ids, asked.hashes):
        return np.arange(len(asked))
    order = np.argsort(delivery.ids, kind="stable")
    places = np.searchsorted(delivery.ids, asked.hashes, sorter=order)
    if not len(order) or places.max(initial=0) >= len(order):
        return None
    found: Index = order[places]
    return found if np.array_equal(delivery.ids[found], asked.hashes) else None


def _alignments(known: Known, asked: RequestedRows, places: Index, rows: int) -> Iterator[Index]:
    """Yield the possible positions of the requested rows in a table.

    Rows are matched by order, by the order of the data, or by a column of ids.
    """
    height = len(next(iter(known.values())))
    if height == len(asked):
        yield np.arange(height)
        yield np.argsort(np.argsort(places))  # in the order of the data
    if height == rows:
        yield places
    wanted = [label(text) for text in asked.texts]
    for values in known.values() if wanted else ():
        at = {label(value): row for row, value in reversed(list(enumerate(values)))}
        if all(text in at for text in wanted):
            yield np.array([at[text] for text in wanted], dtype=np.intp)


def _best(known: Known, at: Index, wanted: Mapping[str, Column], truth: Column | None) -> int | None:
    """Return the number of equal rows in the most similar column, or None if no column is similar."""
    best: int | None = None
    for values in known.values():
        chosen = [values[row] for row in at.tolist()]
        if truth is not None and _same(truth, chosen) is not None:
            continue
        for column in wanted.values():
            equal = _same(column, chosen)
            best = equal if best is None or (equal or 0) > best else best
    return best


def _same(column: Column, values: Values) -> int | None:
    """Return the number of equal values, or None if the column differs.

    Nearly all values must be equal, also among the values that are not the most common one.
    """
    if float(_equal(_head(column), values[:FIRST]).mean()) < 0.9:
        return None
    equal, rare = _equal(column, values), _rare(column)
    if equal.mean() < SHARE or not rare.any() or equal[rare].mean() < SHARE:
        return None
    return int(equal.sum())


def _head(column: Column) -> Column:
    return column.take(np.arange(min(FIRST, len(column))))


def _equal(column: Column, values: Values) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    if isinstance(column, Names):
        return np.array([label(value) == text for value, text in zip(values, column.texts(), strict=True)], dtype=bool)
    return np.asarray(np.isclose(_numbers(values), column.values, rtol=1e-6, atol=0.0, equal_nan=True))


def _numbers(values: Values) -> "np.ndarray[Any, np.dtype[np.float64]]":
    def number(value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return float("nan")

    return np.array([number(value) for value in values], dtype=np.float64)


def _rare(column: Column) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Return a mask of the rows whose value is not the most common one."""
    raw = column.codes if isinstance(column, Names) else column.values
    values, places, counts = np.unique(raw, return_inverse=True, return_counts=True)
    return np.asarray(places != counts.argmax() if len(values) else np.zeros(0, dtype=bool))


def _varies(column: Column) -> bool:
    if isinstance(column, Numbers) and not np.isfinite(column.values).any():
        return False
    return bool(len(column)) and bool(_rare(column).any())
