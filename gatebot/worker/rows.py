"""Reads rows for the user's code, as a pandas DataFrame if pandas is installed, else as a list of dicts."""

from __future__ import annotations

import csv
from typing import Any, Callable

LONGEST_FIELD = 2**31 - 1
TRUTH = {"true": True, "false": False}


def read(path: str, csv_path: str, types: dict[str, str]) -> Any:
    """Return the rows of the file at `path`; of `csv_path` if `path` is Parquet and cannot be read here.

    pandas infers the types of CSV columns. `types` sets the type (`text`, `number`) of columns for which it would
    infer another type from these rows than from the whole data.
    """
    try:
        import pandas as pd
    except ImportError:
        return plain(csv_path, types)
    if path != csv_path:
        try:
            return pd.read_parquet(path)
        except ImportError:  # pandas has no Parquet engine
            path = csv_path
    dtype = {name: str if kind == "text" else float for name, kind in types.items()}
    return pd.read_csv(path, low_memory=False, dtype=dtype)


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
