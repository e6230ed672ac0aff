"""Main's record of findings travels from baseline to baseline, and fades."""

from datetime import UTC, datetime

import pytest

from gatebot.core.report import Base, Head, Report, ReportedFinding, SkippedCheck, VerdictName
from gatebot.evidence.snapshot import SeedNoise, SnapshotProvenance
from gatebot.run.history import MOST_RUNS, eval_uses, grown, noise, records

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def about(history: dict[str, tuple[int, int]]) -> SnapshotProvenance:
    return SnapshotProvenance.model_validate(
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


@pytest.mark.parametrize(
    ("previous", "uses"),
    [
        (None, 0),
        ({"eval_uses": 0}, 1),
        ({"eval_uses": 7}, 8),
        ({"eval_uses": None}, 1),
        ({"eval_uses": 7, "eval_digest": "other"}, 0),
    ],
)
def test_main_counts_how_often_it_has_used_an_eval_set(previous: dict[str, object] | None, uses: int) -> None:
    before = None if previous is None else about({}).model_copy(update=previous)
    assert eval_uses(before, about({})) == uses


KEY = "smoke:accuracy"
FIRST, SECOND, THIRD = (0.80, 0.82, 0.81), (0.81, 0.83, 0.80), (0.79, 0.82, 0.80)


def after(*commits: tuple[float, ...]) -> SeedNoise:
    last: SnapshotProvenance | None = None
    for runs in commits:
        now = about({})
        last = now.model_copy(update={"noise": noise(last, now, {KEY: runs})})
    assert last is not None
    return last.noise[KEY]


def test_the_first_commit_has_nothing_before_it() -> None:
    assert after(FIRST) == SeedNoise(last=FIRST)


def test_the_second_learns_from_the_first_and_how_alike_both_are() -> None:
    found = after(FIRST, SECOND)
    assert found.variance == pytest.approx(1e-4)
    assert (found.df, found.last) == (2, SECOND)
    assert found.pairs == 2
    before, now = (-0.01, 0.01, 0.0), (-1 / 300, 5 / 300, -4 / 300)
    assert found.cross == pytest.approx(sum(one * other for one, other in zip(before, now, strict=True)))


def test_changes_from_commit_to_commit_are_kept() -> None:
    assert after(FIRST).steps == ()
    assert after(FIRST, SECOND, SECOND, THIRD).steps == pytest.approx((0.01 / 3, 0.0, -0.01))
    many = after(*[(0.80 + n / 1000, 0.82) for n in range(MOST_RUNS + 9)])
    assert len(many.steps) == MOST_RUNS


def test_older_commits_fade() -> None:
    many = after(*[(0.80 + n / 1000, 0.82, 0.81) for n in range(200)])
    assert many.df == pytest.approx(2 / (1 - 0.9), rel=1e-3)
    assert many.pairs == pytest.approx(2 / (1 - 0.9), rel=1e-3)


def test_the_same_model_again_says_nothing_of_likeness() -> None:
    found = after(FIRST, FIRST)
    assert (found.df, found.pairs) == (2, 0)


def test_noise_that_has_changed_is_learnt_anew() -> None:
    calm = [(0.80, 0.8001 + n / 1e6, 0.8002) for n in range(10)]
    assert after(*calm, FIRST, SECOND).variance == pytest.approx(1e-4)


@pytest.mark.parametrize("key", ["rules_digest", "eval_digest", "project"])
def test_other_rows_or_rules_begin_anew(key: str) -> None:
    before = about({}).model_copy(update={"noise": {KEY: after(FIRST, SECOND)}, key: "other"})
    assert noise(before, about({}), {KEY: THIRD})[KEY] == SeedNoise(last=THIRD)


@pytest.mark.parametrize("runs", [(), (0.8,), (0.8, float("nan"))])
def test_what_shows_no_noise_is_left_out(runs: tuple[float, ...]) -> None:
    assert noise(None, about({}), {KEY: runs}) == {}
