"""Writes rows as a columnar file with types, which the worker reads in any Python: no value is parsed again there.

The file is one line of JSON, padded to a multiple of 64 bytes, and then the values of all columns as they lie in
memory, each from a multiple of 64 bytes on:

- the line: `{"rows": n, "none": whether missing words are None, "columns": [{"name", "type", "at", …}]}`; every `at` is
  counted from the end of the line;
- numbers, truth values and times: `rows` values at `at`; times are counts of their unit since 1970, in UTC;
- texts: `rows + 1` 64-bit positions at `at`, counted in characters of one UTF-8 text, `text: [start, bytes]`;
- `beside`: true where a Parquet file beside this one holds the column as it is, for those who can read it;
- gaps: `missing` is the place of one byte a row, 1 where there is no value; without gaps it is left out.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gatebot.data.column_types import OTHER
from gatebot.data.identity import spelled

if TYPE_CHECKING:
    import polars as pl

ENDING = ".rows"
PARQUET = ".parquet"
"""Beside the file: the columns of types that only Parquet holds."""

_STEP = 64


def write_table(
    frame: "pl.DataFrame", types: Mapping[str, str], path: Path, *, none: bool = False, native: bool = False
) -> tuple[Path, ...]:
    """Write a table, and return the files that make it up.

    Args:
        frame: the rows, converted to their types.
        types: the type of each column, as in `column_types`.
        path: the file; columns of `OTHER` types are written as text there, and as they are to a Parquet file beside it.
        none: whether missing words are None for user code, as in data that keeps types, and not NaN.
        native: write all columns to Parquet too, for user code that wants what pandas makes of them.

    Raises:
        OSError: it cannot be written.
    """
    import polars as pl

    columns: list[dict[str, object]] = []
    pieces: list[bytes] = []
    size = 0

    def put(values: bytes) -> int:
        nonlocal size
        at = size
        padded = -len(values) % _STEP
        pieces.append(values)
        pieces.append(bytes(padded))
        size += len(values) + padded
        return at

    gaps = _gaps(frame)
    for values in frame.get_columns():
        kind = types.get(values.name, OTHER)
        beside = native or kind == OTHER
        column: dict[str, object] = {"name": values.name, "type": kind, **({"beside": True} if beside else {})}
        if values.name in gaps:
            column["missing"] = put(gaps[values.name].tobytes())
        numbers = _numbers(values, kind)
        if numbers is not None:
            column["at"] = put(numbers.tobytes())
        else:
            texts = values.to_list() if values.dtype == pl.String else spelled(frame, values.name).to_list()
            texts = [text or "" for text in texts]
            text = "".join(texts).encode()
            column["at"] = put(_ends(texts).tobytes())
            column["text"] = [put(text), len(text)]
        columns.append(column)
    others = [str(column["name"]) for column in columns if "beside" in column]
    head = json.dumps({"rows": frame.height, "none": none, "columns": columns}).encode()
    head += b" " * (-(len(head) + 1) % _STEP) + b"\n"
    with path.open("wb") as file:
        file.write(head)
        file.writelines(pieces)
    if not others:
        return (path,)
    parquet = path.with_suffix(PARQUET)
    frame.select(others).write_parquet(parquet)
    return path, parquet


def _gaps(frame: "pl.DataFrame") -> Mapping[str, NDArray[np.bool_]]:
    """Return True where a value is missing, for the columns that have gaps; floats say it themselves."""
    import polars as pl

    names = [each.name for each in frame.get_columns() if each.null_count() and not each.dtype.is_float()]
    missing = frame.select(pl.col(names).is_null()) if names else frame.head(0)  # one call: each takes its time
    return {name: missing.get_column(name).to_numpy() for name in names}


def _numbers(values: "pl.Series", kind: str) -> NDArray[np.generic] | None:
    """Return the values as they lie in memory, with any value where one is missing; None for texts.

    Floats are NaN there.
    """
    if values.dtype.is_float() and kind in ("float32", "float64"):
        return values.to_numpy().astype(kind, copy=False)
    if kind in ("float32", "float64"):
        return values.cast(float).to_numpy().astype(kind, copy=False)
    if kind == "date" or kind.startswith("datetime"):
        return values.to_physical().fill_null(0).to_numpy().astype(np.int64, copy=False)
    if kind.startswith("bool"):
        return (values.fill_null(value=False) if values.null_count() else values).to_numpy()
    if kind.lower().startswith(("int", "uint")):
        whole = values.fill_null(0) if values.null_count() else values
        return whole.to_numpy().astype(kind.lower(), copy=False)
    return None


def _ends(texts: Sequence[str]) -> NDArray[np.int64]:
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
    return ends
