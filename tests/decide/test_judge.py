"""The judge as a whole: what the evidence of two commits comes to."""

import builtins
import os
import socket
import time
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.comparison.case import Approval, Changes
from gatebot.core.finding import Action, Priority, Provenance, Status
from gatebot.core.report import Report, State, VerdictName
from gatebot.decide.judge import judge, verdict_of
from gatebot.errors import ExitCode, GateError, UsageError
from gatebot.evidence.column import Names
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Need, Side
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.profile import DataProfile, Overlap
from gatebot.evidence.training import Fit
from gatebot.render.markdown import section
from gatebot.render.pieces import flat
from gatebot.render.sentences import headline, lead, title_of
from gatebot.render.terminal import text
from tests.checks.worlds import (
    HARMLESS,
    NOW,
    SHA,
    SLICES,
    World,
    ended,
    same,
    world,
)
from tests.render.reports import finding

VERDICTS = list(VerdictName)


def _leaking(profile: DataProfile) -> DataProfile:
    return replace(profile, overlap=Overlap(ids=3))


def _judged(what: World) -> Report:
    return judge(what.case())


LOSS = world(loss=0.1, confirm=True)
UNSURE = world(loss=0.025, rows=400, metrics=({"metric": "accuracy"},))
FINE = world()
CRASHED = FINE.head_with(trainings=ended(Ending.CRASHED), predictions=ended(Ending.CRASHED))
TOUCHED = {"changes": Changes(paths=("gatebot.yml",), gate=("gatebot.yml",))}
APPROVED = {"approvals": (Approval(login="octocat", sha=SHA),)}


@pytest.mark.parametrize(
    ("what", "verdict", "code"),
    [
        (FINE, "pass", 0),
        (same(), "pass", 0),
        (LOSS, "blocked", 1),
        (CRASHED, "blocked", 1),
        (FINE.head_with(profile=_leaking), "blocked", 1),
        (UNSURE, "pass", 0),
        (FINE.knowing(**TOUCHED), "review", 3),
        (LOSS.knowing(**TOUCHED), "blocked", 1),
        (UNSURE.ruled(policy={"undecided": "review"}), "review", 3),
        (UNSURE.ruled(policy={"undecided": "block"}), "inconclusive", 4),
        (LOSS.ruled(policy={"undecided": "block"}), "blocked", 1),
        (LOSS.ruled(policy={"block": [], "warn": ["P0", "P1"], "note": []}), "pass", 0),
        (LOSS.ruled(policy={"mode": "observe"}), "blocked", 0),
        (FINE.minus(Side.HEAD, *FINE.effort.fits(Side.HEAD), why="budget: 42 s needed, 10 s left"), "error", 5),
        (FINE.head_with(truth=lambda _: None).base_with(truth=lambda _: None), "error", 5),
    ],
)
def test_verdicts(what: World, verdict: str, code: int) -> None:
    report = _judged(what)
    assert (report.verdict, report.exit_code) == (verdict, code)
    assert report.observed is (what.rules.policy.mode == "observe")


def test_a_slice_that_stands_out_warns_and_never_more() -> None:
    """What is told at a false discovery rate of a tenth is no reason to hold a merge up."""
    regions, accuracy = ("north", "south", "east", "west"), ({"metric": "accuracy", "margin": 0.05},)
    what = world(noise=3, rows=300, churn=0.1, loss=0.15, loss_in="region=south", slices={"region": regions},
                 metrics=accuracy, confirm=True)  # fmt: skip
    for undecided in ("warn", "review", "block"):
        report = _judged(what.ruled(policy={"undecided": undecided, "reviewers": ["ada"]}))
        (found,) = [each for each in report.findings if each.check == "model.slices"]
        assert (found.subject, found.action, found.undecided) == ("accuracy@region=south", Action.WARN, True)
        assert report.verdict == "pass"
        told = "no metric is proven worse, but accuracy@region=south may have fallen 14.7 points"
        assert headline(report) == f"pass with 1 warning: {told}"


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    report = _judged(HARMLESS[name])
    assert (report.verdict, report.crashed) == (VerdictName.PASS, ())


def test_the_worst_wins() -> None:
    order = [VerdictName.BLOCKED, VerdictName.ERROR, VerdictName.INCONCLUSIVE, VerdictName.REVIEW, VerdictName.PASS]
    assert order == VERDICTS
    assert [each.exit_code for each in order] == [1, 5, 4, 3, 0]


