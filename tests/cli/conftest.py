"""One repository on a fake GitHub with a baseline of main; every test opens pull requests of its own."""

from collections.abc import Iterator

import pytest

from tests.collect.repository import FULL
from tests.container.scenario import ID, NAME, OWNER, Repository
from tests.github.fake_github import FakeGitHub
from tests.github.fake_state import State

from .world import Left, World, first_commit


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not FULL:
        pytest.skip("beside a token, user code is started at full isolation only")
    folder = tmp_path_factory.mktemp("hub")
    with FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID)) as github:
        made = World(folder, github, Repository.create(folder / "origin"))
        made.grow(first_commit())
        github.user("maintainer", "write")
        github.user("visitor", "read")
        yield made
        assert github.faults == []


@pytest.fixture(scope="session")
def main(hub: World) -> Left:
    """The first push, whose evidence later jobs compare with."""
    return hub.push(alone=True)


@pytest.fixture
def world(hub: World, main: Left) -> Iterator[World]:
    """The hub, with a baseline."""
    yield hub
    hub.github.failures.clear()
    hub.github.before.clear()
