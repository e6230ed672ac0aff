"""Slices that lose their features get one answer; what tells few rows apart everywhere is no such slice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.column import Numbers
from gatebot.evidence.predictions import Predictions
from tests.checks.worlds import COLUMNS, HARMLESS, SLICES, World, facts, said, silent, weighed, world

CHECK = "model.constant_slice"
WIDE = world(churn=0.3, slices=SLICES, columns=COLUMNS, rows=1000)
SMALL = world(churn=0.3, columns=COLUMNS, rows=100)


def lost(what: World, column: str, value: str, rows: int | None = None) -> Callable[[Predictions], Predictions]:
    """An edit: rows of the slice, or the first of them, get the answers of one of them."""
    comparison = what.comparison()
    if column in comparison.slices:
        members = comparison.slice_units(column)[value]
    else:
        (levels,) = (each.values for each in comparison.levels if each.column == column)
        members = np.flatnonzero(levels.codes == levels.names.index(f"{column}={value}"))
    ids = comparison.units[members][:rows]

    def edit(each: Predictions) -> Predictions:
        at = np.flatnonzero(np.isin(each.ids, ids))
        from_ = np.arange(len(each.ids))
        from_[at] = at[0]
        return replace(each, columns={name: was.take(from_) for name, was in each.columns.items()})

    return edit


def coarse(each: Predictions) -> Predictions:
    """A small tree: few answers in all."""
    numbers = {name: was for name, was in each.columns.items() if isinstance(was, Numbers)}
    columns = {**each.columns, **{name: Numbers(np.round(was.values, 1)) for name, was in numbers.items()}}
    return replace(each, columns=columns)


FAULT = WIDE.head_with(predictions=lost(WIDE, "region", "south"))


@pytest.mark.parametrize(("column", "value"), [("region", "south"), ("c8", "h"), ("c4", "b")])
def test_a_slice_without_features_is_found_whether_or_not_it_is_declared(column: str, value: str) -> None:
    found = weighed(CHECK, WIDE.head_with(predictions=lost(WIDE, column, value)))
    assert set(found) == {f"{column}={value}"}
    (one,) = found.values()
    assert (one.status, one.priority, one.action) == (Status.NEW, Priority.P1, Action.BLOCK)


def test_what_the_finding_tells() -> None:
    known = facts(CHECK, FAULT, "region=south")
    assert known["rows"] == len(WIDE.comparison().slice_units("region")["south"])
    assert known["answers"] > known["rows"] / 2
    assert known["seeds"] == 2


@pytest.mark.parametrize(
    "what",
    [
        WIDE,
        WIDE.head_with(predictions=coarse),
        WIDE.both_with(predictions=lost(WIDE, "region", "south")),
        WIDE.head_with(predictions=lost(WIDE, "region", "south", rows=300)),
        SMALL.head_with(predictions=lost(SMALL, "c8", "h")),
    ],
    ids=["nothing changed", "few answers in all", "base too", "a part of a slice", "too few rows"],
)
def test_it_is_silent(what: World) -> None:
    assert not said(CHECK, what)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
