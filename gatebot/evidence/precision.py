"""Rounds probabilities to the stored precision, once, when predictions are read."""

from collections.abc import Mapping

import numpy as np

from gatebot.evidence.column import Column, Floats, Numbers


def rounded(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Round the probabilities in columns of predictions to 24 bits, which halves their size on the disk.

    This changes a probability by a relative error of at most 6e-8, and the log loss of each row by at most as much.
    Only `score_...` columns within [0, 1] are rounded; the values of a regression keep their 53 bits.
    """
    return {name: _rounded(column) if name.startswith("score_") else column for name, column in columns.items()}


def _rounded(column: Column) -> Column:
    if not isinstance(column, Numbers):
        return column
    known = column.values[~np.isnan(column.values)]
    if not ((known >= 0) & (known <= 1)).all():
        return column
    values: Floats = column.values.astype(np.float32).astype(np.float64)
    least = float(np.finfo(np.float32).tiny)  # a probability above 0 stays above 0
    return Numbers(np.where((column.values > 0) & (values < least), least, values))
