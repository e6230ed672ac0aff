import pytest

from gatebot.comparison.case import Changes
from gatebot.core.finding import Action, Location, Priority, Status
from tests.checks.worlds import HARMLESS, facts, said, silent, weighed, world

CHECK = "code.gate_tamper"
TOUCHED = Changes(paths=("gatebot.yml", "src/model.py"), gate=("gatebot.yml",))
FAULT = world().knowing(changes=TOUCHED)


def test_a_touched_gate_asks_for_a_review_and_never_blocks() -> None:
    found = weighed(CHECK, FAULT)["gatebot.yml"]
    assert (found.action, found.priority, found.status) == (Action.REVIEW, Priority.P1, Status.NEW)
    assert found.where == (Location("gatebot.yml"),)
    assert facts(CHECK, FAULT, "gatebot.yml") == {"path": "gatebot.yml"}


def test_it_warns_where_nobody_could_review() -> None:
    alone = world().knowing(changes=TOUCHED, can_review=False)
    assert weighed(CHECK, alone)["gatebot.yml"].action is Action.WARN


def test_each_file_is_told() -> None:
    changes = Changes(paths=("a", "b"), gate=("a", "b"))
    assert said(CHECK, world().without_base().knowing(changes=changes)) == {"a": Status.NEW, "b": Status.NEW}


@pytest.mark.parametrize("paths", [None, (), ("src/model.py",), ("docs/gatebot.yml.md",)])
def test_other_files_may_be_touched(paths: tuple[str, ...] | None) -> None:
    assert silent(CHECK, world().knowing(changes=Changes(paths=paths)))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name].knowing(changes=Changes(paths=("src/model.py",))))
