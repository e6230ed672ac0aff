"""Judging stored evidence again: after an approval, and for forks, of whose run next to nothing is believed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.container.scenario import WORKFLOW, Pull
from tests.github.fake_github import FORK_TOKEN, Seen

from . import tiny
from .world import FORK_ID, Left, World, repacked

pytestmark = pytest.mark.whole

APPROVE, PUBLISH = WORKFLOW.replace(".yml", "-approve.yml"), WORKFLOW.replace(".yml", "-publish.yml")
TAMPER = {"gatebot.yml": tiny.files()["gatebot.yml"].replace("0.05", "0.5")}
LAX = "policy: {mode: observe}\n" + tiny.files()["gatebot.yml"]


def commented(world: World, pull: Pull) -> Left:
    """The job that a comment starts."""
    issue = {"number": pull.number, "user": {"login": pull.author}, "pull_request": {"url": "https://x.invalid"}}
    return world.on_main("issue_comment", {"action": "created", "issue": issue, "comment": {"body": "…"}}, path=APPROVE)


def reviewed(world: World, pull: Pull) -> Left:
    """The job that a review starts: GitHub checks out the merge commit unless it is told otherwise."""
    home = {"id": 4711, "full_name": "acme/tickets"}
    said = {
        "number": pull.number,
        "user": {"login": pull.author},
        "head": {"ref": pull.branch, "sha": pull.head, "repo": home},
        "base": {"ref": pull.into, "sha": pull.base, "repo": home},
    }
    return world.on_main("pull_request_review", {"action": "submitted", "pull_request": said}, path=APPROVE)


@pytest.fixture
def waiting(world: World, request: pytest.FixtureRequest) -> Pull:
    """A pull request that waits for a review."""
    pull = world.open_pull(TAMPER, f"tamper-{abs(hash(request.node.name))}")
    left = world.gate(pull)
    assert (left.step.outputs["verdict"], world.status(pull.head)) == ("review", "failure"), left.step.log
    return pull


def test_an_approving_review_lets_it_pass(world: World, waiting: Pull) -> None:
    world.github.review(waiting.number, "maintainer", "APPROVED")
    left = reviewed(world, waiting)
    assert left.step.exit_code == 0, left.step.log
    assert (left.step.outputs["verdict"], world.status(waiting.head)) == ("pass", "success")
    assert "trainings to do" not in left.step.log
    [comment] = world.github.bodies(waiting.number)
    assert "## gatebot: pass" in comment
    assert left.report["head"]["sha"] == waiting.head

    world.github.comment(waiting.number, "visitor", "nice")
    assert (commented(world, waiting).step.exit_code, world.status(waiting.head)) == (0, "success"), "found once more"


@pytest.mark.parametrize(
    ("login", "body", "verdict"),
    [
        ("maintainer", "/gatebot accept {sha}", "pass"),
        ("maintainer", "/gatebot accept P1 {sha} it is meant", "pass"),
        ("maintainer", "/gatebot accept P2 {sha}", "review"),
        ("contributor", "/gatebot accept {sha}", "review"),
        ("visitor", "/gatebot accept {sha}", "review"),
        ("maintainer", "/gatebot accept 0123456789", "review"),
        ("maintainer", "/gatebot accept {sha:.12}", "review"),
    ],
)
def test_a_comment_that_accepts(world: World, waiting: Pull, login: str, body: str, verdict: str) -> None:
    world.github.comment(waiting.number, login, body.format(sha=waiting.head))
    left = commented(world, waiting)
    assert left.step.exit_code == 0, left.step.log
    assert left.step.outputs["verdict"] == verdict
    assert world.status(waiting.head) == ("success" if verdict == "pass" else "failure")


def test_an_approval_counts_for_the_rules_of_its_own_branch(world: World, waiting: Pull) -> None:
    """The newest evidence of the commit is of another pull request, by whose Rules nobody has to be asked."""
    world.origin.commit({"gatebot.yml": LAX}, "lax", branch=f"lax-{waiting.branch}")
    other = world.open_second_pull(waiting, f"lax-{waiting.branch}")
    assert world.gate(other).report["branch"] == other.into
    world.github.comment(waiting.number, "visitor", "nice")
    left = commented(world, waiting)
    assert (left.step.exit_code, world.status(waiting.head)) == (5, "failure"), left.step.log
    assert "is of a pull request into lax-" in left.step.log


def test_a_stored_verdict_stands_where_its_evidence_is_gone(world: World, waiting: Pull) -> None:
    for artifact in world.github.state.artifacts:
        artifact["gone"] = True
    try:
        left = commented(world, waiting)
    finally:
        for artifact in world.github.state.artifacts:
            artifact["gone"] = False
    assert (left.step.exit_code, world.status(waiting.head)) == (5, "failure"), left.step.log
    assert left.step.log.count("error:") == 1


def test_nothing_to_judge_again(world: World) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, "unjudged")
    left = commented(world, pull)
    assert (left.step.exit_code, world.history(pull.head)) == (0, [])


# --- forks ---------------------------------------------------------------------------------------------------------


def collected(world: World, files: Mapping[str, str | bytes | None], branch: str) -> tuple[Pull, Left]:
    """A fork's pull request and the job that ran its code without any right."""
    pull = world.open_pull(files, branch, fork=True, author="stranger")
    left = world.gate(pull, fork=True, inputs={"command": "collect"})
    assert left.step.exit_code == 0, left.step.log
    assert world.history(pull.head) == []
    return pull, left


