from collections.abc import Iterator

import pytest

from gatebot.github.api import Api, Pace
from tests.github.fake_github import BOT_TOKEN, FORK_TOKEN, FakeGitHub


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub that checks afterwards that all that was said kept to GitHub's own description."""
    with FakeGitHub() as fake:
        yield fake
        assert fake.faults == []


@pytest.fixture
def waits() -> list[float]:
    """How long the client would have waited."""
    return []


@pytest.fixture
def api(github: FakeGitHub, waits: list[float]) -> Iterator[Api]:
    """With the token of a workflow that was given every permission."""
    with connected(github, waits=waits) as client:
        yield client


@pytest.fixture
def fork_api(github: FakeGitHub) -> Iterator[Api]:
    """With the token of a workflow on a pull request from a fork."""
    with connected(github, FORK_TOKEN) as client:
        yield client


def connected(github: FakeGitHub, token: str = BOT_TOKEN, *, waits: list[float] | None = None) -> Api:
    """The client at full speed."""
    sink: list[float] = [] if waits is None else waits
    pace = Pace(between_requests_s=0, between_writes_s=0, timeout_s=5, sleep=sink.append)
    return Api(token, github.repository, url=github.url, pace=pace)