# --- what base has too ---


def test_what_base_has_too_never_blocks() -> None:
    leaks = FINE.both_with(profile=_leaking)
    report = _judged(leaks)
    (found,) = [each for each in report.findings if each.check == "data.leakage_rows"]
    assert (found.status, found.action, report.verdict) == (Status.INHERITED, Action.WARN, "pass")
    assert not report.decisive
    noted = _judged(leaks.ruled(policy={"inherited": "note"}))
    assert {each.action for each in noted.findings} == {Action.NOTE}


def test_what_is_fixed_is_a_note_and_its_check_is_clean() -> None:
    report = _judged(FINE.base_with(profile=_leaking))
    (found,) = report.findings
    assert (found.status, found.action, report.verdict) == (Status.FIXED, Action.NOTE, "pass")
    assert "data.leakage_rows" in report.clean


def test_a_broken_base_blocks_nobody() -> None:
    broken = FINE.base_with(trainings=ended(Ending.CRASHED), predictions=ended(Ending.CRASHED))
    report = _judged(broken)
    assert report.verdict == "pass"
    assert State.BASE_BROKEN in report.states
    assert "code.smoke_train" in {each.check for each in report.findings if each.status is Status.FIXED}
    assert report.base.failure == "training crashed (exit code 0)"
    assert headline(report) == "pass: base is broken, head repairs it"


def test_the_report_says_how_a_broken_base_ended() -> None:
    log = ("Traceback", "ModuleNotFoundError: No module named 'pandas'")
    crashed = ended(Ending.CRASHED, log_tail=log)
    report = _judged(FINE.base_with(trainings=crashed, predictions=ended(Ending.CRASHED)))
    assert report.base.failure == log[-1]
    assert log[-1] in " ".join(map(flat, lead(report)))
    assert _judged(FINE).base.failure == ""


def _crashing(what: World, side: Side, line: str, seeds: int = 9, ending: Ending = Ending.CRASHED) -> World:
    """The first trainings of one side end so, and the predictions that they would have made are not there."""
    effort = replace(what.effort, smoke_seeds=5 if side is Side.BASE else what.effort.smoke_seeds)
    gone = [need for need in effort.predictions(side) if need.fit.seed < seeds]
    crashed = ended(ending, exit_code=1, log_tail=("Traceback", line))

    def first(need: Need, evidence: Any) -> Any:
        return crashed(evidence) if isinstance(need, Fit) and need.is_plain and need.seed < seeds else evidence

    snapshot = what.head if side is Side.HEAD else what.base
    assert snapshot is not None
    what = what.plus(side, {need: first(need, each) for need, each in snapshot.evidence.items()})
    return what.minus(side, *gone, why=f"its training ended with: {ending}")


