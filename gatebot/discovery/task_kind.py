"""Decides between classification and regression: by the target's values first, then by what the code trains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gatebot.discovery.code import Module
from gatebot.discovery.sureness import Sureness

FEW = 20
MOST_CLASSES = 1_000
ROWS_OF_A_CLASS = 5
"""Whole numbers that repeat less than this are counts or amounts, whatever the code trains."""

CLASSIFIERS = ("Classifier", "SVC", "NB", "LogisticRegression", "LogisticRegressionCV", "DiscriminantAnalysis")
REGRESSORS = ("Regressor", "SVR", "Ridge", "RidgeCV", "Lasso", "LassoCV", "LinearRegression", "ElasticNet")


@dataclass(frozen=True, slots=True)
class TaskKind:
    """The task, what speaks for it and what against it; `against` is empty if nothing does."""

    name: str
    why: str
    against: str
    sure: Sureness


def task_kind(column: Any, modules: Sequence[Module]) -> TaskKind:
    """Return the task of a target with this profile.

    Labels and decimals decide alone. Whole numbers may be either, so there the code decides.
    """
    sorts, values = (_trained(modules, endings) for endings in (CLASSIFIERS, REGRESSORS))
    if column.kind in ("boolean", "category"):
        return _decided("classification", f"{column.distinct} labels that are words", sorts, values)
    if not _is_whole(column) and column.distinct > 2:
        return _decided("regression", f"decimals, {column.distinct:,} different ones", values, sorts)
    repeats = column.rows >= ROWS_OF_A_CLASS * column.distinct
    could_sort = column.distinct <= FEW or (repeats and column.distinct <= MOST_CLASSES)
    data = f"{column.distinct:,} different whole numbers"
    if sorts and not values and could_sort:
        return TaskKind("classification", f"{data}, and {sorts}", "", Sureness.SURE)
    if values and not sorts:
        against = "but so few could be labels" if column.distinct <= 2 else ""
        return TaskKind("regression", f"{data}, and {values}", against, Sureness.LIKELY if against else Sureness.SURE)
    if column.distinct <= FEW:
        doubt = f"but {values} as well" if values else ""
        return TaskKind("classification", data, doubt, Sureness.GUESS if doubt else Sureness.LIKELY)
    return _decided("regression", data, values, sorts)


def _decided(name: str, why: str, speaks_for: str, speaks_against: str) -> TaskKind:
    """Return what the data has decided, with what the code says about it."""
    if speaks_against and not speaks_for:
        return TaskKind(name, why, f"but {speaks_against}", Sureness.LIKELY)
    return TaskKind(name, f"{why}, and {speaks_for}" if speaks_for else why, "", Sureness.SURE)


def _trained(modules: Sequence[Module], endings: tuple[str, ...]) -> str:
    """Return where the code trains such a model, as a clause; empty if it does nowhere."""
    return next((f"{path} trains a {name}" for path, name in _estimators(modules, endings)), "")


def _estimators(modules: Sequence[Module], endings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for one in modules:
        if one.fits:
            yield from ((str(one.path), call) for call in sorted(one.calls) if call.endswith(endings))


def _is_whole(column: Any) -> bool:
    """Return whether the values are whole numbers, also if they are written as 1.0."""
    if column.kind == "integer":
        return True
    return bool(column.top) and all(_whole(value) for value in column.top)


def _whole(value: str) -> bool:
    try:
        return float(value).is_integer()
    except ValueError:
        return False
