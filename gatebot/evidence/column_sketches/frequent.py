"""Most frequent values with counts: the SpaceSaving summary (Metwally et al. 2005), merged as in Agarwal et al. 2013.

A summary is a mapping of at most 64 values to counts, and an excess. A value occurs at most as often as its count says,
and less by at most the excess; a value that is not listed occurs at most as often as the excess says. The excess is at
most 1/65 of all values, after any number of merges, and 0 if there are at most 64 different values.
"""

from collections.abc import Mapping

MAX_FREQUENT = 64

Summary = tuple[dict[str, int], int]


def most_frequent(counts: Mapping[str, int], excess: int = 0) -> Summary:
    """Return the summary of counted values, most frequent first, ties by value."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = ordered[MAX_FREQUENT:]
    return dict(ordered[:MAX_FREQUENT]), max(excess, rest[0][1]) if rest else excess


def merged_counts(one: Mapping[str, int], excess: int, other: Mapping[str, int], other_excess: int) -> Summary:
    """Return the summary of the values of two summaries. It does not depend on their order."""
    counts = {value: one.get(value, excess) + other.get(value, other_excess) for value in {*one, *other}}
    return most_frequent(counts, excess + other_excess)