MODES = ("enforce", "observe")
NO_PANDAS = "ModuleNotFoundError: No module named 'pandas'"
BOTH_CRASH = _crashing(_crashing(FINE, Side.BASE, NO_PANDAS), Side.HEAD, NO_PANDAS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ending", [each for each in Ending if each is not Ending.OK])
def test_where_nothing_works_on_either_side_nothing_passes(mode: str, ending: Ending) -> None:
    both = _crashing(_crashing(FINE, Side.BASE, "KeyError: 'x'", ending=ending), Side.HEAD, "'y'", ending=ending)
    report = _judged(both.ruled(policy={"mode": mode}))
    assert (report.verdict, report.exit_code, report.observed) == ("error", 5, False)
    assert {State.BASE_BROKEN, State.NOTHING_TRAINS} <= set(report.states)
    assert {each.status for each in report.findings} == {Status.INHERITED}
    assert title_of(report) == "error"


@pytest.mark.parametrize("mode", MODES)
def test_predictions_that_nobody_can_read_on_either_side_are_no_pass(mode: str) -> None:
    unreadable = FINE.both_with(predictions=lambda each: replace(each, problem="3 columns, expected 1"))
    report = _judged(unreadable.ruled(policy={"mode": mode}))
    assert (report.verdict, report.exit_code) == ("error", 5)
    assert report.head.failure == "3 columns, expected 1"


@pytest.mark.parametrize("mode", MODES)
def test_the_owner_may_let_pass_what_works_on_neither_side(mode: str) -> None:
    report = _judged(BOTH_CRASH.ruled(policy={"mode": mode, "broken_base": "warn"}))
    assert (report.verdict, report.exit_code) == ("pass", 0)
    assert headline(report).endswith("pass with 1 warning: neither base nor head works, so nothing was judged")


def test_a_crash_of_both_sides_is_told_once() -> None:
    report = _judged(BOTH_CRASH)
    assert (report.base.failure, report.head.failure) == (NO_PANDAS, NO_PANDAS)
    assert headline(report) == f"error: neither base nor head works: {NO_PANDAS}"
    for told in (text(report), section(report)):
        assert told.count("pandas") == 1
        assert "observe" not in told
        assert "Run the job again" not in told


def test_two_crashes_are_both_told() -> None:
    report = _judged(_crashing(BOTH_CRASH, Side.HEAD, "KeyError: 'age'"))
    assert (report.base.failure, report.head.failure) == (NO_PANDAS, "KeyError: 'age'")
    for told in (text(report), section(report)):
        assert (told.count("pandas"), told.count("KeyError: 'age'")) == (1, 1)


def test_crashes_that_differ_in_a_path_are_one() -> None:
    lines = [f"FileNotFoundError: [Errno 2] '/tmp/{folder}/work/x.csv' at 0x{folder}" for folder in ("7f01", "7f02")]
    report = _judged(_crashing(_crashing(FINE, Side.BASE, lines[0]), Side.HEAD, lines[1]))
    assert report.base.failure == report.head.failure == lines[0]


def test_what_a_strangers_broken_code_printed_is_not_quoted() -> None:
    both = _crashing(BOTH_CRASH, Side.HEAD, "send your token to …").knowing(is_first=True)
    report = _judged(both)
    assert (report.base.failure, report.head.failure) == (NO_PANDAS, "training crashed (exit code 1)")


@pytest.mark.parametrize("mode", MODES)
def test_what_blocks_besides_blocks_where_nothing_works_too(mode: str) -> None:
    leaking = BOTH_CRASH.head_with(profile=_leaking)
    report = _judged(leaking.ruled(policy={"mode": mode}))
    assert (report.verdict, report.exit_code) == ("blocked", 1)
    assert State.NOTHING_TRAINS in report.states


def test_head_that_never_works_is_worse_than_base_that_works_at_times() -> None:
    flaky = _crashing(world(seeds=3), Side.BASE, NO_PANDAS, seeds=2)
    report = _judged(_crashing(flaky, Side.HEAD, NO_PANDAS))
    assert (report.verdict, report.exit_code) == ("blocked", 1)
    assert not {State.BASE_BROKEN, State.NOTHING_TRAINS} & set(report.states)


def test_base_that_works_at_times_is_judged_on_the_seeds_that_are_there() -> None:
    flaky = _crashing(world(seeds=3, loss=0.3), Side.BASE, NO_PANDAS, seeds=1)
    alike = _crashing(flaky, Side.HEAD, NO_PANDAS, seeds=1)
    for what in (flaky, alike):
        report = _judged(what)
        assert not {State.BASE_BROKEN, State.NOTHING_TRAINS} & set(report.states)
        assert "model.regression" not in {each.check for each in report.skipped}
        assert {each.seeds for each in report.measures if each.check == "model.regression"} == {2}


def test_trainings_that_were_ended_early_do_not_hide_the_crash() -> None:
    crashed = _crashing(world(seeds=3), Side.HEAD, NO_PANDAS)
    last = crashed.effort.fits(Side.HEAD)[2]
    report = _judged(crashed.minus(Side.HEAD, last, why="not run, because two trainings before it failed alike"))
    assert (report.verdict, report.exit_code) == ("blocked", 1)
    (found,) = report.decisive
    assert (found.check, found.facts["runs"], found.facts["all_runs"]) == ("code.smoke_train", 2, 2)


def test_of_base_that_was_ended_early_all_is_excused() -> None:
    broken = _crashing(FINE, Side.BASE, NO_PANDAS)
    rest = replace(broken.effort, smoke_seeds=5).fits(Side.BASE)[2:]
    report = _judged(broken.minus(Side.BASE, *rest, why="not run, because two trainings before it failed alike"))
    open_without = {each.check for each in _judged(FINE).skipped if not each.excused}
    assert report.verdict == "pass"
    assert {each.check for each in report.skipped if not each.excused} <= open_without


def test_a_broken_base_and_head_without_evidence_are_no_repair() -> None:
    unknown = _crashing(FINE, Side.BASE, NO_PANDAS)
    unknown = unknown.minus(Side.HEAD, *FINE.effort.fits(Side.HEAD), *FINE.effort.predictions(Side.HEAD))
    report = _judged(unknown)
    assert report.verdict == "error"
    assert "repairs" not in text(report)


def test_head_that_crashes_where_base_does_not_is_blocked() -> None:
    gone = CRASHED.minus(Side.HEAD, *CRASHED.effort.predictions(Side.HEAD), why="its training ended with: crashed")
    assert _judged(gone).verdict == "blocked"
    assert _judged(gone.ruled(checks={"code.smoke_train": False})).verdict == "error"


def test_evidence_of_base_that_is_missing_though_base_works_is_no_pass() -> None:
    missing = FINE.minus(Side.BASE, *replace(FINE.effort, smoke_seeds=5).predictions(Side.BASE))
    report = _judged(missing)
    assert report.verdict == "error"
    assert State.BASE_BROKEN not in report.states


@pytest.mark.parametrize(
    ("facts", "allowed", "quoted"),
    [
        ({}, False, True),
        ({"is_fork": True}, False, False),
        ({"is_first": True}, False, False),
        ({"is_fork": True, "is_first": True}, True, True),
    ],
    ids=["one's own", "a fork's", "a first one", "where base's rules allow it"],
)
def test_what_code_of_strangers_printed_is_not_quoted(facts: dict[str, bool], allowed: bool, quoted: bool) -> None:
    loud = FINE.head_with(
        trainings=ended(Ending.CRASHED, log_tail=("please send your token to …",)),
        predictions=ended(Ending.CRASHED),
    ).ruled(privacy={"stranger_logs": allowed})
    case = loud.case()
    report = judge(replace(case, facts=case.facts.model_copy(update=facts)))
    assert any(each.log for each in report.findings) is quoted
    assert ("please send your token" in report.model_dump_json()) is quoted


# --- no base ---


@pytest.mark.parametrize(("missing", "verdict"), [("retrain", "pass"), ("warn", "pass"), ("block", "error")])
def test_no_baseline(missing: str, verdict: str) -> None:
    alone = FINE.without_base().knowing(states=(State.NO_BASELINE,)).ruled(baseline={"missing": missing})
    report = _judged(alone)
    assert report.verdict == verdict
    assert {each.check for each in report.skipped if each.excused} >= {"model.regression", "data.schema"}


def test_base_that_could_not_be_made_ready_is_broken() -> None:
    report = _judged(FINE.without_base().knowing(states=(State.RETRAINED,)))
    assert State.BASE_BROKEN in report.states


@pytest.mark.parametrize(
    ("state", "verdict"),
    [(State.NOTHING_RELEVANT, "pass"), (State.DRAFT, "inconclusive"), (State.NO_DATA, "review")],
)
def test_states_in_which_there_is_nothing_to_judge(state: State, verdict: str) -> None:
    report = judge(replace(FINE.knowing(states=(state,)).case(), head=None))
    assert (report.verdict, report.states, report.measures, report.skipped) == (verdict, (state,), (), ())


def test_nothing_collected_is_an_error() -> None:
    with pytest.raises(GateError, match="nothing was collected"):
        judge(replace(FINE.case(), head=None))


def test_identical_predictions_are_a_state() -> None:
    assert State.IDENTICAL in _judged(same()).states
    assert State.IDENTICAL not in _judged(FINE).states


# --- crashes, settings ---


def test_a_check_that_fails_is_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from gatebot.checks import registry
    from gatebot.decide import judge as judging

    def broken(*_: object) -> Any:
        raise ZeroDivisionError("no rows")

    checks = dict(registry.all_checks())
    checks["infra.artifact_size"] = replace(checks["infra.artifact_size"], run=broken)
    monkeypatch.setattr(judging, "all_checks", lambda: checks)
    report = _judged(FINE)
    assert report.verdict == "error"
    assert [(each.check, each.error) for each in report.crashed] == [
        ("infra.artifact_size", "ZeroDivisionError: no rows")
    ]
    assert "infra.artifact_size" not in report.clean
    assert _judged(LOSS).verdict == "blocked"


def test_a_check_that_is_switched_off_is_excused() -> None:
    report = _judged(LOSS.ruled(checks={"model.regression": False, "model.negative_flips": False}))
    assert report.verdict == "pass"
    assert ("model.regression", "switched off in gatebot.yml", True) in {
        (each.check, each.reason, each.excused) for each in report.skipped
    }


def test_a_setting_that_does_not_exist_is_told() -> None:
    with pytest.raises(UsageError, match=r"checks\.infra\.artifact_size\.ration"):
        _judged(FINE.ruled(checks={"infra.artifact_size": {"ration": 3}}))


def test_a_metric_that_does_not_exist_is_told() -> None:
    with pytest.raises(UsageError, match="there is no metric 'acuracy'"):
        _judged(world(metrics=({"metric": "acuracy"},)))


# --- forks and approvals ---


def test_who_has_accepted_stands_in_the_report() -> None:
    said = {"at": "2026-11-20T09:30:00Z", "kind": "comment", "url": "https://x.example", "reason": "known"}
    here = Approval.model_validate({"login": "octocat", "sha": SHA, "priority": "P0", **said})
    elsewhere = Approval(login="other", sha="0" * 40)
    report = _judged(FINE.knowing(approvals=(here, elsewhere), **TOUCHED))
    [told] = report.model_dump(mode="json")["approvals"]
    assert told == {"login": "octocat", "priority": "P0", **said}


@pytest.mark.parametrize(
    ("policy", "approved", "verdict"),
    [
        ("accept", False, "pass"),
        ("review", False, "review"),
        ("review", True, "pass"),
        ("trusted-run", False, "review"),
        ("trusted-run", True, "review"),
    ],
)
def test_forks(policy: str, approved: bool, verdict: str) -> None:
    fork = FINE.ruled(policy={"forks": policy}).knowing(is_fork=True, **(APPROVED if approved else {}))
    report = _judged(fork)
    assert report.verdict == verdict
    assert {each.provenance for each in report.measures} == {Provenance.UNTRUSTED}


@pytest.mark.parametrize(
    ("login", "sha", "reviewers", "verdict"),
    [
        ("octocat", SHA, [], "pass"),
        ("octocat", "0" * 40, [], "review"),
        ("octocat", SHA, ["Octocat"], "pass"),
        ("octocat", SHA, ["hubot"], "review"),
    ],
)
def test_an_approval_binds_to_a_commit_and_to_who_may(login: str, sha: str, reviewers: list[str], verdict: str) -> None:
    approval = Approval(login=login, sha=sha)
    what = FINE.ruled(policy={"reviewers": reviewers}).knowing(approvals=(approval,), **TOUCHED)
    assert _judged(what).verdict == verdict


@pytest.mark.parametrize(
    ("accepted", "fork", "verdict"),
    [
        (["P0"], False, "pass"),
        (["P1"], False, "pass"),
        (["P2"], False, "review"),  # what is touched is P1
        (["P4", "P1"], False, "pass"),
        (["P1"], True, "review"),  # a fork's code takes an approval without limits
        (["P0"], True, "pass"),
    ],
)
def test_an_approval_accepts_its_priority_and_what_is_below(accepted: list[str], fork: bool, verdict: str) -> None:
    approvals = tuple(Approval(login="octocat", sha=SHA, priority=Priority(each)) for each in accepted)
    assert _judged(FINE.knowing(approvals=approvals, is_fork=fork, **TOUCHED)).verdict == verdict


def test_without_data_somebody_has_to_look() -> None:
    blind = FINE.knowing(states=(State.NO_DATA,))
    assert _judged(blind).verdict == "review"
    assert _judged(blind.knowing(**APPROVED)).verdict == "pass"


def test_an_approval_does_not_unblock() -> None:
    assert _judged(LOSS.knowing(**APPROVED)).verdict == "blocked"


def test_where_nobody_could_review_a_review_is_a_warning() -> None:
    assert _judged(FINE.knowing(can_review=False, **TOUCHED)).verdict == "pass"


def test_what_is_likely_is_reviewed_where_reviewers_are_named() -> None:
    likely = UNSURE.ruled(policy={"reviewers": ["octocat"]})
    assert _judged(likely).verdict == "review"
    assert _judged(likely.ruled(policy={"undecided": "warn"})).verdict == "pass"


# --- waivers ---


def _waiver(**changes: Any) -> dict[str, Any]:
    return {
        "check": "data.leakage_rows",
        "subject": "ids",
        "until": "2026-11-20",
        "owner": "octocat",
        "reason": "known",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "pass"),
        ({"subject": "*"}, "pass"),
        ({"until": "2026-11-19"}, "blocked"),
        ({"subject": "rows"}, "blocked"),
        ({"check": "data.schema"}, "blocked"),
        ({"ceiling": 1.0}, "blocked"),
    ],
)
def test_waivers(changes: dict[str, Any], verdict: str) -> None:
    report = _judged(FINE.head_with(profile=_leaking).ruled(waivers=[_waiver(**changes)]))
    assert report.verdict == verdict
    assert len(report.waived) == (verdict == "pass")
    if report.waived:
        (waived,) = report.waived
        assert (waived.owner, waived.days_left, waived.until) == ("octocat", 0, date(2026, 11, 20))
        assert waived.finding.subject == "ids"
        assert not report.findings


