"""What GitHub refuses becomes a typed error with advice; what is worth repeating is repeated within a budget."""

import subprocess
import sys

import pytest

from gatebot.errors import GateError
from gatebot.github import conversation, responses
from gatebot.github.api import ACTIONS_LOGIN, Api, Pace, Purpose
from gatebot.github.api_errors import (
    ApiError,
    BadTokenError,
    ForbiddenError,
    GoneError,
    InvalidError,
    LimitedError,
    MissingError,
    OfflineError,
    UnavailableError,
)
from gatebot.github.pull import changed_paths, pull, pulls_with_head
from gatebot.github.status import write
from gatebot.github.status_log import State, Status
from tests.github.conftest import connected
from tests.github.fake_github import BOT_TOKEN, FORK_TOKEN, PAT, FakeGitHub

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.mark.parametrize(
    ("status", "message", "error", "advice"),
    [
        (401, "Bad credentials", BadTokenError, "github.token"),
        (403, "Resource not accessible by integration", ForbiddenError, "pull-requests: read"),
        (404, "Not Found", MissingError, "pull-requests: read"),
        (410, "Issues are disabled for this repo", GoneError, "expired"),
        (422, "Validation Failed", InvalidError, "report"),
        (429, "slow down", LimitedError, "limit"),
        (403, "API rate limit exceeded for installation ID 1.", LimitedError, "limit"),
        (403, SECONDARY, LimitedError, "limit"),
        (500, "Server Error", UnavailableError, "githubstatus"),
        (503, "unicorn", UnavailableError, "githubstatus"),
        (418, "teapot", ApiError, "githubstatus"),
    ],
)
def test_every_refusal_has_a_type_and_advice(
    github: FakeGitHub, api: Api, status: int, message: str, error: type[ApiError], advice: str
) -> None:
    github.fail("GET", "/pulls/1", status, message, times=99)
    with pytest.raises(error, match="could not read pull request 1") as caught:
        pull(api, 1)
    assert type(caught.value) is error
    assert caught.value.status == status
    assert message in caught.value.message
    assert advice in caught.value.hint
    assert isinstance(caught.value, GateError)


@pytest.mark.parametrize(
    ("raw", "said"), [(b"<html>captive portal</html>", "answer"), (b'{"number": 1', ""), (b"[]", ""), (b"", "")]
)
def test_an_answer_that_is_not_the_apis(github: FakeGitHub, api: Api, raw: bytes, said: str) -> None:
    number = github.pull()
    github.fail("GET", "/pulls/1", 200, raw=raw, times=99)
    with pytest.raises(UnavailableError):
        pull(api, number)


def test_no_network(waits: list[float]) -> None:
    pace = Pace(between_requests_s=0, between_writes_s=0, timeout_s=1, sleep=waits.append)
    with Api("t", "octo/model", url="http://127.0.0.1:9", pace=pace) as api, pytest.raises(OfflineError) as caught:
        pull(api, 1)
    assert "GITHUB_API_URL" in caught.value.hint
    assert waits == [1, 2, 4]


@pytest.mark.parametrize("status", [0, 500, 502])
def test_a_passing_fault_is_repeated(github: FakeGitHub, api: Api, waits: list[float], status: int) -> None:
    number = github.pull()
    github.fail("GET", "/pulls/", status, times=2)
    assert pull(api, number).number == number
    assert waits == [1, 2]


@pytest.mark.parametrize(
    ("headers", "message", "waited"),
    [
        ({"Retry-After": "7"}, SECONDARY, [7]),
        ({}, SECONDARY, [60]),
        ({"Retry-After": "7"}, "no words that we know", [7]),
    ],
)
def test_a_rate_limit_is_waited_for(
    github: FakeGitHub, api: Api, waits: list[float], headers: dict[str, str], message: str, waited: list[float]
) -> None:
    number = github.pull()
    github.fail("GET", "/pulls/", 403, message, headers=headers)
    pull(api, number)
    assert waits == waited


def test_a_rate_limit_beyond_our_patience_is_an_error_at_once(github: FakeGitHub, api: Api, waits: list[float]) -> None:
    github.fail("GET", "/pulls/", 429, "no", headers={"Retry-After": "3600"})
    with pytest.raises(LimitedError) as caught:
        pull(api, github.pull())
    assert caught.value.wait_s == 3600
    assert waits == []


def test_a_used_up_hour_says_when_it_ends(github: FakeGitHub, api: Api, waits: list[float]) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}
    github.fail("GET", "/pulls/", 403, "API rate limit exceeded", headers=headers)
    with pytest.raises(LimitedError) as caught:
        pull(api, github.pull())
    assert caught.value.wait_s is not None
    assert caught.value.wait_s > 3600


