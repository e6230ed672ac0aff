"""How large a table may be for the bytes that it comes from: few bytes must not become a table that fills memory."""

from gatebot.errors import UsageError

MOST_COLUMNS = 100_000
SPARSE = (
    4  # cells for each byte: a cell that is there takes one in CSV and four in JSON, one that is missing takes none
)
ALWAYS = 1_000_000  # cells


def require_extent(columns: int, lines: int, size: int, name: str) -> None:
    """Refuse a text of `size` bytes that would become a table of nearly nothing but gaps.

    Raises:
        UsageError: it has too many columns, or too many for its lines.
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
