"""Converts the result of `predict` to columns: `prediction`, `score_<class>`, and the id if it was returned."""

from __future__ import annotations

import math
from typing import Any, Dict, List

SCORE = "score_"
PREDICTION = "prediction"
Columns = Dict[str, List[Any]]


def columns_of(answer: Any, task: str, classes: list[Any], id_name: str | None) -> Columns:
    """Return labels, class probabilities or values as columns, in the order of the rows.

    The columns of a data frame name the classes. The columns of a plain matrix are in the order of `classes`.
    """
    if answer is None:
        raise TypeError("predict returned None")
    named = _named(answer)
    if named is None:
        values = plain(answer)
        if values and isinstance(values[0], dict):
            named = _transposed(values)
        elif values and isinstance(values[0], (list, tuple)):
            named = _matrix(values, task, classes)
        else:
            return {PREDICTION: _not_probabilities(values, task, classes)}
    return _labelled(named, task, classes, id_name)


def plain(values: Any) -> list[Any]:
    """Convert a vector or matrix of any library to lists."""
    for method in ("detach", "cpu", "toarray"):  # a tensor with gradients, on a GPU; a sparse matrix
        if hasattr(values, method):
            values = getattr(values, method)()
    for method in ("tolist", "to_list", "to_pylist"):
        if hasattr(values, method):
            values = getattr(values, method)()
            break
    return [value.item() if hasattr(value, "item") else value for value in values]


def _named(answer: Any) -> Columns | None:
    """Return the columns of a data frame or mapping; None for anything else."""
    if isinstance(answer, dict):
        return {str(name): plain(values) for name, values in answer.items()}
    if hasattr(answer, "iloc") and hasattr(answer, "columns"):
        return {str(name): answer.iloc[:, at].tolist() for at, name in enumerate(answer.columns)}
    if hasattr(answer, "get_columns"):  # polars
        return {column.name: column.to_list() for column in answer.get_columns()}
    return None


def _transposed(records: list[dict[Any, Any]]) -> Columns:
    names: dict[Any, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
    return {str(name): [record.get(name) for record in records] for name in names}


def _matrix(values: list[Any], task: str, classes: list[Any]) -> Columns:
    width = len(values[0])
    if width == 1:
        return {PREDICTION: [row[0] for row in values]}
    if task != "classification":
        raise ValueError(f"predict returned {width} columns; one value a row is expected")
    if width != len(classes):
        raise ValueError(
            f"predict returned {width} columns of probabilities for {len(classes)} classes ({_few(classes)}); "
            "return a data frame whose columns name the classes"
        )
    return {str(name): [row[at] for row in values] for at, name in enumerate(classes)}


def _labelled(named: Columns, task: str, classes: list[Any], id_name: str | None) -> Columns:
    kept = {name: values for name, values in named.items() if name in (PREDICTION, id_name)}
    others = {name: values for name, values in named.items() if name not in kept}
    if task != "classification":
        if PREDICTION not in kept and len(others) == 1:
            kept[PREDICTION] = next(iter(others.values()))
            return kept
        if PREDICTION not in kept and task == "regression":
            raise ValueError(f"predict returned the columns {_few(list(named))}; `prediction` is expected")
        return {**kept, **others}
    known = {str(name) for name in classes}
    scores = {
        name if name.startswith(SCORE) else SCORE + name: values
        for name, values in others.items()
        if PREDICTION not in kept or name.startswith(SCORE) or name in known
    }
    if PREDICTION not in kept:
        if not scores:
            raise ValueError("predict returned no column of answers")
        kept[PREDICTION] = _likeliest(scores)
    return {**kept, **scores}


def _likeliest(scores: Columns) -> list[Any]:
    names = [name[len(SCORE) :] for name in scores]
    columns = list(scores.values())
    best = []
    for at in range(len(columns[0])):
        row = [_number(column[at]) for column in columns]
        top = max(row)
        best.append(names[row.index(top)] if top > -math.inf else None)
    return best


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return -math.inf
    return -math.inf if math.isnan(number) else number


def _not_probabilities(values: list[Any], task: str, classes: list[Any]) -> list[Any]:
    """Return the values; refuse a single probability per row, whose class is unknown."""
    between = all(isinstance(value, float) and 0 <= value <= 1 for value in values)
    if task == "classification" and between and {float(value) for value in values} - _numbers(classes) - {0.0, 1.0}:
        raise ValueError("predict returned one number between 0 and 1 a row; return labels, or a column for each class")
    return values


def _numbers(names: list[Any]) -> set[float]:
    return {_number(name) for name in names}


def _few(names: list[Any]) -> str:
    shown = ", ".join(map(str, names[:5]))
    return shown + ", …" if len(names) > 5 else shown
