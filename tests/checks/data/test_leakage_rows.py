from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.profile import DataProfile, Overlap
from tests.checks.worlds import HARMLESS, facts, run, said, silent, weighed, world

CHECK = "data.leakage_rows"


def _leaks(**counts: int) -> Callable[[DataProfile], DataProfile]:
    return lambda profile: replace(profile, overlap=Overlap(**counts, examples=("00ff",)))


FAULT = world().head_with(profile=_leaks(ids=1, contents=2, groups=3))


def test_each_overlap_is_told_by_itself() -> None:
    assert said(CHECK, FAULT) == dict.fromkeys(("ids", "rows", "groups"), Status.NEW)


@pytest.mark.parametrize(("kind", "subject"), [("ids", "ids"), ("contents", "rows"), ("groups", "groups")])
def test_each_overlap_blocks(kind: str, subject: str) -> None:
    planted = world().head_with(profile=_leaks(**{kind: 3}))
    found = weighed(CHECK, planted)[subject]
    assert (found.status, found.priority, found.action) == (Status.NEW, Priority.P1, Action.BLOCK)
    assert facts(CHECK, planted, subject) == {"count": 3, "ids": ["00ff"]}


def test_it_needs_no_base() -> None:
    assert said(CHECK, world().without_base().head_with(profile=_leaks(ids=1))) == {"ids": Status.NEW}


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [
        (10, 10, Status.INHERITED),
        (10, 12, Status.INHERITED),
        (10, 100, Status.WORSE),
        (10, 0, Status.FIXED),
        (0, 1, Status.NEW),
    ],
)
def test_against_base(base: int, head: int, status: Status) -> None:
    planted = world().base_with(profile=_leaks(contents=base)).head_with(profile=_leaks(contents=head))
    assert said(CHECK, planted) == {"rows": status}


def test_some_equal_rows_may_be_tolerated_but_no_equal_id() -> None:
    planted = world().head_with(profile=_leaks(contents=5, ids=5)).comparison()
    assert [each.subject for each in run(CHECK, planted, rows=5)] == ["ids"]


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
