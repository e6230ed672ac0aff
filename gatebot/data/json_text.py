"""Reads JSON Lines and JSON arrays into rows, every column as text. Errors name the line or element."""

import io
import json
from typing import Any

from gatebot.data.extent import require_extent
from gatebot.data.layout import JSON, NUMBER, TEXT, TextTable
from gatebot.data.packing import first_line
from gatebot.errors import UsageError

_PIECE = 1 << 16
_STRENGTH = ("", NUMBER, JSON, TEXT)  # what a column is if its values differ: the last that occurs
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = ((str, TEXT), (float, NUMBER), ((list, dict), JSON))


def json_lines(data: bytes, name: str) -> TextTable:
    """Return the rows of a JSON Lines file, columns in order of first appearance. Nested values stay JSON text."""
    import polars as pl

    keys = _keys(data, name)
    try:
        frame = pl.read_ndjson(io.BytesIO(data), schema=dict.fromkeys(keys, pl.String))
        return TextTable(frame, given={key: kind for key, kind in keys.items() if kind})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        _json_keys(data, name)
        raise UsageError(
            f"`{name}` is not JSON Lines: {first_line(error)}.", "Write one JSON object a line."
        ) from error


def _keys(data: bytes, name: str) -> dict[str, str]:
    """Return every key, and what its values are: `text`, `float64`, `json` if they are nested, else nothing.

    Reads piece by piece, since polars is slow if many lines have keys of their own.

    Raises:
        UsageError: there are far more keys than values, or a line is not a JSON object.
    """
    import polars as pl

    keys: dict[str, str] = {}
    lines, start = data.count(b"\n") + 1, 0
    while start < len(data):
        end = data.find(b"\n", start + _PIECE) + 1 or len(data)
        try:
            schema = pl.scan_ndjson(io.BytesIO(data[start:end]), infer_schema_length=None).collect_schema()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            return _json_keys(data, name)
        for key, dtype in schema.items():
            kind = TEXT if dtype == pl.String else JSON if dtype.is_nested() else NUMBER if dtype.is_float() else ""
            keys[key] = max(keys.get(key, ""), kind, key=_STRENGTH.index)
        require_extent(len(keys), lines, len(data), name)
        start = end
    return keys


def _json_keys(data: bytes, name: str) -> dict[str, str]:
    """Return every key and what its values are. Reads line by line, which is slow but locates errors."""
    keys: dict[str, str] = {}
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"`{name}` line {number} is not JSON: {error}.", "Write one JSON object a line."
            ) from error
        if not isinstance(record, dict):
            raise UsageError(f"`{name}` line {number} is not a JSON object.", "Write one JSON object a line.")
        for key, value in record.items():
            kind = next((kind for types, kind in _KINDS if isinstance(value, types)), "")
            keys[key] = max(keys.get(key, ""), kind, key=_STRENGTH.index)
    require_extent(len(keys), number, len(data), name)
    return keys


def array_as_lines(data: bytes, name: str) -> bytes:
    """Convert a JSON array of objects to JSON Lines."""
    try:
        values: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"`{name}` is not JSON: {error}.", "Give an array of objects, or one object a line."
        ) from error
    for place, value in enumerate(values):
        if not isinstance(value, dict):
            raise UsageError(f"`{name}`: element {place + 1} is not a JSON object.", "Give an array of objects.")
    if not values:
        raise UsageError(f"`{name}` is an empty array.", "Add rows, or leave the file out.")
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()
