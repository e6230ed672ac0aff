"""The gate: always reported, on the head, never left pending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.errors import ExitCode, GateError
from gatebot.github.api import Api
from gatebot.github.result import NotPermitted, Superseded, Unchanged, Written
from gatebot.github.status import (
    State,
    Status,
    aggregate,
    begin,
    conclude,
    context_of,
    finish_pending,
    shortened,
    write,
)
from tests.github.fake_github import FakeGitHub

RUN = "https://github.com/octo/model/actions/runs/1/attempts/1"
NEWER = "https://github.com/octo/model/actions/runs/2/attempts/1"


def passing(url: str = RUN, context: str = "gatebot") -> Status:
    return Status(context, State.SUCCESS, "nothing is worse", url)


def states(github: FakeGitHub, sha: str) -> dict[str, str]:
    return {context: row["state"] for context, row in github.latest_statuses(sha).items()}


def test_contexts_are_fixed() -> None:
    assert (context_of(), context_of("tickets")) == ("gatebot", "gatebot / tickets")


def test_pending_first_and_final_last(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    assert isinstance(begin(api, sha, "gatebot", RUN), Written)
    assert states(github, sha) == {"gatebot": "pending"}
    assert isinstance(conclude(api, sha, passing()), Written)
    row = github.latest_statuses(sha)["gatebot"]
    assert (row["state"], row["description"], row["target_url"]) == ("success", "nothing is worse", RUN)


@given(st.text(max_size=400))
def test_a_description_is_one_short_line(text: str) -> None:
    line = shortened(text)
    assert len(line.encode("utf-16-le", "surrogatepass")) <= 280
    assert line.splitlines() in ([], [line])


def test_a_long_description_is_accepted(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    write(api, sha, Status("gatebot", State.FAILURE, "accuracy is worse\n" * 40, RUN))
    assert github.latest_statuses(sha)["gatebot"]["description"].endswith("…")


def test_a_read_only_token_that_we_expected_is_no_failure(github: FakeGitHub, fork_api: Api) -> None:
    outcome = begin(fork_api, github.commit(), "gatebot", RUN, read_only=True)
    assert isinstance(outcome, NotPermitted)
    assert "statuses: write" in outcome.hint


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "Resource not accessible by integration"), (404, "Not Found"), (500, "Server Error"), (0, "")],
)
def test_a_status_that_should_have_been_written_is_exit_6(
    github: FakeGitHub, api: Api, status: int, message: str
) -> None:
    github.fail("POST", "/statuses/", status, message, times=99)
    with pytest.raises(GateError, match="could not write the status 'gatebot'") as caught:
        write(api, github.commit(), passing())
    assert caught.value.exit_code is ExitCode.STATUS_NOT_WRITTEN


def test_an_outage_is_exit_6_on_a_fork_too(github: FakeGitHub, fork_api: Api) -> None:
    github.fail("POST", "/statuses/", 500, times=99)
    with pytest.raises(GateError):
        write(fork_api, github.commit(), passing(), read_only=True)


def test_once_a_newer_run_has_begun_the_word_is_its(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, sha, "gatebot", RUN)
    begin(api, sha, "gatebot", NEWER)
    assert isinstance(conclude(api, sha, passing(RUN)), Superseded)
    assert isinstance(conclude(api, sha, Status("gatebot", State.FAILURE, "worse", NEWER)), Written)
    assert states(github, sha) == {"gatebot": "failure"}


def test_what_an_older_run_left_pending_does_not_stop_us(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, sha, "gatebot", NEWER)
    assert isinstance(conclude(api, sha, passing(RUN)), Written)


def test_not_seeing_the_past_does_not_leave_the_commit_pending(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, sha, "gatebot", RUN)
    github.fail("GET", "/statuses", 404, times=9)
    conclude(api, sha, passing())
    assert states(github, sha) == {"gatebot": "success"}


def test_the_finaliser_turns_only_our_own_pending_into_errors(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    for context, url in (("gatebot", RUN), ("gatebot / a", RUN), ("gatebot / b", NEWER), ("other tool", RUN)):
        write(api, sha, Status(context, State.PENDING, "running", url))
    conclude(api, sha, passing(context="gatebot / a"))
    assert finish_pending(api, sha, RUN) == ("gatebot",)
    assert states(github, sha) == {
        "gatebot": "error",
        "gatebot / a": "success",
        "gatebot / b": "pending",
        "other tool": "pending",
    }
    assert finish_pending(api, sha, RUN) == ()


def test_the_finaliser_reads_every_page(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, sha, "gatebot", RUN)
    for index in range(120):
        write(api, sha, Status(f"ci {index}", State.SUCCESS, "", NEWER))
    assert finish_pending(api, sha, RUN) == ("gatebot",)


@pytest.mark.parametrize(
    ("parts", "state", "words"),
    [
        ({"a": "success", "b": "success"}, "success", "2 of 2 projects pass"),
        ({"a": "success", "b": "failure"}, "failure", "1 of 2 projects blocked: b"),
        ({"a": "error", "b": "failure"}, "failure", "1 of 2 projects blocked: b"),
        ({"a": "error", "b": "pending"}, "error", "1 of 2 projects in error: a"),
        ({"a": "success"}, "pending", "1 of 2 projects not yet judged: b"),
    ],
)
def test_the_aggregate_is_the_worst_of_its_parts(
    github: FakeGitHub, api: Api, parts: dict[str, str], state: str, words: str
) -> None:
    sha = github.commit()
    for project, said in parts.items():
        write(api, sha, Status(context_of(project), State(said), "", RUN))
    assert isinstance(aggregate(api, sha, ["a", "b"], RUN), Written)
    row = github.latest_statuses(sha)["gatebot"]
    assert (row["state"], row["description"]) == (state, words)
    assert isinstance(aggregate(api, sha, ["a", "b"], RUN), Unchanged)


def test_two_projects_that_end_together_leave_a_true_aggregate(github: FakeGitHub, api: Api) -> None:
    """The other job ends, and writes its older view, just after ours has read."""
    sha = github.commit()
    write(api, sha, Status(context_of("a"), State.SUCCESS, "", RUN))

    def other_ends(seen: object) -> None:
        if github.seen[-1].verb == "POST":
            github.before.clear()
            row = {"sha": sha, "login": "github-actions[bot]", "made": github.state.now(), "target_url": NEWER}
            for context in (context_of("b"), "gatebot"):
                state = "success" if context != "gatebot" else "pending"
                words = {"id": github.state.next_id(), "context": context, "state": state, "description": "stale"}
                github.state.statuses.append(row | words)

    github.before.append(other_ends)
    aggregate(api, sha, ["a", "b"], RUN)
    assert states(github, sha)["gatebot"] == "success"


def test_the_aggregate_of_a_fork(github: FakeGitHub, fork_api: Api) -> None:
    assert isinstance(aggregate(fork_api, github.commit(), ["a"], RUN, read_only=True), NotPermitted)
