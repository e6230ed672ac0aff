"""The report beside the diff."""

import pytest

from gatebot.github.api import Api
from gatebot.github.checkrun import Annotation, Check, Conclusion, Level, hand_over, publish
from gatebot.github.outcome import NotPermitted, Written
from gatebot.github.run_order import RunOrder
from tests.github.conftest import connected
from tests.github.fake_github import PAT, FakeGitHub

RUN, NEWER = RunOrder.of_run(1), RunOrder.of_run(2)


def remarks(count: int) -> tuple[Annotation, ...]:
    return tuple(Annotation(f"src/{i}.py", i + 1, Level.WARNING, f"remark {i}", "title") for i in range(count))


@pytest.mark.parametrize(("count", "writes"), [(0, 1), (1, 1), (50, 1), (51, 2), (230, 5)])
def test_annotations_are_appended_fifty_at_a_time(github: FakeGitHub, api: Api, count: int, writes: int) -> None:
    check = Check(Conclusion.FAILURE, "blocked (P1)", "summary", "text", "https://x.test", remarks(count))
    outcome = publish(api, github.commit(), check, RUN)
    assert isinstance(outcome, Written)
    (run,) = github.state.check_runs
    assert [a["message"] for a in run["annotations"]] == [f"remark {i}" for i in range(count)]
    assert (run["name"], run["status"], run["conclusion"]) == ("gatebot report", "completed", "failure")
    assert run["output"] == {"title": "blocked (P1)", "summary": "summary", "text": "text"}
    assert len(github.asked("POST")) + len(github.asked("PATCH")) == writes


def test_no_conclusion_satisfies_branch_protection_without_a_verdict() -> None:
    assert {c.value for c in Conclusion} == {"success", "failure", "action_required"}


def test_limits_are_kept(github: FakeGitHub, api: Api) -> None:
    loud = Annotation("a.py", 0, Level.FAILURE, "m" * 100_000, "t" * 1000, end_line=-5)
    check = Check(Conclusion.SUCCESS, "t\n" * 500, "s\n" * 60_000, "x\n" * 60_000, annotations=(loud,))
    publish(api, github.commit(), check, RUN)
    (run,) = github.state.check_runs
    assert len(run["output"]["summary"]) <= 65_535
    assert run["annotations"][0]["start_line"] == run["annotations"][0]["end_line"] == 1


def test_a_lost_answer_does_not_repeat_annotations(github: FakeGitHub, api: Api) -> None:
    github.fail("PATCH", "/check-runs/", 502, after=True)
    publish(api, github.commit(), Check(Conclusion.SUCCESS, "t", "s", annotations=remarks(120)), RUN)
    (run,) = github.state.check_runs
    assert len(run["annotations"]) == 120
    assert run["status"] == "completed"


def test_a_fork_is_not_permitted(github: FakeGitHub, fork_api: Api) -> None:
    outcome = publish(fork_api, github.commit(), Check(Conclusion.SUCCESS, "t", "s"), RUN)
    assert isinstance(outcome, NotPermitted)
    assert "checks: write" in outcome.hint


def test_a_personal_token_is_not_permitted(github: FakeGitHub) -> None:
    with connected(github, PAT) as api:
        assert isinstance(publish(api, github.commit(), Check(Conclusion.SUCCESS, "t", "s"), RUN), NotPermitted)


def shown(github: FakeGitHub, sha: str) -> tuple[str, str]:
    """What GitHub shows: of one name the check run that was completed last."""
    rows = [row for row in github.state.check_runs if row["head_sha"] == sha]
    newest = max(rows, key=lambda row: row["completed_at"])
    return newest["conclusion"], newest["output"]["title"]


@pytest.mark.parametrize("newer_first", [True, False])
def test_what_an_older_run_wrote_over_a_newer_ones_says_the_same(
    github: FakeGitHub, api: Api, newer_first: bool
) -> None:
    sha = github.commit()
    runs = [(RUN, Check(Conclusion.SUCCESS, "pass", "s")), (NEWER, Check(Conclusion.FAILURE, "blocked", "s"))]
    for order, check in reversed(runs) if newer_first else runs:
        publish(api, sha, check, order)
    hand_over(api, sha, RUN)
    assert shown(github, sha) == ("failure", "blocked")
    hand_over(api, sha, NEWER)
    assert shown(github, sha) == ("failure", "blocked")
