"""Finds the role of each column (target, id, group, time), and the task."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from gatebot.discovery.code import Module
from gatebot.discovery.sureness import Sureness, UndeterminedError
from gatebot.discovery.tables import Data, Table
from gatebot.discovery.task_kind import FEW, TaskKind, task_kind
from gatebot.errors import UsageError

USUAL_TARGETS = {
    "target": 7, "label": 7, "class": 7, "y": 6, "category": 5, "outcome": 6, "labels": 6, "species": 5, "survived": 6,
    "churn": 6, "churned": 6, "default": 5, "defaulted": 6, "fraud": 6, "is_fraud": 7, "sentiment": 6, "quality": 4,
    "price": 4, "saleprice": 6, "median_house_value": 6, "diagnosis": 5, "response": 4, "clicked": 5, "converted": 5,
    "rating": 4, "score": 3, "intent": 5, "is_spam": 6, "spam": 5, "demand": 4, "sales": 4, "medv": 6,
}  # fmt: skip
LAST, NAMED = 1, 2
SURE = 3  # below this weight, only a column with few values can be the target
STRONG = 5  # from this weight on, evidence counts twice in the file that trains
CERTAIN = 8  # from this weight on, one piece of evidence is enough to be sure
RARE = 0.1
SHORT = 16  # the maximum length of a code in characters
GROUPS = re.compile(
    r"^(customer|user|patient|client|account|session|household|subject|store|shop|device|group|document|author|ship|vessel"
    r"|vehicle|machine|plant|sensor|station|building|player|team|company|driver|speaker|writer|school|hospital)"
    r"(_?(id|no|key|nr))?$",
    re.IGNORECASE,
)
IDS = re.compile(r"^(id|uuid|guid|index|row_?id|key|.*_id|.*_?uuid|.*id|passengerid)$", re.IGNORECASE)
TIMES = re.compile(r"(date|time|timestamp|created|_at$|_on$|day$|month$)", re.IGNORECASE)
TRAIN_SIDE, EVAL_SIDE = frozenset({"train", "training"}), frozenset({"eval", "test", "val", "valid", "validation"})


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """A column, why it has this role, and how sure that is."""

    column: str
    why: str
    sure: Sureness = Sureness.LIKELY


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """The roles of the columns, and the task: `classification` or `regression`.

    `rare` is the label of few of the rows, if there are two labels.
    """

    target: ColumnRole
    task: TaskKind
    id: ColumnRole | None = None
    group: ColumnRole | None = None
    time: ColumnRole | None = None
    split: ColumnRole | None = None
    slices: tuple[str, ...] = ()
    rare: str | None = None


def column_roles(data: Data, modules: Sequence[Module], wanted: str | None) -> ColumnRoles:
    """Find all roles.

    Raises:
        UsageError: no column looks like the target, or several do.
    """
    target = _wanted(data.main, wanted) if wanted else _target(data, modules)
    task = task_kind(data.main.columns[target.column], modules)
    others = [column for name, column in data.main.columns.items() if name != target.column]
    row_id = _id(data.main, others)
    group = _group(data.main, [each for each in others if row_id is None or each.name != row_id.column])
    split = _split(others)
    taken = {target.column, *(role.column for role in (row_id, group, split) if role)}
    slices = [
        each.name
        for each in others
        if each.kind in ("category", "boolean") and 2 <= each.distinct <= FEW and each.name not in taken
    ]
    rare = _rare(data.main.columns[target.column]) if task.name == "classification" else None
    time = None if split else _time(others)
    return ColumnRoles(target, task, row_id, group, time, split, tuple(slices[:2]), rare)


def _wanted(table: Table, name: str) -> ColumnRole:
    if name not in table.columns:
        near = get_close_matches(name, table.columns, n=1, cutoff=0.5)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"{table.path} has no column {name!r}", f"{guess}Its columns: {_listed(table)}")
    return ColumnRole(name, "as you said", Sureness.SURE)


def _target(data: Data, modules: Sequence[Module]) -> ColumnRole:
    weights: dict[str, int] = defaultdict(int)
    reasons: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for column, weight, why in _evidence(data, modules):
        if column in data.main.columns and why not in [each for _, each in reasons[column]]:
            weights[column] += weight
            reasons[column].append((weight, why))
    can_be = [name for name in weights if _can_be_target(data.main, name)]
    ranked = sorted(can_be, key=lambda name: -weights[name])
    if not ranked or (weights[ranked[0]] < SURE and data.main.columns[ranked[0]].distinct > FEW):
        raise UndeterminedError(
            f"no column of {data.main.path} looks like the target",
            f"Say which: gatebot init --target COLUMN (it becomes `data.target`). Its columns: {_listed(data.main)}",
            "target",
            tuple(data.main.columns),
        )
    best = [name for name in ranked if weights[name] == weights[ranked[0]]]
    if len(best) > 1:
        raise UndeterminedError(
            f"several columns of {data.main.path} could be the target: {', '.join(best[:6])}",
            f"Say which: gatebot init --target {best[0]} (it becomes `data.target`).",
            "target",
            tuple(best),
        )
    weight, why = max(reasons[best[0]])
    sure = Sureness.SURE if weight >= CERTAIN else Sureness.LIKELY if weight > LAST else Sureness.GUESS
    return ColumnRole(best[0], why, sure)


def _evidence(data: Data, modules: Sequence[Module]) -> Iterator[tuple[str, int, str]]:
    for one in modules:
        for use in one.uses:
            yield use.column, use.weight * (2 if one.fits and use.weight >= STRONG else 1), use.says
        for name in one.keys if one.fits or "train" in one.path.stem else ():
            yield name, NAMED, f"{one.path} names it"
    if data.asked is not None:
        missing = [name for name in data.main.columns if name not in data.asked.columns]
        for name in missing:
            yield name, 12 if len(missing) == 1 else 4, f"{data.asked.path} does not have it"
    for name in data.main.columns:
        weight = USUAL_TARGETS.get(name.lower(), 0)
        if weight:
            yield name, weight, "by its name"
    yield list(data.main.columns)[-1], LAST, "the last column"


def _can_be_target(table: Table, name: str) -> bool:
    """Return whether a column can be the target: not a row id, free text, time or a constant."""
    column = table.columns[name]
    names_rows = IDS.match(name) is not None and column.distinct == table.rows and column.kind != "number"
    return column.distinct > 1 and column.kind not in ("text", "time", "empty") and not names_rows


def _rare(column: Any) -> str | None:
    """Return the rarer of two labels if less than 10 % of the rows have it."""
    counts = column.top
    if len(counts) != 2 or column.distinct != 2:
        return None
    label = min(counts, key=lambda each: counts[each])
    return label if counts[label] < RARE * sum(counts.values()) else None


def _id(table: Table, columns: Sequence[Any]) -> ColumnRole | None:
    unique = [each for each in columns if each.distinct == table.rows and not each.missing and each.kind != "number"]
    named = [each for each in unique if IDS.match(each.name)]
    named.sort(key=lambda each: (each.name.lower() != "id", not each.name.lower().startswith(table.stem.rstrip("s"))))
    first = [each for each in unique if each.name == next(iter(table.columns)) and _counts(each)]
    sure = Sureness.SURE if named else Sureness.LIKELY
    return ColumnRole([*named, *first][0].name, "every row has its own", sure) if named or first else None


def _counts(column: Any) -> bool:
    """Return whether a column looks like a running number or a code, and not like words."""
    if column.kind == "integer":
        return bool(column.maximum - column.minimum == column.rows - 1)
    return column.kind == "text" and isinstance(column.maximum, float) and column.maximum <= SHORT


def _group(table: Table, columns: Sequence[Any]) -> ColumnRole | None:
    for each in columns:
        repeats = each.distinct >= FEW and 1.2 * each.distinct <= table.rows
        if GROUPS.match(each.name) and repeats and each.kind != "number":
            return ColumnRole(each.name, f"{each.distinct} of them share {table.rows} rows")
    return None


def _time(columns: Sequence[Any]) -> ColumnRole | None:
    times = [
        each
        for each in columns
        if each.kind == "time" and TIMES.search(each.name) and each.distinct >= FEW and not each.missing
    ]
    return ColumnRole(times[0].name, "the latest rows are held back") if len(times) == 1 else None


def _split(columns: Sequence[Any]) -> ColumnRole | None:
    """Return the column in which each row says whether it is trained or tested on."""
    for each in columns:
        values = {str(value).lower() for value in each.top} if each.kind == "category" else set()
        if values & TRAIN_SIDE and values & EVAL_SIDE and values <= TRAIN_SIDE | EVAL_SIDE:
            return ColumnRole(each.name, f"each row says {' or '.join(sorted(values))}", Sureness.SURE)
    return None


def _listed(table: Table) -> str:
    return ", ".join(list(table.columns)[:12]) + (", …" if len(table.columns) > 12 else "")
