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
from collections.abc import Mapping
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

    for values in frame.get_columns():
        kind = types.get(values.name, OTHER)
        beside = native or kind == OTHER
        column: dict[str, object] = {"name": values.name, "type": kind, **({"beside": True} if beside else {})}
        if values.null_count():
            column["missing"] = put(values.is_null().to_numpy().astype(np.uint8).tobytes())
        numbers = _numbers(values, kind)
        if numbers is not None:
            column["at"] = put(numbers.tobytes())
        else:
            texts = spelled(frame, values.name)
            text = "".join(texts.to_list()).encode()
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


def _numbers(values: "pl.Series", kind: str) -> NDArray[np.generic] | None:
    """Return the values as they lie in memory, with any value where one is missing; None for texts."""
    import polars as pl

    if kind in ("float32", "float64"):
        return values.cast(pl.Float32 if kind == "float32" else pl.Float64).fill_null(float("nan")).to_numpy()
    if kind.lower().startswith(("int", "uint")):
        return values.fill_null(0).to_numpy().astype(kind.lower())
    if kind.startswith("bool"):
        return values.fill_null(value=False).to_numpy()
    if kind == "date":
        return values.to_physical().fill_null(0).to_numpy().astype(np.int64)
    if kind.startswith("datetime"):
        return values.to_physical().fill_null(0).to_numpy()
    return None


def _ends(texts: "pl.Series") -> NDArray[np.int64]:
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(texts.str.len_chars().to_numpy(), out=ends[1:])
    return ends
