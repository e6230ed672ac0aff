"""What a run costs GitHub: its calls are counted, and every job of a repository shares one limit."""

from collections.abc import Mapping

import pytest

from . import tiny
from .world import Left, World

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