@pytest.mark.parametrize(("status", "times"), [(0, 1), (500, 1), (429, 2)])
def test_a_write_that_may_have_happened_is_not_repeated(github: FakeGitHub, api: Api, status: int, times: int) -> None:
    """After a rate limit it did not happen."""
    path = api.path("issues", github.pull(), "comments")
    github.fail("POST", "/comments", status, headers={"Retry-After": "1"}, times=9)
    with pytest.raises(ApiError):
        api.send("POST", path, responses.Comment, Purpose("comment"), {"body": "x"}, repeatable=False)
    assert (len(github.asked("POST")) > 1) == (times > 1)


@pytest.mark.parametrize(
    ("token", "login"), [(BOT_TOKEN, ACTIONS_LOGIN), (FORK_TOKEN, ACTIONS_LOGIN), (PAT, "releaser")]
)
def test_who_we_are(github: FakeGitHub, token: str, login: str) -> None:
    with connected(github, token) as api:
        assert api.login == login


def test_an_app_asks_the_other_api(github: FakeGitHub) -> None:
    github.token("app", "acme-gate[bot]", {}, installation=True)
    with connected(github, "app") as api:
        assert api.login == "acme-gate[bot]"


def test_who_we_are_when_nobody_says(github: FakeGitHub, api: Api, waits: list[float]) -> None:
    github.fail("POST", "/graphql", 200, raw=b'{"errors": [{"message": "no"}]}')
    assert api.login == ACTIONS_LOGIN
    assert waits == []


def test_an_unknown_token(github: FakeGitHub) -> None:
    with connected(github, "ghp_expired") as api, pytest.raises(BadTokenError):
        pull(api, github.pull())


def test_the_token_is_in_no_text(github: FakeGitHub) -> None:
    with connected(github, "ghp_secret") as api, pytest.raises(BadTokenError) as caught:
        pull(api, github.pull())
    assert "ghp_secret" not in f"{api!r} {caught.value} {caught.value!r}"


def test_segments_of_a_path_are_quoted(github: FakeGitHub, api: Api) -> None:
    assert api.path("commits", "a/../b?c#d", "x y") == "/repos/octo/model/commits/a%2F..%2Fb%3Fc%23d/x%20y"


def test_an_enterprise_server_has_a_prefix() -> None:
    with Api("t", "octo/model", url="https://ghes.example/api/v3/") as api:
        assert api.url == "https://ghes.example/api/v3"


def test_a_pull_request_as_it_is_now(github: FakeGitHub, api: Api) -> None:
    number = github.pull("a" * 40, fork_id=7, draft=True, author="stranger", head_ref="patch-1")
    now = pull(api, number)
    assert (now.author, now.head_sha, now.head_ref, now.base_ref) == ("stranger", "a" * 40, "patch-1", "main")
    assert (now.is_fork, now.is_draft, now.is_open) == (True, True, True)


def test_the_pull_requests_of_a_run_from_a_fork(github: FakeGitHub, api: Api) -> None:
    github.pull("a" * 40, fork_id=7, author="stranger", head_ref="patch")
    wanted = github.pull("b" * 40, fork_id=7, author="stranger", head_ref="patch")
    github.pull("b" * 40, head_ref="patch")
    assert [p.number for p in pulls_with_head(api, "b" * 40, "stranger", "patch")] == [wanted]


def test_a_renamed_file_counts_under_both_names(github: FakeGitHub, api: Api) -> None:
    number = github.pull(files=("a.py", ("new.py", "old.py"), *[f"data/{i}.csv" for i in range(150)]))
    paths = changed_paths(api, number)
    assert paths is not None
    assert {"a.py", "new.py", "old.py", "data/149.csv"} <= paths


def test_github_cannot_list_every_file(github: FakeGitHub, api: Api) -> None:
    number = github.pull(files=tuple(f"{i}.py" for i in range(3000)))
    assert changed_paths(api, number) is None


def test_what_is_read_again_is_sent_only_where_it_has_changed(github: FakeGitHub, api: Api) -> None:
    """An answer without content costs nothing of the hour's limit; what it stands for is what was sent before."""
    number = github.pull()
    for _ in range(120):
        github.comment(number, "chatty", "LGTM")
    first = conversation.read(api, number)
    asked = [seen.headers.get("if-none-match", "") for seen in github.seen]
    assert conversation.read(api, number) == first
    again = [seen.headers.get("if-none-match", "") for seen in github.seen[len(asked) :]]
    assert asked == ["", ""]
    assert len(again) == 2
    assert all(again), "of every page"
    github.comment(number, "chatty", "more")
    assert len(conversation.read(api, number).comments) == 121


def test_a_first_write_tells_who_we_are(github: FakeGitHub, api: Api) -> None:
    write(api, github.commit(), Status("gatebot", State.SUCCESS, "", "https://x.example"))
    assert api.login == ACTIONS_LOGIN
    assert [seen.verb for seen in github.seen] == ["POST"]


def test_the_client_is_loaded_late() -> None:
    code = "import sys, gatebot.github.comment, gatebot.github.artifacts; print('github' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
