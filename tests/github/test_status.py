"""The gate: always reported, on the head, never left pending."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.errors import ExitCode, GateError
from gatebot.github.api import Api
from gatebot.github.outcome import NotPermitted, Superseded, Written
from gatebot.github.status import Place, begin, conclude, finish, settle, write
from gatebot.github.status_log import RUNNING, State, Status, context_of, shortened
from tests.github.fake_github import FakeGitHub

RUN = "https://github.com/octo/model/actions/runs/1/attempts/1"
AGAIN = "https://github.com/octo/model/actions/runs/1/attempts/2"
NEWER = "https://github.com/octo/model/actions/runs/2/attempts/1"


def place(sha: str, url: str = RUN, project: str = "", **more: Any) -> Place:
    return Place(sha, url, project, **more)


def passes(api: Api, where: Place) -> object:
    return conclude(api, where, State.SUCCESS, "nothing is worse")


def passing(url: str = RUN) -> Status:
    return Status("gatebot", State.SUCCESS, "nothing is worse", url)


def states(github: FakeGitHub, sha: str) -> dict[str, str]:
    return {context: row["state"] for context, row in github.latest_statuses(sha).items()}


def test_contexts_are_fixed() -> None:
    assert (context_of(), context_of("tickets")) == ("gatebot", "gatebot / tickets")


def test_pending_first_and_final_last(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    assert isinstance(begin(api, place(sha)), Written)
    assert states(github, sha) == {"gatebot": "pending"}
    assert isinstance(passes(api, place(sha)), Written)
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
    outcome = begin(fork_api, place(github.commit(), read_only=True))
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
    begin(api, place(sha))
    begin(api, place(sha, NEWER))
    assert isinstance(passes(api, place(sha)), Superseded)
    assert isinstance(conclude(api, place(sha, NEWER), State.FAILURE, "worse"), Written)
    assert states(github, sha) == {"gatebot": "failure"}


OLD_AND_NEW = [
    pytest.param(RUN, NEWER, id="two runs"),
    pytest.param(RUN, AGAIN, id="a run and its second attempt"),
    pytest.param(AGAIN, NEWER, id="an older run that is run again"),
    pytest.param(f"{NEWER}#evidence-1.1", AGAIN, id="judged again, and run again since"),
    pytest.param(RUN, f"{NEWER}#evidence-1.1", id="run, and judged again"),
    pytest.param(RUN.partition("/attempts")[0], AGAIN, id="without a number"),
]


@pytest.mark.parametrize(("old", "new"), [*OLD_AND_NEW, ("https://ci.example/7", RUN)])
def test_what_an_older_run_left_pending_does_not_stop_us(github: FakeGitHub, api: Api, old: str, new: str) -> None:
    sha = github.commit()
    begin(api, place(sha, old))
    assert isinstance(passes(api, place(sha, new)), Written)


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW)
def test_an_older_run_says_nothing_any_more(github: FakeGitHub, api: Api, old: str, new: str, ended: bool) -> None:
    """Neither where it begins late nor where it ends late."""
    sha = github.commit()
    begin(api, place(sha, old))
    begin(api, place(sha, new))
    if ended:
        conclude(api, place(sha, new), State.FAILURE, "worse")
    before = len(github.state.statuses)
    assert isinstance(begin(api, place(sha, old)), Superseded)
    assert isinstance(passes(api, place(sha, old)), Superseded)
    settle(api, place(sha, old))
    assert len(github.state.statuses) == before


def late(github: FakeGitHub, sha: str, status: Status) -> None:
    """A write that arrives now, whenever it was sent."""
    row = {"id": github.state.next_id(), "sha": sha, "login": "github-actions[bot]", "made": github.state.now()}
    row |= {"context": status.context, "state": status.state.value, "description": status.description}
    github.state.statuses.append({**row, "target_url": status.url})


@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW)
@pytest.mark.parametrize("settles", ["old", "new"])
def test_a_write_that_came_late_is_put_right_by_whoever_looks(
    github: FakeGitHub, api: Api, old: str, new: str, settles: str
) -> None:
    sha = github.commit()
    begin(api, place(sha, new))
    conclude(api, place(sha, new), State.FAILURE, "worse")
    late(github, sha, passing(old))
    settle(api, place(sha, old if settles == "old" else new))
    row = github.latest_statuses(sha)["gatebot"]
    assert (row["state"], row["target_url"]) == ("failure", new)


def test_what_was_put_right_too_early_does_not_count_as_said(github: FakeGitHub, api: Api) -> None:
    """The older run has put back that the newer one is running, and that has ended since."""
    sha = github.commit()
    begin(api, place(sha, NEWER))
    conclude(api, place(sha, NEWER), State.FAILURE, "worse")
    late(github, sha, Status("gatebot", State.PENDING, RUNNING, NEWER))
    settle(api, place(sha))
    assert states(github, sha) == {"gatebot": "failure"}


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/other/model/actions/runs/99/attempts/1",
        "https://evil.example/octo/model/actions/runs/99/attempts/1",
        "https://github.com/octo/model/actions/runs/99/attempts/1/x",
        "https://github.com/octo/model/actions/runs/-1",
        "",
    ],
)
def test_an_address_that_is_no_run_of_ours_is_never_newer(github: FakeGitHub, api: Api, url: str) -> None:
    sha = github.commit()
    late(github, sha, Status("gatebot", State.PENDING, RUNNING, url))
    assert isinstance(passes(api, place(sha)), Written)


def test_not_seeing_the_past_does_not_leave_the_commit_pending(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, place(sha))
    github.fail("GET", "/statuses", 404, times=9)
    passes(api, place(sha))
    assert states(github, sha) == {"gatebot": "success"}


def test_the_finaliser_turns_only_our_own_pending_into_an_error(github: FakeGitHub, api: Api) -> None:
    """That of another project's job in the same run stays: it ends itself."""
    sha = github.commit()
    for context, url in (("gatebot / a", RUN), ("gatebot / b", RUN), ("gatebot / c", NEWER), ("other tool", RUN)):
        write(api, sha, Status(context, State.PENDING, RUNNING, url))
    assert finish(api, place(sha, project="a"))[0]
    assert states(github, sha) == {
        "gatebot / a": "error",
        "gatebot / b": "pending",
        "gatebot / c": "pending",
        "other tool": "pending",
    }
    assert not finish(api, place(sha, project="a"))[0]
    assert not finish(api, place(sha, project="c"))[0]