def published(world: World, pull: Pull, run: int, workflow: str = WORKFLOW, **more: Any) -> Left:
    """The privileged job that the end of the other one starts."""
    said = {
        "id": run,
        "run_attempt": 1,
        "event": "pull_request",
        "status": "completed",
        "conclusion": "success",
        "head_sha": pull.head,
        "head_branch": pull.branch,
        "path": workflow,
        "head_repository": {"id": FORK_ID, "full_name": f"{pull.author}/tickets"},
        "pull_requests": [{"number": 1}],
    }
    return world.on_main("workflow_run", {"action": "completed", "workflow_run": said}, path=PUBLISH, **more)


def stored(world: World, nth: int) -> bytes:
    """One of the evidence artifacts that there are, in their order."""
    rows = [row for row in world.github.state.artifacts if row["name"] == "gatebot-tiny"]
    return bytes.fromhex(world.github.state.blobs[str(rows[nth]["id"])])


def forge(world: World, left: Left, name: str, change: Mapping[str, bytes | None]) -> None:
    """Put something else into what a run has left."""
    [row] = [a for a in world.github.state.artifacts if (a["run_id"], a["name"]) == (left.run, name)]
    data = repacked(bytes.fromhex(world.github.state.blobs[str(row["id"])]), change)
    row.update(size=len(data), digest="")
    row["digest"] = None
    world.github.state.blobs[str(row["id"])] = data.hex()


def test_a_fork_is_judged_by_the_base_branch(world: World) -> None:
    pull, left = collected(world, tiny.HARMLESS, "fork-good")
    done = published(world, pull, left.run)
    assert done.step.exit_code == 0, done.step.log
    assert done.step.outputs["verdict"] == "review", "the policy wants somebody to look at forks"
    assert world.history(pull.head) == ["pending", "failure"]
    assert done.report["base"]["source"] == "workflow artifact"
    [comment] = world.github.bodies(pull.number)
    assert "review needed" in comment

    world.github.comment(pull.number, "maintainer", f"/gatebot accept {pull.head}")
    accepted = commented(world, pull)
    assert (accepted.step.outputs["verdict"], world.status(pull.head)) == ("pass", "success"), accepted.step.log


def test_facts_of_a_fork_have_no_effect(world: World) -> None:
    pull, left = collected(world, tiny.HARMFUL, "fork-bad")
    facts = json.loads((left.out / "head/facts.json").read_text())
    facts["rules"]["metrics"] = []
    facts["rules"]["checks"] = {"model.regression": False, "model.negative_flips": False}
    facts["rules"]["policy"]["mode"] = "observe"
    facts |= {
        "states": ["nothing_relevant"],
        "project": "elsewhere",
        "changes": {"paths": [], "gate": []},
        "is_fork": False,
        "effort": {**facts["effort"], "smoke_seeds": 1, "folds": 7},
        "approvals": [{"login": "maintainer", "sha": pull.head, "priority": None}],
        "judged": {"sha": world.origin.tip, "tested_sha": world.origin.tip},
        "chosen": {**facts["chosen"], "sha": "0" * 40},
    }
    forge(world, left, "gatebot-tiny", {"head/facts.json": json.dumps(facts).encode(), "report.json": b"{}"})
    done = published(world, pull, left.run)
    assert (done.step.outputs["verdict"], world.status(pull.head)) == ("blocked", "failure"), done.step.log
    assert done.report["project"] == "tiny"
    assert done.report["base"]["sha"] == world.origin.tip
    assert done.report["seeds"] == 2
    assert world.history(world.origin.tip)[-1] == "success", "another commit's status is not touched"


