"""What was compared, with how much evidence, and what that took."""

from typing import Any

import pytest

from gatebot.core.finding import Direction
from gatebot.core.report import Base, Head, Relation, Report
from gatebot.render import context
from gatebot.render.html import page
from gatebot.render.markdown import section
from gatebot.render.pieces import flat
from gatebot.render.terminal import text
from tests.render.reports import BASE_SHA, HEAD_SHA, blocked, bootstrap, draft, guarantee, measure, report


@pytest.mark.parametrize(
    ("given_report", "told"),
    [
        (blocked(), "head 9c1e4f7, trained as 77aa0f3 against base 4d2b8e6 (first parent of the merge, 2 days old)"),
        (bootstrap(), "head 9c1e4f7, trained as 77aa0f3, without a base"),
        (
            report(base=Base(sha=BASE_SHA, relation=Relation.MERGE_BASE, distance=3, age_s=3_600.0), head=Head()),
            "the work tree against base 4d2b8e6 (merge base, 3 commits before it, 1 hour old)",
        ),
        (
            report(base=Base(sha=BASE_SHA), head=Head(sha=HEAD_SHA, tested_sha=HEAD_SHA)),
            "head 9c1e4f7 against base 4d2b8e6",
        ),
    ],
)
def test_which_commits(given_report: Report, told: str) -> None:
    assert flat(context.compared(given_report)) == told


@pytest.mark.parametrize(
    ("given_report", "told"),
    [
        (blocked(), "2 seeds, 2,000 rows; sees losses of 0.8 points and more in accuracy"),
        (draft(), ""),
        (bootstrap(), "2 seeds, 2,000 rows"),
        (
            report(
                rows=0,
                seeds=0,
                measures=(
                    measure("f1", 0.9, 0.9, slice="a=b", sees=0.05),
                    measure("f1", 0.9, 0.9, sees=0.031),
                    measure("few", 0.9, 0.9, not_enforced="n=1 < 50", sees=0.5),
                ),
            ),
            (
                "2 seeds; sees losses of 3.1 points and more in f1"
                "; too little to guard 2 points of f1@a=b (sees 5 points) and 1 other"
            ),
        ),
    ],
)
def test_how_much_evidence(given_report: Report, told: str) -> None:
    assert flat(context.evidence(given_report)) == told


def test_where_it_comes_from() -> None:
    told = {name: flat(value) for name, value in context.provenance(blocked())}
    assert told["head"] == HEAD_SHA
    assert told["base"] == BASE_SHA
    assert told["baseline"] == "from artifact gatebot-baseline-tickets of run 4711; first parent of the merge; exact"
    assert told["judged"] == "2026-11-20 09:30 UTC"
    assert "rules" not in dict(context.provenance(report(rules_sha=None)))


def test_isolation_says_why_it_is_not_better() -> None:
    weak = report(isolation="partial", isolation_why=("no Landlock in this kernel",))
    assert flat(context.isolation(weak)) == "partial; no Landlock in this kernel"


def test_costs() -> None:
    assert dict(context.costs(blocked())) == {
        "trainings": "7 of head, 5 of base",
        "training": "31 min 52 s",
        "predicting": "41 s",
        "gatebot's own share": "12.2 s",
        "peak memory": "1.31 GB",
    }
    assert context.costs(draft()) == []


def test_a_margin_that_the_evidence_cannot_guard_is_said() -> None:
    blind = measure("log_loss", 0.40, 0.41, direction=Direction.LOWER, relative=True, margin=0.02, sees=0.04)
    sharp = measure("accuracy", 0.86, 0.86, margin=0.02, sees=0.008)
    told = flat(context.evidence(report(measures=(sharp, blind))))
    assert told.endswith("; too little to guard 5% of log_loss (sees 10%)")
    watched = blind.model_copy(update={"declared": False})
    worse = blind.model_copy(update={"outcome": "worse"})
    assert "too little" not in flat(context.evidence(report(measures=(sharp, watched, worse))))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("held", "holds"),
        ("broken", "does not hold"),
        ("undecided", "is undecided"),
        ("not given", "cannot be given"),
        ("<b>", "is undecided"),
    ],
)
def test_a_guarantee_is_told_without_an_estimate(answer: str, says: str) -> None:
    assert flat(context.guarantee(report(guarantee=guarantee(answer=answer)))) == (
        f"n - o > -0.02 +/- 0.01 and d < 0.1 +/- 0.01 {says}, at a reliability of 0.999 for 32 commits together"
        " (adaptivity full, ternary); 61,000 rows needed, 64,000 there."
        " A guarantee is exempt from the limit on false blocks."
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"eval_uses": 0}, "eval set used 0 times by main"),
        ({"eval_uses": 1}, "eval set used 1 time by main"),
        ({"eval_uses": 49}, "eval set used 49 times by main"),
        (
            {"eval_uses": 50},
            (
                "eval set used 50 times by main; what is chosen by the same rows so often fits them by luck:"
                " new ones are due"
            ),
        ),
        ({"eval_uses": 31, "guarantee": guarantee()}, "eval set used 31 times by main, of 32 promised"),
        (
            {"eval_uses": 32, "guarantee": guarantee()},
            "eval set used 32 times by main, of 32 promised; the guarantee is spent, new eval rows are due",
        ),
        ({"eval_uses": 60, "guarantee": guarantee(merges=90)}, "eval set used 60 times by main, of 90 promised"),
    ],
)
def test_how_often_the_eval_rows_have_served(changes: dict[str, Any], told: str) -> None:
    assert flat(context.eval_set(report(**changes))) == told


def test_the_comment_and_the_terminal_tell_of_an_eval_set_when_it_is_worn() -> None:
    for uses, worn in ((49, False), (50, True)):
        used = report(eval_uses=uses)
        assert ("<summary>Eval set: used 50 times by main, new ones are due</summary>" in section(used)) is worn
        assert ("new ones are due" in text(used, 200)) is worn
        assert f"eval set used {uses} times by main" in page(used)
    assert "Eval set" not in section(report())


def test_a_guarantee_has_a_fold_of_its_own() -> None:
    given = report(eval_uses=3, guarantee=guarantee())
    assert "<summary>The guarantee holds</summary>" in section(given)
    assert "- Eval set used 3 times by main, of 32 promised" in section(given)
    for made in (text(given, 200), page(given)):
        assert "exempt from the limit on false blocks" in " ".join(made.split())
