"""What people are told to do, and a waiver that does what it says."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatebot.config.sections.policy import Waiver
from gatebot.core.finding import Priority
from gatebot.core.report import Report, State, VerdictName
from gatebot.decide.policy.waiver import waiver_for
from gatebot.render.advice import advice_for, yaml_text
from gatebot.render.html import page
from gatebot.render.markdown import section
from gatebot.render.pieces import flat
from gatebot.render.rows import loss_of, subject_of
from tests.render.hostility import HOSTILE_TEXTS
from tests.render.reports import (
    NOW,
    blocked,
    crashed_training,
    error,
    finding,
    measure,
    passed,
    report,
    review,
    undecided,
    warned,
)


def test_a_pass_asks_for_nothing() -> None:
    advice = advice_for(passed())
    assert (advice.command, advice.fixes, advice.steps, advice.waiver) == ("", (), (), "")


def test_warnings_come_with_their_fixes_and_no_steps() -> None:
    advice = advice_for(warned())
    assert [checks for checks, _ in advice.fixes] == [("infra.train_cost",), ("data.schema",)]
    assert (advice.steps, advice.waiver) == ((), "")


def test_checks_with_the_same_fix_share_it() -> None:
    ((checks, _),) = advice_for(blocked()).fixes
    assert checks == ("model.regression", "model.slices", "model.floor", "data.eval_identity")


def test_what_a_finding_tells_besides_stands_behind_its_fix_once() -> None:
    facts = {"slice": "shop=`east`", "column": "shop"}
    note = "Nobody declared {slice}; name {column} in `data.slices`"
    both = [
        finding("model.slice_discovery", f"{metric}@shop=east", "worse", note=note, facts=facts, fix="Look at it.")
        for metric in ("accuracy", "brier")
    ]
    told = report(VerdictName.PASS, findings=both)
    assert [flat(fix) for _, fix in advice_for(told).fixes] == [
        "Look at it. Nobody declared shop=`east`; name shop in data.slices."
    ]
    assert "Nobody declared" in page(told)
    assert "Nobody declared" in section(told)


@pytest.mark.parametrize(
    ("given_report", "told"),
    [
        (review(), "An approving review of this very commit lets it pass"),
        (error(), "This is no judgement of the change"),
        (undecided(), "accuracy would be settled by 5,200 eval rows."),
        (blocked(), "put a waiver into gatebot.yml on the base branch"),
    ],
)
def test_steps(given_report: object, told: str) -> None:
    assert any(told in flat(step) for step in advice_for(given_report).steps)  # type: ignore[arg-type]


def test_nobody_is_told_to_waive_what_does_not_run() -> None:
    assert advice_for(crashed_training()).waiver == ""
    assert advice_for(crashed_training()).steps == ()


SUBJECTS = HOSTILE_TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()[:200]).filter(bool)


@given(SUBJECTS, st.floats(1e-6, 0.5))
def test_the_waiver_covers_what_it_was_written_for_and_not_much_more(name: str, loss: float) -> None:
    worse = measure(name, 0.9, 0.9 - loss, outcome="worse")
    found = finding("model.regression", name, "", measure=name)
    advice = advice_for(report(VerdictName.BLOCKED, priority=Priority.P1, findings=(found,), measures=(worse,)))
    (written,) = yaml.safe_load(advice.waiver)["waivers"]
    waiver = Waiver.model_validate(written)
    assert waiver.subject == subject_of(worse)
    real = loss_of(worse)
    assert real is not None
    assert waiver_for("model.regression", name, real, NOW.date(), [waiver])[0] == waiver
    assert waiver_for("model.regression", name, real * 1.2, NOW.date(), [waiver])[0] is None


@given(st.text())
def test_yaml_reads_every_text_back(text: str) -> None:
    written = yaml_text(text)
    assert written.isprintable()
    assert yaml.safe_load(written) == text


def test_half_a_name_is_not_waived() -> None:
    found = finding("model.slices", "x" * 301, "")
    assert advice_for(report(VerdictName.BLOCKED, findings=(found,))).waiver == ""


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (report(states=(State.BASELINE,)), True),
        (report(VerdictName.BLOCKED, states=(State.BASELINE,)), False),
        (report(), False),
    ],
)
def test_a_new_baseline_says_what_is_next(made: Report, told: bool) -> None:
    assert any("gatebot power" in flat(step) for step in advice_for(made).steps) is told
