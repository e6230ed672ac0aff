"""JSON Lines and JSON arrays into rows, every column as text, every fault with its line."""

import io
import json
from typing import TYPE_CHECKING, Any

from gatebot.data.packing import first_line
from gatebot.errors import UsageError

if TYPE_CHECKING:
    import polars as pl


def json_lines(data: bytes, name: str) -> "pl.DataFrame":
    """Rows of a JSON Lines file. Columns in the order in which they first appear; nested values stay JSON text."""
    import polars as pl

    lines = io.BytesIO(data)
    try:
        keys = list(pl.read_ndjson(lines, infer_schema_length=None).columns)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        keys = _json_keys(data, name)
    lines.seek(0)
    try:
        return pl.read_ndjson(lines, schema=dict.fromkeys(keys, pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        _json_keys(data, name)
        raise UsageError(
            f"`{name}` is not JSON Lines: {first_line(error)}.", "Write one JSON object a line."
        ) from error


def _json_keys(data: bytes, name: str) -> list[str]:
    """Every key of every line, line by line: slow, and says which line is wrong."""
    keys: dict[str, None] = {}
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"`{name}` line {number} is not JSON: {error}.", "Write one JSON object a line."
            ) from error
        if not isinstance(value, dict):
            raise UsageError(f"`{name}` line {number} is not a JSON object.", "Write one JSON object a line.")
        keys |= dict.fromkeys(value)
    return list(keys)


def array_as_lines(data: bytes, name: str) -> bytes:
    """A JSON array of objects as JSON Lines."""
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