@pytest.mark.parametrize(
    "change",
    [
        {"head/facts.json": b"[]"},
        {"head/facts.json": b'{"rules": ' + b"[" * 100_000},
        {"head/snapshot/snapshot.zip": b"PK nonsense"},
        {"head/snapshot/snapshot.zip": None},
        {"../../outside.txt": b"x"},
        {"/etc/cron.d/evil": b"x"},
        {"head/snapshot/model.pkl": b"x"},
    ],
)
def test_hostile_artifacts(world: World, change: Mapping[str, bytes | None]) -> None:
    key = "".join(char for char in next(iter(change)) if char.isalpha())
    branch = f"hostile-{key}-{len(next(iter(change.values())) or b'')}"
    pull = world.open_pull(tiny.HARMLESS, branch, fork=True, author="stranger")
    run = world.github.run(
        pull.head, event="pull_request", branch=pull.branch, path=WORKFLOW, head_repository_id=FORK_ID
    )
    world.github.artifact(run, "gatebot-tiny", repacked(stored(world, 0), change))
    done = published(world, pull, run)
    assert (done.step.exit_code, world.history(pull.head)) == (5, ["pending", "error"]), done.step.log
    assert done.step.log.count("error:") == 1
    assert "Traceback" not in done.step.log


def test_evidence_of_another_commit(world: World) -> None:
    collected(world, tiny.HARMLESS, "fork-honest")
    other = world.open_pull(tiny.HARMFUL, "fork-borrows", fork=True, author="stranger")
    run = world.github.run(
        other.head, event="pull_request", branch=other.branch, path=WORKFLOW, head_repository_id=FORK_ID
    )
    world.github.artifact(run, "gatebot-tiny", stored(world, -1))
    done = published(world, other, run)
    assert (done.step.exit_code, world.status(other.head)) == (5, "error"), done.step.log
    assert "of another commit" in done.step.log


def test_a_workflow_that_is_not_the_gates(world: World) -> None:
    pull, left = collected(world, tiny.HARMLESS, "fork-workflow")
    done = published(world, pull, left.run, workflow=".github/workflows/mine.yml")
    assert done.step.outputs["verdict"] == "review"
    assert ".github/workflows/mine.yml" in [finding["subject"] for finding in done.report["findings"]]


def test_three_jobs(world: World) -> None:
    """Judged with a token that may only read, published by a job that sees a Report alone."""
    pull, left = collected(world, tiny.HARMLESS, "fork-three")
    judged = published(world, pull, left.run, inputs={"command": "judge"}, token=FORK_TOKEN)
    assert judged.step.exit_code == 3, judged.step.log
    assert world.history(pull.head) == []
    said = world.start(judged.job, judged.run, inputs={"command": "publish"})
    assert (said.step.exit_code, world.history(pull.head)) == (0, ["pending", "failure"]), said.step.log
    assert len(world.github.bodies(pull.number)) == 1


def test_one_branch_of_a_fork_in_two_pull_requests(world: World) -> None:
    """A run of a fork does not say which of them it was for, and each base branch has Rules of its own."""
    world.origin.commit({"gatebot.yml": LAX}, "lax", branch="fork-lax")
    pull, left = collected(world, tiny.HARMFUL, "fork-two")
    second = world.open_second_pull(pull, "fork-lax", fork=True)
    done = published(world, pull, left.run)
    assert done.step.exit_code == 5, done.step.log
    assert f"#{pull.number} into main, #{second.number} into fork-lax" in done.step.log
    assert world.github.latest_statuses(pull.head) == {}


def test_a_pull_request_of_a_fork_that_is_retargeted_between_two_jobs(world: World) -> None:
    world.origin.commit({"gatebot.yml": LAX}, "lax", branch="retarget-lax")
    first, _ = collected(world, tiny.HARMFUL, "fork-retarget")
    world.github.state.pulls[str(first.number)]["state"] = "closed"
    pull = world.open_second_pull(first, "retarget-lax", fork=True)
    left = world.gate(pull, fork=True)
    judged = published(world, pull, left.run, inputs={"command": "judge"}, token=FORK_TOKEN)
    assert judged.report["branch"] == "retarget-lax", judged.step.log
    world.github.state.pulls[str(pull.number)].update(base_ref="main", base_sha=first.base)
    said = world.start(judged.job, judged.run, inputs={"command": "publish"})
    assert said.step.exit_code == 2, said.step.log
    assert "of a pull request into retarget-lax, and this one goes into the default branch" in said.step.log
    assert world.status(pull.head) == "error"


@pytest.mark.parametrize("change", [{"head_sha": "f" * 40}, {"base_ref": "elsewhere"}], ids=["push", "retarget"])
def test_a_pull_request_of_a_fork_that_changes_while_its_paths_are_listed(
    world: World, change: dict[str, str], request: pytest.FixtureRequest
) -> None:
    """What GitHub lists is of the pull request as it is then: one commit is not judged by the paths of another."""
    pull, left = collected(world, tiny.HARMLESS, f"fork-race-{next(iter(change))}")

    def race(seen: Seen) -> None:
        if seen.path.endswith(f"/pulls/{pull.number}/files"):
            world.github.state.pulls[str(pull.number)].update(change)

    world.github.before.append(race)
    request.addfinalizer(world.github.before.clear)
    done = published(world, pull, left.run)
    assert (done.step.exit_code, world.status(pull.head)) == (5, "error"), done.step.log
    assert "was changed while" in done.step.log
