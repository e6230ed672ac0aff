from collections.abc import Callable
from dataclasses import replace

import pytest

from gatebot.core.finding import Action, Priority, Status
from gatebot.evidence.profile import DataProfile
from tests.checks.worlds import HARMLESS, facts, said, silent, weighed, world

CHECK = "data.duplicate_ids"


def _copies(rows: int, ids: int = 1, examples: tuple[str, ...] = ("00ff",)) -> Callable[[DataProfile], DataProfile]:
    return lambda profile: replace(profile, duplicate_ids=rows, repeated_ids=ids, repeated_examples=examples)


FAULT = world().head_with(profile=_copies(30))


def test_rows_that_share_an_id_are_told_with_their_count_and_the_hash() -> None:
    assert said(CHECK, FAULT) == {"ids": Status.NEW}
    found = weighed(CHECK, FAULT)["ids"]
    assert (found.priority, found.action) == (Priority.P2, Action.WARN)
    assert facts(CHECK, FAULT, "ids") == {"rows": 30, "count": 1, "ids": ["00ff"], "id": "00ff"}
    assert "one id" in found.says
    assert "{id}" in found.says


def test_several_ids_and_evidence_without_examples() -> None:
    several = weighed(CHECK, world().head_with(profile=_copies(30, 7, ("00ff", "00aa"))))["ids"].says
    assert "{count} ids" in several
    assert "{id}" in several
    assert "{id}" not in weighed(CHECK, world().head_with(profile=_copies(30, 0, ())))["ids"].says


def test_it_needs_no_base() -> None:
    assert said(CHECK, world().without_base().head_with(profile=_copies(2))) == {"ids": Status.NEW}


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [
        (30, 30, Status.INHERITED),
        (30, 31, Status.INHERITED),
        (2, 300, Status.WORSE),
        (30, 0, Status.FIXED),
        (0, 30, Status.NEW),
    ],
)
def test_against_base(base: int, head: int, status: Status) -> None:
    planted = world().base_with(profile=_copies(base)).head_with(profile=_copies(head))
    assert said(CHECK, planted) == {"ids": status}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
