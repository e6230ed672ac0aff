"""Reads numbers with decimal commas: exchanges the comma for a point in the columns that hold them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_GROUPED = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)"
_COMMA = rf"^(?:{_GROUPED}|[+-]?(?:{_GROUPED})?,\d+(?:[eE][+-]?\d+)?|{_GROUPED},)$"
_MOSTLY = 0.95  # share of a column's values that must be numbers with this decimal mark


def with_points(frame: "pl.DataFrame") -> "tuple[pl.DataFrame, frozenset[str]]":
    """Exchange decimal commas for points, and leave out points between thousands, in columns of such numbers.

    Returns the frame and the names of these columns.
    """
    import polars as pl

    changed = []
    for values in frame.get_columns():
        trimmed = values.str.strip_chars()
        numbers = trimmed.str.contains(_COMMA)
        marked = int((numbers & trimmed.str.contains(r"[.,]")).sum())
        if marked and int(numbers.sum()) >= _MOSTLY * (len(values) - values.null_count()):
            plain = trimmed.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
            changed.append(pl.select(pl.when(numbers).then(plain).otherwise(values).alias(values.name)).to_series())
    return frame.with_columns(changed), frozenset(values.name for values in changed)
