"""Which column is what, by name, by values and by use in the code."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from gatebot.discovery.code import Module, module
from gatebot.discovery.column_roles import ColumnRoles, column_roles
from gatebot.discovery.repository_files import repository_files
from gatebot.discovery.tables import Data, data_of
from gatebot.errors import UsageError

ROWS = 200


def _column(kind: str, at: int) -> object:
    return {
        "unique": f"r{at:04d}",
        "number": round(at * 0.37 % 11, 3),
        "two": at % 2,
        "words": ("red", "green", "blue")[at % 3],
        "many": f"c{at % 40}",
        "text": f"some words, number {at} and more",
        "day": f"2026-{1 + at % 12:02d}-{1 + at % 28:02d}",
        "count": at,
        "side": ("train", "train", "Test")[at % 3],
        "sides and more": ("train", "test", "later")[at % 3],
    }[kind]


def _data(tmp_path: Path, columns: dict[str, str]) -> Data:
    lines = [",".join(columns)]
    lines += [",".join(f'"{_column(kind, at)}"' for kind in columns.values()) for at in range(ROWS)]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    return data_of(repository_files(tmp_path), [], None)


def _roles(tmp_path: Path, columns: dict[str, str], code: str = "", wanted: str | None = None) -> ColumnRoles:
    modules: Sequence[Module] = [found] if (found := module(PurePosixPath("t.py"), code, {})) else []
    return column_roles(_data(tmp_path, columns), modules, wanted)


@pytest.mark.parametrize(
    ("columns", "code", "target"),
    [
        ({"a": "number", "target": "two", "b": "words"}, "", "target"),
        ({"label": "words", "a": "number"}, "", "label"),
        ({"a": "number", "verdict": "words"}, "", "verdict"),
        ({"price": "number", "a": "number", "b": "words"}, "", "price"),
        ({"label": "words", "a": "number", "b": "two"}, 'y = df["b"]', "b"),
        ({"id": "unique", "a": "number", "b": "words"}, 'X = df.drop(columns=["id", "b"])', "b"),
        ({"label": "unique", "a": "words"}, "", "a"),
        ({"type": "words", "a": "count"}, 'model.fit(x, np.log([float(row["a"]) for row in rows]))', "a"),
    ],
)
def test_target(columns: dict[str, str], code: str, target: str, tmp_path: Path) -> None:
    assert _roles(tmp_path, columns, code).target.column == target


@pytest.mark.parametrize(
    ("columns", "row_id", "group", "time"),
    [
        ({"id": "unique", "a": "number"}, "id", None, None),
        ({"ticket_id": "unique", "a": "number"}, "ticket_id", None, None),
        ({"id": "words", "a": "number"}, None, None, None),
        ({"customer_id": "many", "a": "number"}, None, "customer_id", None),
        ({"customer_id": "many", "id": "unique"}, "id", "customer_id", None),
        ({"created_at": "day", "a": "number"}, None, None, "created_at"),
        ({"created_at": "day", "closed_at": "day"}, None, None, None),
        ({"leg": "unique", "a": "number"}, "leg", None, None),
        ({"leg": "count", "a": "number"}, "leg", None, None),
        ({"story": "text", "a": "number"}, None, None, None),
        ({"a": "number", "leg": "unique"}, None, None, None),
        ({"ship": "many", "a": "number"}, None, "ship", None),
    ],
)
def test_id_group_and_time(
    columns: dict[str, str], row_id: str | None, group: str | None, time: str | None, tmp_path: Path
) -> None:
    roles = _roles(tmp_path, {**columns, "target": "two"})
    found = [None if role is None else role.column for role in (roles.id, roles.group, roles.time)]
    assert found == [row_id, group, time]


@pytest.mark.parametrize(
    ("columns", "split"),
    [
        ({"part": "side", "a": "number"}, "part"),
        ({"part": "sides and more", "a": "number"}, None),
        ({"part": "words", "a": "number"}, None),
    ],
)
def test_the_column_that_says_what_is_tested_on(columns: dict[str, str], split: str | None, tmp_path: Path) -> None:
    roles = _roles(tmp_path, {**columns, "target": "two"})
    assert (roles.split.column if roles.split else None) == split
    assert roles.slices == (() if split else ("part",))


def test_slices_are_proposed(tmp_path: Path) -> None:
    assert _roles(tmp_path, {"colour": "words", "a": "number", "target": "two"}).slices == ("colour",)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": "number", "b": "text"}, "looks like the target"),
        ({"a": "two", "b": "number"}, "looks like the target"),
        ({"target": "two", "label": "two", "a": "words"}, "could be the target: target, label"),
    ],
)
def test_doubt_is_said(columns: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        _roles(tmp_path, columns)
    assert "--target" in caught.value.hint


@pytest.mark.parametrize(
    ("columns", "code", "sure"),
    [
        ({"a": "number", "b": "two"}, 'y = df["b"]', "sure"),
        ({"a": "number", "target": "two"}, "", "likely"),
        ({"a": "number", "verdict": "words"}, "", "a guess"),
    ],
)
def test_how_sure_the_target_is(columns: dict[str, str], code: str, sure: str, tmp_path: Path) -> None:
    assert _roles(tmp_path, columns, code).target.sure == sure


def test_a_wrong_name_gets_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _roles(tmp_path, {"target": "two", "a": "number"}, wanted="traget")
    assert caught.value.hint == "Did you mean target? Its columns: target, a"


def test_what_the_user_says_wins(tmp_path: Path) -> None:
    assert _roles(tmp_path, {"target": "two", "a": "number"}, wanted="a").target.column == "a"
