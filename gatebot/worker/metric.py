"""Calls a metric of the user with truth and predictions."""

from __future__ import annotations

from typing import Any

from . import answers, rows, user_code


def call(function: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Return the value of a metric, and its values for single rows if it returns them.

    The function may have the parameters `truth` and `predictions` (labels or values), `scores` (a table of class
    probabilities, or None), `weights` (or None) and `rows` (the features). It returns a number; or one number per
    row, whose mean is the value; or both, as `(value, per_row)`.
    """
    table = rows.read(task["table"], {})
    names = list(table.columns) if hasattr(table, "columns") else list(table[0]) if table else []
    scores = [name for name in names if name.startswith(answers.SCORE)]
    offered = {
        "truth": _column(table, "target"),
        "predictions": _column(table, answers.PREDICTION),
        "scores": _columns(table, scores) if scores else None,
        "weights": _column(table, "weight") if "weight" in names else None,
        "rows": rows.read(task["rows"], task["types"]),
    }
    given, named = user_code.arguments(function, (), offered, task["metric"])
    result = function(*given, **named)
    value, each = result if isinstance(result, tuple) else (result, None)
    if each is None and hasattr(value, "__len__"):
        value, each = None, value
    numbers = None if each is None else [float(number) for number in answers.plain(each)]
    if value is None:
        value = sum(numbers) / len(numbers) if numbers else float("nan")
    return {"value": float(value), "rows": numbers}


def _column(table: Any, name: str) -> Any:
    return table[name] if hasattr(table, "columns") else [row[name] for row in table]


def _columns(table: Any, names: Any) -> Any:
    if hasattr(table, "columns"):
        return table[names].rename(columns=lambda name: name[len(answers.SCORE) :])
    return [{name[len(answers.SCORE) :]: row[name] for name in names} for row in table]
