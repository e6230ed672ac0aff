"""Mergeable sketches of the columns of one table."""

from gatebot.evidence.column_sketches.merge import MergeError, merged
from gatebot.evidence.column_sketches.need import ALL, EVAL, TRAIN, ColumnSketches
from gatebot.evidence.column_sketches.value import ColumnKind, ColumnSketch, TableSketch
from gatebot.evidence.kind import Kind

__all__ = [
    "ALL",
    "EVAL",
    "KIND",
    "TRAIN",
    "ColumnKind",
    "ColumnSketch",
    "ColumnSketches",
    "MergeError",
    "TableSketch",
    "merged",
]

KIND = Kind(ColumnSketches, TableSketch, lambda need, session: session.sketches(need.side, need.table))
