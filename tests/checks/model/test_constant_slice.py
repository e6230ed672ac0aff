"""Slices that lose their features get one answer; what tells few rows apart everywhere is no such slice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit
from tests.checks.worlds import COLUMNS, HARMLESS, OK, SLICES, World, facts, said, silent, weighed, world

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


def learnt(noise: int) -> Iterator[World]:
    """Worlds of three slice columns that are features too; head is one learner after the other, and base a forest."""
    what = world(rows=600, slices=SLICES, columns={"shop": tuple("abcdefgh")}, noise=noise)
    comparison, rng = what.comparison(), np.random.default_rng(noise)
    declared = [column.codes for name in SLICES if (column := comparison.slice_column(name)) is not None]
    codes = [*declared, *(each.values.codes for each in comparison.levels)]
    truth, units = what.head.truth, comparison.units
    assert truth is not None
    assert isinstance(truth.target, Names)
    target = truth.target.codes
    hot = np.hstack([np.eye(int(each.max()) + 1)[each] for each in codes])
    rows = np.hstack([rng.normal(size=(len(units), 3)) + 0.8 * target[:, None], hot])

    def told(side: Side, learner: Any) -> dict[Need, Evidence]:
        evidence: dict[Need, Evidence] = {}
        for seed in range(2):
            half = np.random.default_rng([noise, seed]).random(len(units)) < 0.5
            said = learner.fit(rows[half], target[half]).predict_proba(rows)
            scores = {f"score_{name}": Numbers(said[:, code].copy()) for code, name in enumerate(("no", "yes"))}
            evidence[Predict(Fit(side, seed=seed))] = Predictions(OK, units, scores)
        return evidence

    base, *heads = learners(noise)
    what = what.plus(Side.BASE, told(Side.BASE, base))
    yield from (what.plus(Side.HEAD, told(Side.HEAD, each)) for each in heads)


def learners(noise: int) -> list[Any]:
    """A forest, and what may replace it."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    return [
        RandomForestClassifier(20, min_samples_leaf=2, random_state=noise),
        RandomForestClassifier(20, min_samples_leaf=2, random_state=noise + 1),
        RandomForestClassifier(3, max_depth=3, random_state=noise),
        GradientBoostingClassifier(n_estimators=20, max_depth=2),
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=3),
        DecisionTreeClassifier(),
        KNeighborsClassifier(15),
    ]


@pytest.mark.simulation
def test_other_learners_leave_no_slice_with_one_answer() -> None:
    worlds = [what for noise in range(45) for what in learnt(noise)]
    assert len(worlds) == 315
    assert not any(said(CHECK, what) for what in worlds)  # at most 1 %
