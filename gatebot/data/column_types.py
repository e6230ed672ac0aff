"""Decides the type of every column once, from all rows of base, and converts columns of text to these types.

A type is named as the user's data frame names it: `text`, `int64`, `Int64` (whole numbers with gaps that a float would
round), `float64`, `bool`, `bool?` (truth values with gaps). Data that keeps types, such as Parquet, has further ones.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gatebot.data.layout import JSON, NUMBER, TEXT
from gatebot.data.rows import Rows
from gatebot.data.target import NOTHING
from gatebot.errors import UsageError
from gatebot.evidence.profile import ColumnProfile

if TYPE_CHECKING:
    import polars as pl

INTEGER, NULLABLE, BOOLEAN, GAPPED = "int64", "Int64", "bool", "bool?"
OTHER = "other"
"""A type that only Parquet holds, such as lists; elsewhere it is text."""

DECLARED = {"text": TEXT, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN}
"""The words of `data.types`, and the types that they mean."""

EXACT = 2.0**53  # larger whole numbers are not exact as floats
TRUTH = ("true", "false")
_WHOLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")

Types = Mapping[str, str]


def types_of(
    rows: Rows,
    columns: Sequence[ColumnProfile],
    base: Sequence[ColumnProfile] = (),
    declared: Types | None = None,
) -> Types:
    """Return the type of every column.

    A column has the declared type; else base's, if every value fits it; else the narrowest that its values fit. In a
    column of numbers, the usual words for a missing number (`NA`, `nan`, `null` and so on) are missing numbers; in
    every other column they are words.

    Args:
        rows: the rows that were read.
        columns: the profiles of their columns.
        base: the profiles of base's columns; none for base itself.
        declared: the types that the Rules name, as in `DECLARED`.

    Raises:
        UsageError: a value does not fit the type that is declared for its column; names the row.
    """
    if rows.typed:
        return {values.name: _kept(values) for values in rows.frame.get_columns()}
    known = {column.name: column for column in base}
    found = {column.name: _type_of(column, known.get(column.name), rows.given) for column in columns}
    for name, word in (declared or {}).items():
        if name in found:
            found[name] = _checked(rows.frame, name, word)
    return found


def _type_of(column: ColumnProfile, base: ColumnProfile | None, given: Types) -> str:
    mine = _given(given.get(column.name)) or _narrowest(column)
    if base is None:
        return mine
    wanted = _narrowest(base)
    return wanted if _fits(column, wanted, mine) else mine


def _given(kind: str | None) -> str | None:
    return TEXT if kind == JSON else kind


def _narrowest(column: ColumnProfile) -> str:
    """Return the narrowest type that all values of a column of text fit."""
    if column.unparsed:
        return TEXT
    match column.kind:
        case "boolean":
            return GAPPED if column.missing else BOOLEAN
        case "integer" if not column.missing:
            return INTEGER
        case "integer" if max(_size(column.minimum), _size(column.maximum)) >= EXACT:
            return NULLABLE
        case "integer" | "number" | "empty":
            return NUMBER
    return TEXT


def _size(end: float | str | None) -> float:
    return abs(end) if isinstance(end, int | float) else 0.0


def _fits(column: ColumnProfile, wanted: str, mine: str) -> bool:
    """Return whether a column whose own type is `mine` can have another type."""
    if wanted in (TEXT, mine):
        return True
    if mine == TEXT or column.unparsed:
        return False
    match wanted:
        case "float64":
            return column.kind in ("integer", "number", "empty") and mine != NULLABLE
        case "Int64":
            return column.kind in ("integer", "empty")
        case "bool?":
            return column.kind in ("boolean", "empty")
    return False


def _checked(frame: "pl.DataFrame", name: str, word: str) -> str:
    """Return the type that a word declares, with gaps where the column has some.

    Raises:
        UsageError: a value does not fit.
    """
    texts, wanted = frame.get_column(name), DECLARED[word]
    odd = _odd(texts, _as_type(texts, wanted), wanted)
    if odd.any():
        row = int(odd.arg_true()[0])
        raise UsageError(
            f"`{name}` is declared as {word} (data.types), but row {row + 1} holds {str(texts[row])[:40]!r}.",
            "Correct the value, name it in `data.missing`, or declare another type.",
        )
    gaps = bool(texts.null_count()) or bool((texts == "").any())
    return {INTEGER: NULLABLE, BOOLEAN: GAPPED}.get(wanted, wanted) if gaps else wanted


def _odd(texts: "pl.Series", values: "pl.Series", kind: str) -> "pl.Series":
    """Return True where a text was not converted, although it says something."""
    odd = values.is_null() & texts.is_not_null() & (texts.str.strip_chars() != "")
    return odd & ~texts.str.strip_chars().str.to_lowercase().is_in(NOTHING) if kind == NUMBER else odd


def _as_type(texts: "pl.Series", kind: str) -> "pl.Series":
    """Convert one column of text; what does not fit is null."""
    return texts.to_frame().select(_converted(texts.name, kind)).to_series()


def _converted(name: str, kind: str) -> "pl.Expr":
    import polars as pl

    texts = pl.col(name)
    match kind:
        case "int64" | "Int64":
            return texts.str.strip_chars().cast(pl.Int64, strict=False)
        case "float64":
            return texts.str.strip_chars().cast(pl.Float64, strict=False)
        case "bool" | "bool?":
            words = texts.str.strip_chars().str.to_lowercase()
            return pl.when(words.is_in(TRUTH)).then(words == TRUTH[0]).otherwise(None).alias(name)
    return texts


def converted(frame: "pl.DataFrame", types: Types) -> "pl.DataFrame":
    """Convert columns of text to their types. Every value must fit; the words for missing numbers become null.

    Columns that are not text already, and those without a type, stay as they are.
    """
    import polars as pl

    texts = [name for name, kind in frame.schema.items() if kind == pl.String and types.get(name, TEXT) != TEXT]
    return frame.with_columns(_converted(name, types[name]) for name in texts)


def refitted(before: "pl.DataFrame", frame: "pl.DataFrame", types: Types) -> Types:
    """Return the types for rows that were changed: where a value no longer fits, the column's narrowest type.

    Args:
        before: the changed rows as text.
        frame: the same rows, converted to `types`.
        types: the types of the columns.
    """
    from gatebot.data.many_columns import column_profiles

    loose = [name for name in frame.columns if name in types and not _still(before, frame, name, types[name])]
    own = {column.name: _narrowest(column) for column in column_profiles(before.select(loose))} if loose else {}
    return {**types, **own}


def _still(before: "pl.DataFrame", frame: "pl.DataFrame", name: str, kind: str) -> bool:
    import polars as pl

    values = frame.get_column(name)
    texts = before.get_column(name)
    if texts.dtype != pl.String or kind == TEXT or not values.null_count():
        return True
    return kind not in (INTEGER, BOOLEAN) and not _odd(texts, values, kind).any()


def _kept(values: "pl.Series") -> str:
    """Return the type of a column whose source keeps types."""
    import polars as pl

    dtype = values.dtype
    if str(dtype) in _WHOLE and values.null_count():
        ends = [abs(int(end)) for end in (values.min(), values.max()) if isinstance(end, int)]
        return NUMBER if max(ends, default=0) < EXACT else str(dtype)
    if isinstance(dtype, pl.Datetime):
        return f"datetime[{dtype.time_unit}]" + (f" {dtype.time_zone}" if dtype.time_zone else "")
    if dtype == pl.Boolean:
        return GAPPED if values.null_count() else BOOLEAN
    simple = {"String": TEXT, "Float32": "float32", "Float64": NUMBER, "Date": "date", "Categorical": "category"}
    return simple.get(str(dtype), "category" if isinstance(dtype, pl.Enum) else _whole(str(dtype)))


def _whole(name: str) -> str:
    return name.lower() if name in _WHOLE else OTHER
