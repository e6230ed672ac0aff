"""Reads rows for the user's code, as a pandas DataFrame if pandas is installed, else as a list of dicts."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import Any, Callable

LONGEST_FIELD = 2**31 - 1
TRUTH = {"true": True, "false": False}
CODES: dict[str, Any] = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float32": "f", "float64": "d", "bool": "?", "bool?": "?", "date": "q",
}  # fmt: skip


def read(path: str, types: dict[str, str]) -> Any:
    """Return the rows of a file: a table with types, or CSV whose types pandas infers.

    `types` sets the type (`text`, `number`) of columns of CSV for which it would infer another type from these rows
    than from the whole data.
    """
    try:
        import pandas as pd
    except ImportError:
        return plain(path, types) if path.endswith(".csv") else Table(path).records()
    if not path.endswith(".csv"):
        return Table(path).frame(pd)
    dtype = {name: str if kind == "text" else float for name, kind in types.items()}
    return pd.read_csv(path, low_memory=False, dtype=dtype)


class Table:
    """A file of columns with types: a line of JSON, and then the values as they lie in memory."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123 - one line in every Python
            header = json.loads(file.readline())
            self._data = bytearray(file.read())
        self._path = path
        self._columns: list[dict[str, Any]] = header["columns"]
        self._rows: int = header["rows"]
        self._none: bool = header["none"]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dicts; missing values are None."""
        names = [column["name"] for column in self._columns]
        values = [self._values(column) for column in self._columns]
        return [dict(zip(names, row)) for row in zip(*values)]

    def frame(self, pd: Any) -> Any:
        """Return the rows as a data frame of pandas."""
        words = pd.Series(["a"]).dtype  # object, or str from pandas 3 on
        others = self._others(pd)
        columns = {}
        for column in self._columns:
            name = column["name"]
            columns[name] = others[name] if name in others else self._series(pd, column, words)
        return pd.DataFrame(columns, index=pd.RangeIndex(self._rows))

    def _others(self, pd: Any) -> Any:
        """Return the columns that only Parquet holds; none where nothing here reads it."""
        if not any("beside" in column for column in self._columns):
            return {}
        try:
            return pd.read_parquet(self._path[: self._path.rindex(".")] + ".parquet")
        except ImportError:
            return {}

    def _series(self, pd: Any, column: dict[str, Any], words: Any) -> Any:
        import numpy as np

        kind, gaps = column["type"], self._gaps(column)
        if kind in ("text", "other", "category"):
            texts = pd.Series(self._texts(column, None if self._none else float("nan")), dtype=words)
            return texts.astype("category") if kind == "category" else texts
        if kind == "date":
            return pd.Series(self._values(column), dtype=object)
        if kind.startswith("datetime"):
            unit, _, zone = kind[len("datetime[") :].partition("]")
            moments = np.frombuffer(self._data, "M8[" + unit + "]", self._rows, column["at"]).copy()
            if gaps:
                moments[np.frombuffer(self._data, bool, self._rows, column["missing"])] = np.datetime64("NaT")
            times = pd.Series(moments)
            return times.dt.tz_localize("UTC").dt.tz_convert(zone.strip()) if zone else times
        numbers = np.frombuffer(self._data, kind.rstrip("?").lower(), self._rows, column["at"])
        missing = np.frombuffer(self._data, bool, self._rows, column["missing"]) if gaps else None
        if kind == "bool?":
            truth = numbers.astype(object)
            truth[np.zeros(self._rows, bool) if missing is None else missing] = None if self._none else float("nan")
            return pd.Series(truth, dtype=object)
        if kind[0] in "IU":  # whole numbers with gaps
            gap = np.zeros(self._rows, bool) if missing is None else missing
            return pd.Series(pd.arrays.IntegerArray(numbers.copy(), gap.copy()))
        return numbers

    def _gaps(self, column: dict[str, Any]) -> bool:
        return "missing" in column

    def _values(self, column: dict[str, Any]) -> list[Any]:
        """Return the values of a column; missing ones are None."""
        kind = column["type"]
        if "text" in column:
            return self._texts(column, None)
        code = "q" if kind.startswith("datetime") else CODES[kind.lower()]
        numbers = self._numbers(code, column["at"], self._rows)
        if kind.startswith("datetime"):
            numbers = [_moment(number, kind) for number in numbers]
        elif kind == "date":
            first = dt.date(1970, 1, 1)
            numbers = [first + dt.timedelta(number) for number in numbers]
        elif kind.startswith("float"):
            numbers = [None if number != number else number for number in numbers]  # noqa: PLR0124 NaN differs from itself
        return [None if gone else number for number, gone in zip(numbers, self._missing(column))]

    def _missing(self, column: dict[str, Any]) -> list[bool]:
        return self._numbers("?", column["missing"], self._rows) if "missing" in column else [False] * self._rows

    def _texts(self, column: dict[str, Any], gap: Any) -> list[Any]:
        start, size = column["text"]
        text = self._data[start : start + size].decode("utf-8")
        ends = self._numbers("q", column["at"], self._rows + 1)
        texts = [text[low:high] for low, high in zip(ends, ends[1:])]
        if "missing" not in column:
            return texts
        return [gap if gone else text for text, gone in zip(texts, self._missing(column))]

    def _numbers(self, code: Any, at: int, count: int) -> list[Any]:
        size = {"b": 1, "B": 1, "?": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4}.get(code, 8)
        values: list[Any] = memoryview(self._data)[at : at + size * count].cast(code).tolist()
        return values


def _moment(number: int, kind: str) -> dt.datetime:
    unit, _, zone = kind[len("datetime[") :].partition("]")
    micros = number // 1000 if unit == "ns" else number * (1000 if unit == "ms" else 1)
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros)
    return moment.replace(tzinfo=dt.timezone.utc) if zone else moment


def plain(path: str, types: dict[str, str]) -> list[dict[str, Any]]:
    """Return the rows as dicts. A column is bool, int or float if every value in it is; missing values are None."""
    csv.field_size_limit(LONGEST_FIELD)
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123 - one line in every Python
        reader = csv.reader(file)
        names = next(reader, [])
        cells = list(map(list, zip(*reader)))
    columns = [_typed(column, types.get(name, "")) for name, column in zip(names, cells)]
    return [dict(zip(names, values)) for values in zip(*columns)]


def write(path: str, columns: dict[str, list[Any]]) -> None:
    """Write columns to a CSV file; columns shorter than the longest one are filled with empty cells."""
    with open(path, "w", newline="", encoding="utf-8") as file:  # noqa: PTH123
        writer = csv.writer(file)
        writer.writerow(columns)
        longest = max(map(len, columns.values()), default=0)
        for at in range(longest):
            writer.writerow([_spelled(column[at]) if at < len(column) else "" for column in columns.values()])


def _typed(cells: list[str], kind: str) -> list[Any]:
    if kind != "text":
        for parse in (_truth, int, float) if kind != "number" else (float,):
            typed = _all(parse, cells)
            if typed is not None:
                return typed
    return [cell if cell != "" else None for cell in cells]


def _all(parse: Callable[[str], Any], cells: list[str]) -> list[Any] | None:
    try:
        return [parse(cell) if cell != "" else None for cell in cells]
    except (ValueError, KeyError):
        return None


def _truth(cell: str) -> bool:
    return TRUTH[cell.lower()]


def _spelled(value: Any) -> str:
    if value is None:
        return "nan"  # a line of empty values would be skipped by readers
    return repr(value) if isinstance(value, float) else str(value)
