"""Parses delivered predictions into columns. Every problem is returned as a message, not raised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from gatebot.collect.decoding import Decoding
from gatebot.collect.program import Programs
from gatebot.config.document import TaskName
from gatebot.data.identity import id_hashes
from gatebot.data.text import table
from gatebot.errors import UsageError
from gatebot.evidence.column import Column, Hashes, Names, Numbers, label, names_of

if TYPE_CHECKING:
    import polars as pl

PREDICTION, SCORE, ID = "prediction", "score_", "id"
MOST_COLUMNS = 2000
NO_IDS: Hashes = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class RequestedRows:
    """The rows that a run was asked to predict.

    Attributes:
        hashes: hashes of their ids, shape [n], in the order in which the rows were handed out.
        texts: the ids themselves, if a column of the data holds them.
        id_name: the name of that column; None means that predictions are matched by order.
    """

    hashes: Hashes
    texts: tuple[str, ...] = ()
    id_name: str | None = None

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def most_bytes(self) -> int:
        """The maximum size of a delivery in bytes: 16 MiB plus 16 KiB per row."""
        return (16 << 20) + len(self) * (16 << 10)


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """The content of a predictions file. If there is a problem, there are no columns."""

    ids: Hashes = field(default_factory=NO_IDS.copy)
    columns: Mapping[str, Column] = field(default_factory=dict)
    problem: str = ""


def read(
    data: bytes,
    name: str,
    asked: RequestedRows,
    task: TaskName,
    project: str,
    *,
    programs: Programs,
    by_order: bool = False,
) -> Delivered:
    """Parse a predictions file: CSV, TSV, JSON Lines, a JSON array, Parquet, or one of them in gzip.

    The columns are `prediction`, `score_<class>`, and, if the data has ids, `id` or the name of the id column.

    Args:
        data: the bytes of the file.
        name: the name of the file; its extension gives the format, and messages quote it.
        asked: the rows that were requested.
        task: the kind of prediction.
        project: the key for hashes of ids.
        programs: decode packed files and Parquet.
        by_order: allow a file without ids; the n-th prediction then belongs to the n-th row.
    """
    try:
        frame = _frame(data, name, asked, programs)
        ids = _ids(frame, asked, project, by_order=by_order)
        columns = _columns(frame, asked, task)
    except UsageError as error:
        return Delivered(problem=error.message)
    return Delivered(ids, columns)


def _frame(data: bytes, name: str, asked: RequestedRows, programs: Programs) -> "pl.DataFrame":
    most = 2 * len(asked) + 1000
    decoded = Decoding(programs, asked.most_bytes, most + 1)(data, name)
    if not isinstance(decoded, bytes):
        frame = decoded
    elif not decoded.strip():
        raise UsageError(f"`{name}` is empty")
    else:
        ending = PurePosixPath(name.removesuffix(".gz")).suffix.lower()
        frame = table(decoded, name, ending if ending in (".tsv", ".tab") else "")  # the first byte tells JSON
    if frame.height > most:
        raise UsageError(f"`{name}` has more than {most} rows; {len(asked)} were asked for")
    if frame.width > MOST_COLUMNS:
        raise UsageError(f"`{name}` has {frame.width} columns, more than the {MOST_COLUMNS} that are accepted")
    return frame


def _ids(frame: "pl.DataFrame", asked: RequestedRows, project: str, *, by_order: bool) -> Hashes:
    column = next((name for name in (asked.id_name, ID) if name in frame.columns), None) if asked.id_name else None
    if column is not None:
        return _known_or_new([_text(value) for value in frame.get_column(column).to_list()], asked, project)
    if asked.id_name is not None and not by_order:
        raise UsageError(f"there is no column `{asked.id_name}` or `id`, only {_few(frame.columns)}")
    if frame.height != len(asked):
        raise UsageError(f"{frame.height} predictions for {len(asked)} rows")
    return asked.hashes.copy()


def _known_or_new(texts: list[str], asked: RequestedRows, project: str) -> Hashes:
    """Return the hashes of delivered ids.

    Data frames turn `007` into 7 and 7 into 7.0; both are matched to the requested row.
    """
    exact = {text: at for at, text in enumerate(asked.texts)}
    loose: dict[str | None, int | None] = {}
    for at, text in enumerate(asked.texts):
        key = label(text)
        loose[key] = None if key in loose else at
    found = [exact.get(text, loose.get(label(text))) for text in texts]
    unknown = [text for text, at in zip(texts, found, strict=True) if at is None]
    new = iter(id_hashes(project, unknown).tolist())
    return np.array([next(new) if at is None else int(asked.hashes[at]) for at in found], dtype=np.uint64)


def _columns(frame: "pl.DataFrame", asked: RequestedRows, task: TaskName) -> Mapping[str, Column]:
    others = [name for name in frame.columns if name not in (asked.id_name, ID)]
    scores = {name: _score_name(name) for name in others if name.startswith(SCORE)}
    if len(set(scores.values())) < len(scores):
        raise UsageError(f"two of the columns {_few(sorted(scores))} mean one class")
    columns: dict[str, Column] = {new: _numbers(frame.get_column(old)) for old, new in scores.items()}
    if PREDICTION in others:
        given = frame.get_column(PREDICTION)
        labels = task is TaskName.CLASSIFICATION
        columns[PREDICTION] = names_of(given.to_list()) if labels else _numbers(given)
    elif task is TaskName.CLASSIFICATION and columns:
        columns[PREDICTION] = _likeliest(columns)
    if task is TaskName.SCORES:
        rest = [name for name in others if name not in scores and name != PREDICTION]
        marks = {name: _numbers(frame.get_column(name)) for name in rest}
        columns |= {name: column for name, column in marks.items() if isinstance(column, Numbers)}
    if not columns:
        raise UsageError(f"there is no column `{PREDICTION}`, only {_few(frame.columns)}")
    return columns


def _score_name(name: str) -> str:
    return SCORE + (label(name.removeprefix(SCORE)) or "")


def _numbers(values: "pl.Series") -> Column:
    """Return numbers, with NaN for missing values; or names if a value is not a number, for the task to report."""
    raw = values.to_list()
    try:
        return Numbers(np.array([_number(value) for value in raw], dtype=np.float64))
    except (TypeError, ValueError):
        return names_of([_text(value) for value in raw])


def _number(value: object) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return float("nan")
    if isinstance(value, str | int | float):
        return float(value)
    raise TypeError


def _likeliest(scores: Mapping[str, Column]) -> Names:
    """Return the class with the largest score (the first of equal ones), or None in rows without a numeric score."""
    known = {name: column.values for name, column in scores.items() if isinstance(column, Numbers)}
    if not known:
        raise UsageError("no `score_` column holds numbers")
    stacked = np.vstack([np.where(np.isnan(values), -np.inf, values) for values in known.values()])
    best = stacked.argmax(axis=0)
    classes = [name.removeprefix(SCORE) for name in known]
    some = np.isfinite(stacked.max(axis=0))
    return names_of([classes[at] if there else None for at, there in zip(best, some, strict=True)])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _few(names: list[str]) -> str:
    shown = ", ".join(f"`{name[:40]}`" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
