from typing import Any

import pytest

from gatebot.checks.check import Check
from gatebot.checks.registry import check_named
from gatebot.core.finding import Action, Skipped, Status
from gatebot.core.report import VerdictName
from gatebot.decide.judge import comparison_of, judge
from gatebot.decide.run_checks import run_checks
from gatebot.evidence.effects import Ending
from gatebot.evidence.files_read import FilesRead, ReadFiles
from gatebot.evidence.kind import Evidence
from gatebot.evidence.need import Need, Side
from gatebot.evidence.training import Fit
from gatebot.render.markdown import section
from tests.checks.worlds import HARMLESS, World, ended, facts, reading, said, silent, weighed, world

CHECK = "code.unread_changes"
READ = ("gatebot.yml", "src/train.py", "vendor/words/a.txt")


def changing(*paths: str, gate: tuple[str, ...] = (), **knobs: Any) -> World:
    return world(**knobs).knowing(changes={"paths": paths, "gate": gate})


FAULT = reading(changing("docs/`x`.py", "src/train.py"), READ)


@pytest.mark.parametrize(
    ("paths", "unread"),
    [
        (("docs/x.py", "README.md"), ("docs/x.py", "README.md")),
        (("docs/x.py", "src/train.py"), ("docs/x.py",)),
        (("src/train.py",), ()),
        (("vendor/words",), ()),
        (("vendor",), ()),
        (("vendor/words/b.txt",), ("vendor/words/b.txt",)),
        ((), ()),
    ],
)
def test_changed_files_that_nothing_reads_are_noted(paths: tuple[str, ...], unread: tuple[str, ...]) -> None:
    planted = reading(changing(*paths), READ)
    assert said(CHECK, planted) == ({"files": Status.NEW} if unread else {})
    if unread:
        found = facts(CHECK, planted, "files")
        assert (tuple(found["files"]), found["unread"], found["changed"]) == (unread, len(unread), len(paths))
        assert found["whole"] is (len(unread) == len(paths))


@pytest.mark.parametrize(
    ("head", "base"),
    [(("docs/x.py", *READ), READ), (READ, ("docs/x.py", *READ))],
    ids=["head alone", "base alone: head has deleted it, or hides that it reads it"],
)
def test_what_either_side_reads_is_read(head: tuple[str, ...], base: tuple[str, ...]) -> None:
    assert silent(CHECK, reading(changing("docs/x.py"), head, base))


def test_what_another_seed_reads_is_read() -> None:
    planted = reading(changing("docs/x.py"), READ)
    assert silent(CHECK, planted.plus(Side.HEAD, {FilesRead(Fit(Side.HEAD, seed=1)): ReadFiles(("docs/x.py",))}))


def test_a_change_of_nothing_that_is_read_passes_with_that_sentence() -> None:
    report = judge(reading(changing("docs/x.py"), READ).case())
    assert report.verdict is VerdictName.PASS
    assert "None of the changed files is read by training or predicting: `docs/x.py`." in section(report)
    partly = judge(reading(changing("docs/x.py", "src/train.py"), READ).case())
    assert "1 of 2 changed files" in section(partly)
    assert "None of the changed" not in section(partly)


def test_files_of_the_gate_are_not_called_without_effect() -> None:
    planted = reading(changing("docs/x.py", "gatebot.yml", gate=("gatebot.yml",)), READ)
    found = facts(CHECK, planted, "files")
    assert (list(found["files"]), found["whole"]) == (["docs/x.py"], False)


@pytest.mark.parametrize("policy", [{"block": ["P0", "P1", "P2", "P3", "P4"], "warn": [], "note": []}, {}])
def test_it_is_a_note_whatever_the_policy_says(policy: dict[str, Any]) -> None:
    planted = reading(changing("docs/x.py"), READ).ruled(policy=policy)
    assert weighed(CHECK, planted)["files"].action is Action.NOTE


def test_nothing_that_head_claims_to_have_read_changes_a_block() -> None:
    """Whatever a hostile head says of what it reads, what blocks without it blocks with it."""
    crashed = changing("src/train.py").head_with(trainings=ended(Ending.CRASHED))
    for paths in ((), READ, ("docs/x.py",)):
        assert judge(reading(crashed, paths, READ).case()).verdict is VerdictName.BLOCKED
    worse = reading(changing("src/train.py", loss=0.3), ())
    assert judge(worse.case()).verdict is VerdictName.BLOCKED


HEAD_ALONE: dict[Need, Evidence] = {FilesRead(Fit(Side.HEAD, seed=seed)): ReadFiles(()) for seed in (0, 1)}
CANNOT_TELL = {
    "no trace of base": (changing("docs/x.py").plus(Side.HEAD, HEAD_ALONE), "base"),
    "a trace that is not whole": (
        reading(changing("docs/x.py"), READ).plus(Side.BASE, {FilesRead(Fit(Side.BASE)): ReadFiles((), "no times")}),
        "no times",
    ),
    "unknown changes": (reading(world(), READ), "not known"),
    "brought predictions": (changing("docs/x.py", trains=False), "brought"),
    "nothing traced": (changing("docs/x.py"), ""),
    "no base": (reading(changing("docs/x.py"), READ).without_base(), "no baseline"),
}


@pytest.mark.parametrize("case", CANNOT_TELL)
def test_where_it_cannot_be_told_nothing_is_said_and_that_is_no_gap(case: str) -> None:
    planted, why = CANNOT_TELL[case]
    assert silent(CHECK, planted)
    check: Check = check_named(CHECK)
    outcome = run_checks(check, comparison_of(planted.case()), planted.case()).outcome
    assert isinstance(outcome, Skipped)
    assert outcome.excused
    assert why in outcome.reason


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
