from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Priority, Status
from gatebot.evidence.profile import ColumnProfile, DataProfile
from tests.checks.worlds import HARMLESS, facts, run, said, silent, weighed, world

CHECK = "data.schema"

Columns = tuple[ColumnProfile, ...]
Edit = Callable[[Columns], Columns]


def _columns(change: Edit) -> Callable[[DataProfile], DataProfile]:
    return lambda profile: replace(profile, columns=change(profile.columns))


def _typed(name: str, kind: str) -> Edit:
    return lambda columns: tuple(replace(each, kind=kind) if each.name == name else each for each in columns)


def _gone(columns: Columns) -> Columns:
    return tuple(each for each in columns if each.name != "amount")


def _new(columns: Columns) -> Columns:
    return (*columns, ColumnProfile("mood", "category", 6000, 0, 3))


def _turned(columns: Columns) -> Columns:
    return columns[::-1]


FAULT = world().head_with(profile=_columns(lambda columns: _new(_gone(_typed("channel", "number")(columns)))))


def test_each_column_is_told_by_itself() -> None:
    assert set(said(CHECK, FAULT)) == {"gone: amount", "type: channel", "new: mood"}


@pytest.mark.parametrize(
    ("change", "subject", "priority", "known"),
    [
        (_gone, "gone: amount", Priority.P0, {"column": "amount"}),
        (_typed("amount", "text"), "type: amount", Priority.P0, {"column": "amount", "base": "number", "head": "text"}),
        (
            _typed("amount", "empty"),
            "type: amount",
            Priority.P0,
            {"column": "amount", "base": "number", "head": "empty"},
        ),
        (_new, "new: mood", Priority.P2, {"column": "mood"}),
        (_turned, "order", Priority.P2, {}),
    ],
    ids=["gone", "type", "emptied", "new", "order"],
)
def test_each_change_is_found(change: Edit, subject: str, priority: Priority, known: dict[str, str]) -> None:
    planted = world().head_with(profile=_columns(change))
    assert said(CHECK, planted) == {subject: Status.NEW}
    assert weighed(CHECK, planted)[subject].priority is priority
    assert facts(CHECK, planted, subject) == known


@pytest.mark.parametrize(
    ("old", "new"),
    [("number", "integer"), ("integer", "number"), ("category", "text"), ("text", "category"), ("empty", "number")],
)
def test_a_few_more_rows_may_change_a_kind_into_its_neighbour(old: str, new: str) -> None:
    grown = (
        world().base_with(profile=_columns(_typed("amount", old))).head_with(profile=_columns(_typed("amount", new)))
    )
    assert silent(CHECK, grown)


def test_columns_may_be_left_out() -> None:
    assert not run(CHECK, world().head_with(profile=_columns(_gone)).comparison(), ignore=("amount",))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