@pytest.mark.parametrize("state", [State.SUCCESS, State.PENDING])
def test_the_finaliser_leaves_what_was_meant(github: FakeGitHub, api: Api, state: State) -> None:
    sha = github.commit()
    begin(api, place(sha))
    conclude(api, place(sha), state, "a draft: judged when it is ready for review")
    assert not finish(api, place(sha))[0]
    assert states(github, sha) == {"gatebot": state.value}


def test_the_finaliser_puts_back_what_its_run_has_overwritten(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    passes(api, place(sha, NEWER))
    late(github, sha, Status("gatebot", State.PENDING, RUNNING, RUN))
    assert not finish(api, place(sha))[0]
    assert states(github, sha) == {"gatebot": "success"}


def test_the_finaliser_reads_every_page(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    begin(api, place(sha))
    for index in range(120):
        write(api, sha, Status(f"ci {index}", State.SUCCESS, "", NEWER))
    assert finish(api, place(sha))[0]


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
    settle(api, place(sha, project="a", projects=("a", "b")))
    row = github.latest_statuses(sha)["gatebot"]
    assert (row["state"], row["description"]) == (state, words)
    before = len(github.state.statuses)
    settle(api, place(sha, project="a", projects=("a", "b")))
    assert len(github.state.statuses) == before


def test_the_aggregate_counts_the_newest_run_of_each_project(github: FakeGitHub, api: Api) -> None:
    sha = github.commit()
    late(github, sha, Status(context_of("a"), State.FAILURE, "worse", NEWER))
    late(github, sha, Status(context_of("a"), State.SUCCESS, "", RUN))
    late(github, sha, Status(context_of("b"), State.SUCCESS, "", RUN))
    settle(api, place(sha, project="b", projects=("a", "b")))
    assert states(github, sha)["gatebot"] == "failure"


def test_two_projects_that_end_together_leave_a_true_aggregate(github: FakeGitHub, api: Api) -> None:
    """The other job ends, and writes its older view, just after ours has read."""
    sha = github.commit()
    write(api, sha, Status(context_of("a"), State.SUCCESS, "", RUN))

    def other_ends(seen: object) -> None:
        if github.seen[-1].verb == "POST":
            github.before.clear()
            late(github, sha, Status(context_of("b"), State.SUCCESS, "", NEWER))
            late(github, sha, Status("gatebot", State.PENDING, "stale", NEWER))

    github.before.append(other_ends)
    settle(api, place(sha, project="a", projects=("a", "b")))
    assert states(github, sha)["gatebot"] == "success"


def test_the_aggregate_of_a_fork(github: FakeGitHub, fork_api: Api) -> None:
    assert settle(fork_api, place(github.commit(), project="a", projects=("a",), read_only=True)).rows == ()
