"""Main's record of findings travels from baseline to baseline, and fades."""

from datetime import UTC, datetime

import pytest

from gatebot.history import MOST_RUNS, grown, records
from gatebot.report import Base, Head, Report, ReportedFinding, SkippedCheck, VerdictName
from gatebot.snapshot.snapshot import About

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def about(history: dict[str, tuple[int, int]]) -> About:
    return About.model_validate(
        {
            "gatebot": "0.1.0",
            "project": "p",
            "task": "regression",
            "commit": None,
            "tested": None,
            "created_at": NOW,
            "isolation": "full",
            "history": history,
            **dict.fromkeys(
                ("rules_digest", "recipe_digest", "eval_digest", "data_version", "environment_digest", "runner"), ""
            ),
        }
    )


def report(clean: tuple[str, ...], found: tuple[str, ...] = (), skipped: tuple[str, ...] = ()) -> Report:
    risk = {
        "status": "new",
        "priority": "P2",
        "impact": "low",
        "likelihood": "high",
        "why_priority": "",
        "action": "warn",
    }
    return Report(
        gatebot_version="0.1.0",
        generated_at=NOW,
        verdict=VerdictName.PASS,
        exit_code=0,
        project="p",
        base=Base(),
        head=Head(),
        clean=clean,
        findings=tuple(
            ReportedFinding.model_validate({"check": each, "title": "", "subject": "s", "says": "", **risk})
            for each in found
        ),
        skipped=tuple(SkippedCheck(check=each, title="", reason="") for each in skipped),
    )


def test_a_first_run_begins_the_record() -> None:
    assert grown(None, report(("a",), ("b",), ("c",))) == {"a": (1, 0), "b": (1, 1)}


def test_a_check_that_was_skipped_keeps_its_record() -> None:
    assert grown(about({"a": (4, 2)}), report((), (), ("a",))) == {"a": (4, 2)}


def test_runs_add_up() -> None:
    assert grown(about({"a": (4, 2)}), report((), ("a",))) == {"a": (5, 3)}


@pytest.mark.parametrize("hits", [0, 10, MOST_RUNS])
def test_a_long_record_fades_and_never_holds_more_findings_than_runs(hits: int) -> None:
    runs, found = grown(about({"a": (MOST_RUNS, hits)}), report(("a",)))["a"]
    assert runs == MOST_RUNS
    assert found <= hits
    assert found <= runs


def test_the_record_reaches_the_judge() -> None:
    assert records(about({"a": (4, 2)}))["a"].found == 2
    assert records(None) == {}
