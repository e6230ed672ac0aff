"""What is asked to probe a gain: other spellings of the eval rows, and a search of the data."""

from gatebot.comparison.comparison import Comparison
from gatebot.evidence.leakage import MAX_COLUMNS, Leakage
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import ExchangedRows, NearCopies, PerturbedRows, Predict, ShuffledRows
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.profile import ColumnProfile
from gatebot.evidence.training import Fit

MOST_WITHOUT = 10
"""Columns without which head is asked to predict."""
KEY = 0.9
"""Share of different values from which a column of short texts or whole numbers is a key."""
KEY_LENGTH = 40

EXCHANGED, NEAR, SHUFFLED = ExchangedRows(), NearCopies(), ShuffledRows()


def probing(comparison: Comparison) -> tuple[Need, ...]:
    """Return the probes: other spellings of the eval rows for the first models, and a search of the data."""
    asked: list[Need] = [Leakage(Side.HEAD, columns(comparison)), Leakage(Side.BASE)]
    if comparison.effort.trains:
        both: tuple[AnyRows, ...] = (EXCHANGED, NEAR, SHUFFLED)
        for side, spellings in ((Side.HEAD, (*both, *taken(comparison))), (Side.BASE, both)):
            asked += [Predict(fit, rows) for rows in spellings for fit in fits(comparison, side)]
    return tuple(asked)


def fits(comparison: Comparison, side: Side) -> tuple[Fit, ...]:
    """Return the first models of a side, one a fold."""
    return tuple(Fit(side, fold=fold) for fold in range(comparison.effort.folds))


def taken(comparison: Comparison) -> tuple[AnyRows, ...]:
    """Return the eval rows without each column that could carry the gain."""
    return tuple(without(column) for column in suspects(comparison))


def without(column: str) -> PerturbedRows:
    """Return the eval rows with a column that tells nothing of them: the values of other rows."""
    return PerturbedRows("shuffled", column, 1.0)


def columns(comparison: Comparison) -> tuple[str, ...]:
    """Return head's columns, the new and changed ones first."""
    head = comparison.profile(Side.HEAD)
    if head is None:
        return ()
    new = new_columns(comparison)
    names = [*new, *(column.name for column in head.columns if column.name not in new)]
    return tuple(name for name in names if _is_plain(name))[:MAX_COLUMNS]


def _is_plain(name: str) -> bool:
    """Whether a need can name a column."""
    return 0 < len(name) <= 200 and name.isprintable()


def new_columns(comparison: Comparison) -> list[str]:
    """Return the columns of head that base does not have, followed by those whose values are others."""
    base, head = comparison.profile(Side.BASE), comparison.profile(Side.HEAD)
    if base is None or head is None:
        return []
    old = {column.name: column for column in base.columns}
    names = [column.name for column in head.columns if column.name not in old]
    if base.rows == head.rows:  # with other rows, all columns have other values
        names += [column.name for column in head.columns if column.name in old and old[column.name] != column]
    return names


def suspects(comparison: Comparison) -> tuple[str, ...]:
    """Return the columns without which head is asked: new ones, then those that look like keys of rows."""
    head = comparison.profile(Side.HEAD)
    keys = [] if head is None else [column.name for column in head.columns if _is_key(column)]
    names = dict.fromkeys((*new_columns(comparison), *keys))
    return tuple(name for name in names if _is_plain(name))[:MOST_WITHOUT]


def _is_key(column: ColumnProfile) -> bool:
    if column.distinct < KEY * column.rows:
        return False
    longest = column.maximum if isinstance(column.maximum, float) else 0.0
    return column.kind == "integer" or (column.kind == "text" and longest <= KEY_LENGTH)
