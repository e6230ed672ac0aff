"""What a run costs GitHub: its calls are counted, and every job of a repository shares one limit."""

from collections.abc import Iterator, Mapping

import pytest

from tests.container.scenario import ID, NAME, OWNER, Repository
from tests.github.fake_github import FakeGitHub
from tests.github.fake_state import State

from . import tiny
from .world import Left, World, first_commit

pytestmark = pytest.mark.whole

MOST = 12
TAMPER = {"gatebot.yml": tiny.CONFIG.replace("0.05", "0.5")}


def calls(world: World, since: int) -> list[str]:
    """The table of what was asked."""
    return [f"{seen.verb:5} {seen.path.partition(world.github.repository)[2]}" for seen in world.github.seen[since:]]


def counted(world: World, left: Left, since: int, most: int = MOST) -> Left:
    table = calls(world, since)
    assert left.step.exit_code == 0, left.step.log
    assert len(table) <= most, "\n".join([f"{len(table)} calls", *table])
    return left


@pytest.mark.parametrize(
    ("files", "verdict"),
    [(tiny.HARMLESS, "pass"), (tiny.HARMFUL, "blocked"), (TAMPER, "review"), (tiny.UNIMPORTANT, "pass")],
    ids=["pass", "blocked", "review", "nothing relevant"],
)
def test_a_full_run_on_a_pull_request(
    world: World, files: Mapping[str, str | bytes | None], verdict: str, request: pytest.FixtureRequest
) -> None:
    """The status, main's evidence and labels, the comment, the check run; the first time and once more."""
    pull = world.open_pull(files, f"calls-{abs(hash(request.node.name))}")
    for _ in range(2):
        since = len(world.github.seen)
        left = counted(world, world.gate(pull, inputs={"comment": "always"}), since)
        assert left.step.outputs["verdict"] == verdict
        assert len(world.github.bodies(pull.number)) == 1


def test_an_acceptance_costs_two_more(world: World) -> None:
    """Who accepts may do so, and did it after the push: neither is believed."""
    pull = world.open_pull(TAMPER, "calls-accepted")
    world.gate(pull)
    world.github.comment(pull.number, "maintainer", f"/gatebot accept {pull.head} known")
    since = len(world.github.seen)
    left = counted(world, world.gate(pull), since, MOST + 2)
    assert left.step.outputs["verdict"] == "pass", left.step.log
    [approval] = left.report["approvals"]
    assert (approval["login"], approval["kind"], approval["reason"]) == ("maintainer", "comment", "known")
    assert approval["at"].startswith("2026-11-20T")
    assert approval["url"].startswith("https://github.com/")


def test_an_older_run_that_begins_late_costs_one_and_trains_nothing(world: World) -> None:
    """It waited for a machine while a newer one was judged."""
    pull = world.open_pull(tiny.HARMFUL, "calls-late")
    job = world.pull_job(pull)
    run = int(job.environment["GITHUB_RUN_ID"])
    world.gate(pull)
    stands = world.history(pull.head)
    since = len(world.github.seen)
    left = counted(world, world.start(job, run), since, 1)
    assert "nothing was judged: a newer run has the word" in left.step.log
    assert "trainings to do" not in left.step.log
    assert world.history(pull.head) == stands == ["pending", "failure"]


@pytest.fixture(scope="module")
def grown(hub: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A repository whose main has grown by ten commits since it was gated."""
    folder = tmp_path_factory.mktemp("grown")
    with FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID)) as github:
        made = World(folder, github, Repository.create(folder / "origin"))
        made.grow(first_commit())
        made.push()
        for number in range(10):
            made.grow({"README.md": f"words {number}\n", "docs/a.txt": f"{number}\n"})
        yield made
        assert github.faults == []


def test_a_baseline_ten_commits_back_stands_for_base_where_nothing_has_changed(grown: World) -> None:
    pull = grown.open_pull(tiny.HARMFUL, "ten-back")
    since = len(grown.github.seen)
    left = counted(grown, grown.gate(pull), since)
    assert left.step.outputs["verdict"] == "blocked", left.step.log
    assert (left.report["base"]["sha"], left.report["base"]["distance"]) == (pull.base, 10)
    assert "retrained" not in left.report["states"]


def test_base_is_trained_where_something_has(grown: World) -> None:
    grown.grow({"pipeline.py": tiny.PIPELINE.replace("/ 2}", "/ 2 + 0.0002}")})
    grown.grow({"README.md": "more words\n"})
    pull = grown.open_pull({"pipeline.py": tiny.HARMLESS["pipeline.py"]}, "changed-since")
    left = grown.gate(pull)
    assert left.step.outputs["verdict"] == "pass", left.step.log
    assert left.report["states"][0] == "retrained"