@pytest.mark.parametrize(("ceiling", "verdict"), [(0.2, "pass"), (0.05, "blocked")])
def test_a_waiver_has_a_ceiling(ceiling: float, verdict: str) -> None:
    rule = {"metric": "accuracy", "margin": 0.02}
    names = ("model.regression", "model.negative_flips")
    waivers = [_waiver(check=name, subject="*", ceiling=None) for name in names]
    waivers[0]["ceiling"] = ceiling
    report = _judged(world(loss=0.1, confirm=True, metrics=(rule,)).ruled(waivers=waivers))
    assert report.verdict == verdict
    if verdict == "blocked":
        assert "beyond its waiver's ceiling" in report.findings[0].why_priority


# --- what the Report says of itself ---


def test_priority_is_of_what_made_the_verdict() -> None:
    both = UNSURE.head_with(profile=_leaking)
    report = _judged(both)
    assert {each.priority for each in report.findings if each.undecided} == {Priority.P0}
    assert (report.verdict, report.priority) == ("blocked", Priority.P1)
    assert _judged(UNSURE).priority is Priority.P0
    assert _judged(FINE).priority is None


def test_only_what_found_nothing_is_clean() -> None:
    assert "model.regression" in _judged(same()).clean
    assert "model.regression" not in _judged(LOSS).clean
    assert "model.regression" not in _judged(UNSURE).clean


