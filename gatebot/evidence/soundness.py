"""Validates evidence beyond its types: lengths agree, codes have names, ids are unique."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gatebot.evidence.column import Column, Hashes, Names
from gatebot.evidence.kinds import (
    DataProfile,
    Effects,
    Evidence,
    OwnScore,
    Predictions,
    ReportedMetrics,
    RowTable,
    Timings,
    Training,
    Truth,
)

MAX_NAMES = 200_000  # labels of one column
MAX_COLUMNS = 20_000
MAX_TRAITS = 200  # the maximum number of leveled columns; all pairs of them are examined
MAX_LEVELS = 64
MAX_LOG_LINES = 2000  # twice the maximum of `privacy.log_tail`, which leaves room for lines of gatebot


def flaws(evidence: Evidence | Truth) -> Iterator[str]:
    """Yield everything that is wrong with one piece of evidence, one sentence each."""
    match evidence:
        case Training():
            yield from _of_effects(evidence.effects)
            yield from _negative("rows", [evidence.rows, evidence.artifact_bytes or 0])
        case Predictions():
            yield from _of_effects(evidence.effects)
            yield from _of_columns(len(evidence.ids), evidence.columns.items())
            if evidence.copied is not None:
                yield from _negative("rows", [evidence.copied.rows, evidence.copied.equal])
        case DataProfile():
            yield from _negative(
                "rows", [evidence.rows, evidence.train_rows, evidence.duplicate_ids, evidence.excluded]
            )
            yield from _of_rows(evidence.eval_rows)
        case Timings():
            yield from _negative("times", [time for times in evidence.single.values() for time in times])
            yield from _negative("times", [time for times in evidence.batch.values() for time in times])
        case Truth():
            yield from _repeated(evidence.ids)
            columns = {"target": evidence.target, "weight": evidence.weight}
            yield from _of_columns(len(evidence.ids), ((name, c) for name, c in columns.items() if c is not None))
            if evidence.weight is not None:
                yield from _negative("weights", evidence.weight.values.tolist())
        case ReportedMetrics() | OwnScore():  # the user's own numbers are not validated
            return


def _of_effects(effects: Effects) -> Iterator[str]:
    yield from _negative("times", [effects.seconds, effects.cpu_seconds, effects.peak_rss_bytes])
    if len(effects.log_tail) > MAX_LOG_LINES:
        yield f"a log has more than {MAX_LOG_LINES:,} lines"


def _of_rows(rows: RowTable) -> Iterator[str]:
    yield from _repeated(rows.ids)
    for name, hashes in (("contents", rows.contents), ("groups", rows.groups), ("folds", rows.folds)):
        if hashes is not None and len(hashes) != len(rows):
            yield f"{name} has {len(hashes):,} rows where there are {len(rows):,} ids"
    yield from _of_columns(len(rows), rows.slices.items())
    levels = rows.levels or ()
    yield from _of_columns(len(rows), ((each.column, each.values) for each in levels))
    if len(levels) > MAX_TRAITS or any(len(each.values.names) > MAX_LEVELS for each in levels):
        yield f"more than {MAX_TRAITS} columns are told in levels, or one of them in more than {MAX_LEVELS}"


def _of_columns(rows: int, columns: Iterable[tuple[str, Column]]) -> Iterator[str]:
    for place, (name, column) in enumerate(columns):
        if place == MAX_COLUMNS:
            yield f"there are more than {MAX_COLUMNS:,} columns"
            return
        if len(column) != rows:
            yield f"{name} has {len(column):,} rows where there are {rows:,} ids"
        if isinstance(column, Names):
            yield from _of_names(name, column)


def _of_names(name: str, column: Names) -> Iterator[str]:
    if len(column.names) > MAX_NAMES:
        yield f"{name} has more than {MAX_NAMES:,} different labels"
    elif len(set(column.names)) != len(column.names):
        yield f"{name} lists a label twice"
    if len(column.codes) and not -1 <= column.codes.min() <= column.codes.max() < len(column.names):
        yield f"{name} has a code without a label"


def _repeated(ids: Hashes) -> Iterator[str]:
    if len(np.unique(ids)) != len(ids):
        yield "a row id stands twice"


def _negative(what: str, values: Sequence[float]) -> Iterator[str]:
    if not all(math.isfinite(value) and value >= 0 for value in values):
        yield f"{what} are not finite and at least 0"
