"""Two projects in one repository: a status each, the aggregate that sums them up, one comment with two sections."""

from collections.abc import Iterator

import pytest

from tests.collect.repository import FULL
from tests.container.scenario import ID, NAME, OWNER, Pull, Repository
from tests.github.fake_github import FakeGitHub
from tests.github.fake_state import State

from . import tiny
from .world import Left, World

pytestmark = pytest.mark.whole

PROJECTS = ("a", "b")


@pytest.fixture(scope="module")
def mono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not FULL:
        pytest.skip("beside a token, user code is started at full isolation only")
    folder = tmp_path_factory.mktemp("mono")
    with FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID)) as github:
        made = World(folder, github, Repository.create(folder / "origin"))
        made.grow(
            {
                f"services/{project}/{name}": text.replace("project: tiny", f"project: {project}")
                for project in PROJECTS
                for name, text in tiny.files().items()
            }
        )
        yield made
        assert github.faults == []


def gate(world: World, pull: Pull, project: str) -> Left:
    inputs = {"config": f"services/{project}/gatebot.yml", "project": project, "comment": "always"}
    return world.gate(pull, inputs=inputs)


def test_each_has_a_status_and_the_aggregate_waits_for_both(mono: World) -> None:
    pull = mono.open_pull({"README.md": "words\n"}, "words")
    first = gate(mono, pull, "a")
    assert (first.step.exit_code, first.report["states"]) == (0, ["nothing_relevant"]), first.step.log
    assert (mono.status(pull.head, "gatebot / a"), mono.status(pull.head)) == ("success", "pending")
    second = gate(mono, pull, "b")
    assert (second.step.exit_code, mono.status(pull.head, "gatebot / b")) == (0, "success")
    assert set(mono.history(pull.head)[:-1]) == {"pending"}
    assert mono.status(pull.head) == "success"
    [comment] = mono.github.bodies(pull.number)
    assert comment.count("## gatebot") == 2
    assert all(f"project={project}" in comment for project in PROJECTS)


def test_one_that_ends_early_makes_the_aggregate_an_error(mono: World) -> None:
    pull = mono.open_pull({"services/b/gatebot.yml": "modle: {}\n"}, "broken")
    assert gate(mono, pull, "a").step.exit_code == 0
    assert gate(mono, pull, "b").step.exit_code == 2
    assert (mono.status(pull.head, "gatebot / a"), mono.status(pull.head, "gatebot / b")) == ("success", "error")
    assert mono.status(pull.head) == "error"


def test_a_project_that_is_taken_away_still_counts(mono: World) -> None:
    pull = mono.open_pull(dict.fromkeys([f"services/b/{name}" for name in tiny.files()]), "without-b")
    assert gate(mono, pull, "a").step.exit_code == 0
    assert mono.status(pull.head) == "pending"


def test_a_change_in_one_trains_that_one_alone(mono: World) -> None:
    pull = mono.open_pull({f"services/a/{name}": text for name, text in tiny.HARMFUL.items()}, "harm")
    worse, same = gate(mono, pull, "a"), gate(mono, pull, "b")
    assert (worse.step.outputs["verdict"], same.report["states"]) == ("blocked", ["nothing_relevant"]), worse.step.log
    assert mono.status(pull.head) == "failure"


@pytest.mark.parametrize("project", ["../up", "a b", "-x", "x" * 65])
def test_a_name_that_is_none(mono: World, project: str) -> None:
    pull = mono.open_pull({"README.md": f"{project}\n"}, f"name-{len(project)}-{ord(project[0])}")
    left = mono.gate(pull, inputs={"config": "services/a/gatebot.yml", "project": project})
    assert (left.step.exit_code, "is no project's name" in left.step.log) == (2, True), left.step.log