def test_what_a_report_knows() -> None:
    report = _judged(LOSS.knowing(reproduce="gatebot run", run_url="https://example.org"))
    assert (report.rows, report.seeds, report.isolation, report.generated_at) == (2000, 5, "full", NOW)
    assert (report.reproduce, report.run_url, report.project) == ("gatebot run", "https://example.org", "tickets")
    (measure,) = [each for each in report.measures if each.metric == "accuracy"]
    assert measure.base is not None
    assert measure.head is not None
    assert measure.delta == pytest.approx(measure.head - measure.base)
    assert measure.low is not None
    assert measure.high is not None
    assert measure.low < measure.delta < measure.high  # type: ignore[operator]


def test_losses_are_told_in_their_own_units() -> None:
    (measure,) = [each for each in _judged(LOSS).measures if each.metric == "log_loss"]
    assert measure.relative
    assert measure.margin == pytest.approx(0.05 * measure.base)  # type: ignore[operator]
    assert measure.delta is not None
    assert measure.delta > 0
    assert measure.low is not None
    assert measure.low > 0


def test_environment_changes_are_listed() -> None:
    other = FINE.head_with(about=lambda known: known.model_copy(update={"environment": {"python": "3.12.1"}}))
    assert [(each.name, each.base, each.head) for each in _judged(other).environment_changes] == [
        ("numpy", "2.1.0", None),
        ("python", "3.11.9", "3.12.1"),
    ]


