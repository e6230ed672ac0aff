"""The verdict on GitHub: the status first and always, the rest as well as it can be."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from gatebot.core.report import Report
from gatebot.errors import ExitCode, GateError, MachineError
from gatebot.github.api import Api
from gatebot.github.publish import Target, Texts, announced, finish, publish, status_of, unstoppable
from gatebot.github.run_order import RunOrder
from tests.github.conftest import connected
from tests.github.fake_github import FORK_TOKEN, FakeGitHub
from tests.render import reports

RUN = "https://github.com/octo/model/actions/runs/1/attempts/1"
NEWER = "https://github.com/octo/model/actions/runs/2/attempts/1"
TEXTS = Texts("blocked", "## gatebot: blocked", "# blocked")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def api(github: FakeGitHub) -> Iterator[Api]:
    with connected(github) as made:
        yield made


def target(github: FakeGitHub, **changes: object) -> Target:
    """A pull request's head."""
    number = github.pull()
    sha = github.state.pulls[str(number)]["head_sha"]
    known = {"sha": sha, "order": RunOrder.of_run(1), "run_url": RUN, "pull_number": number}
    return Target(**{**known, **changes})


def history(github: FakeGitHub, sha: str, context: str = "gatebot") -> list[str]:
    return [row["state"] for row in github.state.statuses if (row["sha"], row["context"]) == (sha, context)]


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (reports.passed, "success"),
        (reports.warned, "success"),
        (reports.blocked, "failure"),
        (reports.review, "failure"),
        (reports.error, "error"),
        (reports.observed, "success"),
        (reports.draft, "pending"),
        (lambda: reports.draft().model_copy(update={"observed": True, "exit_code": 0}), "pending"),
    ],
)
def test_only_a_pass_is_a_success(made: Callable[[], Report], state: str) -> None:
    assert status_of(made()) == state


def test_everything_is_said(github: FakeGitHub, api: Api) -> None:
    where = target(github)
    done = publish(reports.blocked(), TEXTS, where, api)
    assert (done.status_written, done.superseded, done.warnings) == (True, False, [])
    assert history(github, where.sha) == ["failure"]
    [comment] = github.bodies(where.pull_number or 0)
    assert "## gatebot: blocked" in comment
    assert [row["conclusion"] for row in github.state.check_runs] == ["failure"]


def test_a_newer_run_has_the_word(github: FakeGitHub, api: Api) -> None:
    where = target(github)
    with announced(where, api, print), announced(target_of_newer(where), api, print):
        pass
    done = publish(reports.blocked(), TEXTS, where, api)
    assert (done.superseded, done.status_written) == (True, False)
    assert history(github, where.sha) == ["pending", "pending"]
    assert github.bodies(where.pull_number or 0) == []


def target_of_newer(where: Target) -> Target:
    return Target(where.sha, RunOrder.of_run(2), NEWER, pull_number=where.pull_number)


def test_a_token_that_may_only_read_is_no_failure_where_that_is_expected(github: FakeGitHub) -> None:
    where = target(github, read_only=True)
    with connected(github, FORK_TOKEN) as reader:
        with announced(where, reader, print):
            pass
        done = publish(reports.blocked(), TEXTS, where, reader)
    assert (done.status_written, history(github, where.sha)) == (False, [])
    assert done.warnings


def test_elsewhere_it_is(github: FakeGitHub) -> None:
    with connected(github, FORK_TOKEN) as reader, pytest.raises(GateError) as caught:
        publish(reports.blocked(), TEXTS, target(github), reader)
    assert caught.value.exit_code == ExitCode.STATUS_NOT_WRITTEN


@pytest.mark.parametrize("error", [MachineError("the disk is full"), ValueError("a bug"), KeyboardInterrupt()])
def test_what_ends_a_run_early_stands_in_its_status(github: FakeGitHub, api: Api, error: BaseException) -> None:
    where = target(github)
    with pytest.raises(type(error)), announced(where, api, print):
        raise error
    assert history(github, where.sha) == ["pending", "error"]
    said = github.latest_statuses(where.sha)["gatebot"]["description"]
    assert said == (error.message if isinstance(error, GateError) else "gatebot was interrupted or failed")


def test_the_first_error_counts_where_the_second_hides_it(github: FakeGitHub, api: Api) -> None:
    where, said = target(github), list[str]()
    github.fail("POST", "/statuses/", 403, "Resource not accessible by integration", times=99, skip=1)
    with pytest.raises(MachineError, match="disk"), announced(where, api, said.append):
        raise MachineError("the disk is full")
    assert len(said) == 1
    assert "statuses: write" in said[0]


def test_signals_wait_until_it_is_said() -> None:
    with unstoppable():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_aggregate_follows_every_step(github: FakeGitHub, api: Api) -> None:
    where = target(github, project="a", projects=("a", "b"))
    other = Target(where.sha, RunOrder.of_run(2), NEWER, project="b", projects=("a", "b"))
    with announced(where, api, print):
        assert github.latest_statuses(where.sha)["gatebot"]["state"] == "pending"
    publish(reports.passed(), TEXTS, where, api)
    assert github.latest_statuses(where.sha)["gatebot"]["state"] == "pending"
    with pytest.raises(MachineError), announced(other, api, print):
        raise MachineError("no")
    assert github.latest_statuses(where.sha)["gatebot"]["state"] == "error"
    publish(reports.passed(), TEXTS, other, api)
    assert github.latest_statuses(where.sha)["gatebot"]["state"] == "success"


def test_finish_ends_what_was_left(github: FakeGitHub, api: Api) -> None:
    where = target(github, project="a", projects=("a",))
    with announced(where, api, print):
        pass
    assert finish(where, api)
    assert {row["state"] for row in github.latest_statuses(where.sha).values()} == {"error"}
    assert not finish(where, api)
