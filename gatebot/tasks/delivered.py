"""Problems of delivered columns in any task: wrong lengths, text, and numbers that are not finite."""

from collections.abc import Iterator

import numpy as np

from gatebot.evidence.column import Numbers
from gatebot.evidence.predictions import Predictions
from gatebot.tasks.task import Facts, Problem


def wrong_lengths(predictions: Predictions) -> Iterator[Problem]:
    """Yield columns that do not have one value for each row id."""
    for name, column in predictions.columns.items():
        if len(column) != len(predictions.ids):
            facts: Facts = {"column": name, "values": len(column), "rows": len(predictions.ids)}
            yield Problem("wrong_length", "`{column}` has {values} values for {rows} rows", facts)


def not_numbers(predictions: Predictions, needed: str = "prediction") -> Iterator[Problem]:
    """Yield a problem if the needed column is missing, and for each column of text."""
    if needed not in predictions.columns:
        yield Problem("missing_column", "there is no column `{column}`", {"column": needed})
    for name, column in predictions.columns.items():
        if not isinstance(column, Numbers):
            example = next((text for text in column.texts() if text is not None), "")
            facts = {"column": name, "example": example}
            yield Problem("not_numeric", "`{column}` holds text such as {example} where numbers belong", facts)


def not_finite(predictions: Predictions) -> Iterator[Problem]:
    """Yield columns of numbers with NaN or infinity."""
    for name, column in predictions.columns.items():
        if isinstance(column, Numbers) and (wrong := int((~np.isfinite(column.values)).sum())):
            yield Problem("not_finite", "`{column}` is not a number in {rows} rows", {"column": name, "rows": wrong})