@pytest.mark.parametrize("what", [FINE, LOSS, CRASHED, UNSURE.knowing(**TOUCHED), HARMLESS["scores"]])
def test_a_report_survives_being_written(what: World) -> None:
    report = _judged(what)
    assert Report.model_validate_json(report.model_dump_json()) == report


# --- laws ---


def test_the_same_case_gives_the_same_report() -> None:
    assert _judged(LOSS).model_dump_json() == _judged(LOSS).model_dump_json()
    again = world(loss=0.1, confirm=True)
    assert _judged(again).model_dump_json() == _judged(LOSS).model_dump_json()


def test_judging_is_pure(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, case = _judged(LOSS), world(loss=0.1, confirm=True).case()

    def forbidden(*_args: object, **_more: object) -> None:
        raise AssertionError("judge touches the world")

    for owner, name in (
        (builtins, "open"),
        (os, "open"),
        (os, "stat"),
        (socket, "socket"),
        (time, "time"),
        (time, "monotonic"),
        (time, "perf_counter"),
    ):
        monkeypatch.setattr(owner, name, forbidden)
    report = judge(case)
    monkeypatch.undo()
    assert report == expected


FINDINGS = st.builds(
    finding,
    st.just("data.schema"),
    st.sampled_from(["gone: a", "type: b", "order"]),
    st.just("it is gone"),
    status=st.sampled_from(Status),
    action=st.sampled_from(Action),
    priority=st.sampled_from(Priority),
    undecided=st.booleans(),
)


@given(
    st.lists(FINDINGS, max_size=6),
    FINDINGS,
    st.sampled_from(
        [FINE, FINE.knowing(is_fork=True), FINE.knowing(**APPROVED), FINE.knowing(states=(State.NO_BASELINE,))]
    ),
)
def test_more_findings_never_improve_a_verdict(found: list[Any], more: Any, what: World) -> None:
    case = what.case()
    before = verdict_of(case, case.facts.states, [], found)
    after = verdict_of(case, case.facts.states, [], [*found, more])
    assert VERDICTS.index(after) <= VERDICTS.index(before)


def _wronger(what: World, rows: int) -> World:
    """Head is wrong on so many more of the rows on which it is right on every run."""
    truth = what.head.truth
    assert truth is not None
    assert isinstance(truth.target, Names)
    labels = truth.target.codes
    tables = [
        each for each in what.head.evidence.values() if isinstance(each, Predictions) and "score_no" in each.columns
    ]
    right = np.ones(len(labels), dtype=bool)
    for each in tables:
        if isinstance(said := each.columns.get("prediction"), Names):
            right &= said.codes == labels
    chosen = np.flatnonzero(right)[:rows]

    def edit(each: Predictions) -> Predictions:
        said = each.columns["prediction"]
        assert isinstance(said, Names)
        codes = said.codes.copy()
        codes[chosen] = 1 - labels[chosen]
        return replace(each, columns={**each.columns, "prediction": Names(codes, said.names)})

    return what.head_with(predictions=edit)


OUTCOMES = ["held", "undecided", "worse"]
ACCURATE = world(confirm=True, metrics=({"metric": "accuracy", "margin": 0.02},), churn=0.05)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_worse_evidence_never_improves_an_outcome(one: int, more: int) -> None:
    def outcome(rows: int) -> int:
        (measure,) = [each for each in _judged(_wronger(ACCURATE, rows)).measures if each.metric == "accuracy"]
        return OUTCOMES.index(measure.outcome)

    assert outcome(one) <= outcome(one + more)


def test_history_and_touched_paths_raise_what_a_finding_matters() -> None:
    record = {"infra.artifact_size": {"runs": 10, "found": 8}}
    size = FINE.head_with(trainings=lambda each: replace(each, artifact_bytes=90_000_000))
    plain, often = (_judged(each).findings[0] for each in (size, size.knowing(history=record)))
    assert (plain.priority, plain.why_priority) == (Priority.P1, "impact medium, likelihood high")
    assert often.priority is Priority.P1  # likelihood cannot rise above high
    other = FINE.head_with(about=lambda known: known.model_copy(update={"environment": {"python": "3"}}))
    environment = {"code.environment": {"runs": 10, "found": 8}}
    raised = _judged(other.knowing(history=environment, changes=Changes(paths=("requirements.txt",)))).findings[0]
    assert raised.priority is Priority.P1
    assert "found in 8 of the last 10 runs" in raised.why_priority
    assert "requirements.txt is touched" in raised.why_priority


def test_slices_and_classes_are_folded_while_undecided() -> None:
    report = _judged(world(loss=0.03, loss_in="region=south", slices=SLICES))
    assert any(each.outcome == "undecided" for each in report.measures)
    assert not [each for each in report.findings if "@" in each.subject]


def test_an_exit_code_is_a_pass_only_for_a_pass() -> None:
    assert {name for name in VERDICTS if name.exit_code is ExitCode.PASS} == {VerdictName.PASS}
