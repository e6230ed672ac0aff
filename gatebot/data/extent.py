"""Limits the size of a table by the bytes that it is read from, so that a small file cannot fill the memory."""

from gatebot.errors import UsageError

MOST_COLUMNS = 100_000
# Cells allowed per byte. A present cell takes at least one byte in CSV and four in JSON, a missing one may take none.
SPARSE = 4
ALWAYS = 1_000_000  # cells that are always allowed


def require_extent(columns: int, lines: int, size: int, name: str) -> None:
    """Refuse a text of `size` bytes that would become a table of mostly missing cells.

    Raises:
        UsageError: there are too many columns, or too many cells for the size.
    """
    if columns > MOST_COLUMNS:
        raise UsageError(
            f"`{name}` has {columns:,} columns, more than the {MOST_COLUMNS:,} that are read.", "Is it the right file?"
        )
    if columns * lines > SPARSE * size + ALWAYS:
        raise UsageError(
            f"`{name}` has {lines:,} lines, {columns:,} columns or more, and next to no values in them.",
            "Leave out blank lines, and columns that few rows have; or give Parquet.",
        )
