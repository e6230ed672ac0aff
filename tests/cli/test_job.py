"""`gatebot run` in workflow jobs: what it says on GitHub, in every situation that has a name."""

import json
import signal
import subprocess
from dataclasses import dataclass

import pytest

from gatebot.github.checkrun import NAME as CHECK
from tests.container.runner import Job
from tests.container.scenario import git
from tests.github.fake_github import BOT_TOKEN

from . import tiny
from .laptop import start
from .world import RUNNER_TOKEN, Left, World, prepared


def test_first_push_leaves_a_baseline(hub: World, main: Left) -> None:
    assert main.step.exit_code == 0, main.step.log
    assert (main.step.outputs["verdict"], main.report["states"]) == ("pass", ["baseline"])
    assert (main.out / "head/snapshot/snapshot.zip").is_file()
    assert (main.out / "head/labels/truth.zip").is_file()
    assert hub.history(hub.origin.tip) == ["pending", "success"]
    assert not (main.out / "baseline").exists(), "the artifact is the baseline"


def test_a_good_pull_request(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "good")
    left = world.gate(pull, alone=True)
    assert left.step.exit_code == 0, left.step.log
    assert left.step.outputs["verdict"] == "pass"
    assert left.step.outputs["baseline-sha"] == world.origin.tip
    assert (left.report["base"]["source"], left.report["base"]["relation"]) == ("workflow artifact", "first_parent")
    assert left.report["head"] == {"sha": pull.head, "tested_sha": pull.merge, "failure": ""}
    assert world.history(pull.head) == ["pending", "success"]
    assert world.history(pull.merge) == []
    assert "gatebot: pass" in left.step.summary
    assert world.github.bodies(pull.number) == [], "on-change says nothing where there is nothing to say"


def test_a_bad_pull_request_then_a_better_one(world: World) -> None:
    pull = world.open_pull(tiny.HARMFUL, "bad")
    left = world.gate(pull, alone=True)
    assert left.step.exit_code == 0, "the status is the gate, not the job"
    assert (left.step.outputs["verdict"], left.step.outputs["priority"]) == ("blocked", left.report["priority"])
    assert world.history(pull.head) == ["pending", "failure"]
    [comment] = world.github.bodies(pull.number)
    assert "## gatebot: blocked" in comment
    assert left.step.outputs["comment-url"].startswith("https://")
    check = next(row for row in world.github.state.check_runs if row["head_sha"] == pull.head)
    assert (check["name"], check["conclusion"]) == (CHECK, "failure")

    head = world.origin.commit({"pipeline.py": tiny.PIPELINE}, "undo", branch="bad")
    world.github.push_to_pull(pull.number, head)
    better = world.origin.open_pull(pull.number, "bad")
    again = world.gate(better)
    assert again.step.outputs["verdict"] == "pass", again.step.log
    [comment] = world.github.bodies(pull.number)
    assert "## gatebot: pass" in comment


@pytest.mark.whole
def test_a_second_pull_request_into_a_branch_with_other_rules(world: World) -> None:
    """A commit bears the statuses of all its pull requests: what lax Rules allow satisfies nothing that main asks."""
    name = "lax/2.0"
    lax = "policy: {mode: observe}\n" + tiny.files()["gatebot.yml"]
    world.origin.commit({"gatebot.yml": lax}, "lax", branch=name)
    pull = world.open_pull(tiny.HARMFUL, "twice")
    assert world.gate(pull).step.outputs["verdict"] == "blocked"
    second = world.gate(world.open_second_pull(pull, name))
    assert (second.step.exit_code, world.status(pull.head)) == (0, "failure"), second.step.log
    assert world.status(pull.head, f"gatebot ({name})") == "success"
    checks = {row["name"]: row["conclusion"] for row in world.github.state.check_runs if row["head_sha"] == pull.head}
    assert checks == {CHECK: "failure", f"{CHECK} ({name})": "success"}


@pytest.mark.whole
def test_the_verdict_as_exit_code(world: World) -> None:
    pull = world.open_pull(tiny.HARMFUL, "bad-code")
    left = world.gate(pull, inputs={"command": "run --exit verdict", "comment": "never"})
    assert (left.step.exit_code, world.status(pull.head)) == (1, "failure"), left.step.log
    assert world.github.bodies(pull.number) == []


@pytest.mark.whole
def test_nothing_relevant_changed(world: World) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, "words")
    left = world.gate(pull, alone=True)
    assert (left.step.exit_code, left.report["states"]) == (0, ["nothing_relevant"])
    assert world.status(pull.head) == "success"
    assert "trainings to do" not in left.step.log


@pytest.mark.whole
@pytest.mark.parametrize("inputs", [{}, {"comment": "always"}])
def test_a_draft_that_is_skipped_stays_pending_until_it_is_ready(world: World, inputs: dict[str, str]) -> None:
    """The very same commit is merged once it is marked as ready: nothing skipped may look like a success."""
    pull = world.open_pull(tiny.HARMFUL, f"draft-{len(inputs)}", draft=True)
    left = world.gate(pull, change={"draft": True}, inputs=inputs)
    assert (left.step.exit_code, left.report["states"], left.report["verdict"]) == (0, ["draft"], "inconclusive")
    row = world.github.latest_statuses(pull.head)["gatebot"]
    assert (row["state"], row["description"]) == ("pending", "a draft: judged when it is ready for review")
    assert [row for row in world.github.state.check_runs if row["head_sha"] == pull.head] == []
    assert len(world.github.bodies(pull.number)) == len(inputs)

    finished = world.start(left.job, left.run, inputs={"command": "publish --finish"})
    assert (finished.step.exit_code, world.status(pull.head)) == (0, "pending"), "it waits on purpose"
    ready = world.gate(pull)
    assert (ready.step.outputs["verdict"], world.status(pull.head)) == ("blocked", "failure"), ready.step.log


@pytest.mark.whole
def test_a_job_that_keeps_the_verdict_does_not_end_well_for_a_draft(world: World) -> None:
    pull = world.open_pull(tiny.HARMFUL, "draft-code", draft=True)
    left = world.gate(pull, change={"draft": True}, inputs={"command": "run --exit verdict"})
    assert (left.step.exit_code, world.status(pull.head)) == (4, "pending")


@pytest.mark.whole
def test_a_branch_tip_is_compared_with_the_merge_base(world: World) -> None:
    base = world.origin.tip
    pull = world.open_pull(tiny.HARMLESS, "tip")
    left = world.gate(pull, checked_out=pull.head)
    assert left.step.outputs["verdict"] == "pass", left.step.log
    assert (left.report["base"]["sha"], left.report["base"]["relation"]) == (base, "merge_base")


@pytest.mark.whole
def test_a_shallow_checkout_is_deepened(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "shallow")
    left = world.gate(pull, depth=1)
    assert left.step.outputs["verdict"] == "pass", left.step.log
    assert left.report["base"]["sha"] == world.origin.tip


@pytest.mark.whole
def test_without_an_artifact_base_is_trained_here(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "expired")
    for artifact in world.github.state.artifacts:
        artifact["gone"] = True
    try:
        left = world.gate(pull)
    finally:
        for artifact in world.github.state.artifacts:
            artifact["gone"] = False
    assert left.step.outputs["verdict"] == "pass", left.step.log
    assert left.report["states"][0] == "retrained"
    assert "expired" in left.report["base"]["why"]
    assert "base: training" in left.step.log


@pytest.mark.whole
def test_a_merge_group(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "queued")
    ref = f"refs/heads/gh-readonly-queue/main/pr-{pull.number}-{pull.base}"
    git(world.origin.folder, "update-ref", ref, pull.merge)
    world.github.commit(pull.merge, pull.base, pull.head)
    group = {"head_sha": pull.merge, "head_ref": ref, "base_sha": pull.base, "base_ref": "refs/heads/main"}
    left = world.on_main("merge_group", {"action": "checks_requested", "merge_group": group}, ref=ref)
    assert left.step.exit_code == 0, left.step.log
    assert (left.report["base"]["sha"], left.report["head"]["sha"]) == (pull.base, pull.merge)
    assert world.history(pull.merge) == ["pending", "success"]


@pytest.mark.whole
@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_main_refreshes_its_baseline(world: World, name: str) -> None:
    left = world.on_main(name, {} if name == "schedule" else {"inputs": {}, "ref": "refs/heads/main"})
    assert (left.step.exit_code, left.report["states"]) == (0, ["baseline"]), left.step.log


@pytest.mark.whole
def test_base_from_the_input(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "given")
    left = world.gate(pull, inputs={"baseline": "origin/main"})
    assert left.step.outputs["verdict"] == "pass", left.step.log
    assert (left.report["base"]["relation"], left.report["base"]["sha"]) == ("given", pull.base)


@pytest.mark.whole
def test_a_fork_keeps_the_verdict_and_fails_for_nothing_else(world: World) -> None:
    pull = world.open_pull(tiny.HARMLESS, "from-fork", fork=True, author="stranger")
    left = world.gate(pull, fork=True, alone=True)
    assert left.step.exit_code == 3, left.step.log
    assert left.step.outputs["verdict"] == "review"
    assert world.history(pull.head) == []
    assert "gatebot: review needed" in left.step.summary
    assert "base: training" not in left.step.log
    assert "::error" not in left.step.log


@pytest.mark.whole
def test_a_deleted_branch_and_a_first_configuration(world: World) -> None:
    pull = world.open_pull({"gatebot.yml": tiny.CONFIG.replace("0.05", "0.5")}, "tamper")
    left = world.gate(pull)
    assert left.step.outputs["verdict"] == "review", left.step.log
    assert left.report["findings"][0]["check"] == "code.gate_tamper"
    assert world.status(pull.head) == "failure"


# --- secrets -------------------------------------------------------------------------------------------------------

SPY = """
import glob, os, pathlib

def train(rows, seed):
    seen = ["ENV " + repr(dict(os.environ))]
    for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            seen.append(name + repr(pathlib.Path(name).read_bytes()))
        except OSError as error:
            seen.append(name + " " + str(error.errno))
    for folder in pathlib.Path.cwd().parents:
        for name in (".git/config", "../temp"):
            try:
                seen.append((folder / name).read_text())
            except OSError:
                pass
    raise RuntimeError("SPY " + " ".join(seen)[-30000:])

def predict(model, rows):
    return []
"""


def test_user_code_finds_no_secret(world: World) -> None:
    pull = world.open_pull({"pipeline.py": SPY}, "spy")
    left = world.gate(pull, alone=True)
    assert left.step.outputs["verdict"] == "blocked", left.step.log
    files = [path.read_bytes() for path in left.out.rglob("*") if path.is_file()]
    assert any(b"SPY" in content for content in files), "the spy has reported"
    for secret in (BOT_TOKEN, RUNNER_TOKEN):
        assert secret not in left.shown
        assert not any(secret.encode() in content for content in files)
        assert not any(secret in body for body in world.github.bodies(pull.number))


# --- GitHub does not do what it is asked ---------------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        (401, "Bad credentials", "Give the action a valid `token`"),
        (403, "Resource not accessible by integration", "permissions: statuses: write"),
        (404, "Not Found", "permissions: statuses: write"),
        (410, "Gone", "run the default branch again"),
        (422, "Validation Failed", "please report it"),
        (429, "API rate limit exceeded", "Wait until the limit resets"),
        (403, "You have exceeded a secondary rate limit", "Wait until the limit resets"),
        (500, "Server Error", "githubstatus.com"),
        (503, "Unavailable", "githubstatus.com"),
        (0, "", "Check the network"),
    ],
)
def test_a_status_that_cannot_be_written_is_said_once_with_advice(
    world: World, status: int, message: str, advice: str
) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, f"status-{status}-{len(message)}")
    world.github.fail("POST", "/statuses/", status, message, times=99)
    left = world.gate(pull)
    assert left.step.exit_code == 6, left.step.log
    assert left.step.log.count("error:") == 1
    assert advice in left.step.log
    assert "Traceback" not in left.step.log


def test_without_network(world: World) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, "offline")
    left = world.gate(pull, environment={"GITHUB_API_URL": "http://127.0.0.1:9"})
    assert (left.step.exit_code, "Check the network" in left.step.log) == (6, True), left.step.log


@pytest.mark.whole
@pytest.mark.parametrize(("verb", "part"), [("POST", "/statuses/"), ("POST", "/check-runs"), ("GET", "/comments")])
def test_one_failure_is_tried_again(world: World, verb: str, part: str) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, f"once-{part.strip('/')}")
    world.github.fail(verb, part, 502)
    left = world.gate(pull, inputs={"comment": "always"})
    assert (left.step.exit_code, world.status(pull.head)) == (0, "success"), left.step.log
    assert len(world.github.bodies(pull.number)) == 1


@pytest.mark.whole
@pytest.mark.parametrize(("verb", "part"), [("POST", "/comments"), ("POST", "/check-runs"), ("GET", "/comments")])
@pytest.mark.parametrize("status", [403, 422, 500])
def test_what_is_said_beside_the_status_is_a_warning_where_it_fails(
    world: World, verb: str, part: str, status: int
) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, f"beside-{verb}-{part.strip('/')}-{status}")
    world.github.fail(verb, part, status, times=99)
    left = world.gate(pull, inputs={"comment": "always"})
    assert (left.step.exit_code, world.status(pull.head)) == (0, "success"), left.step.log
    assert "::warning" in left.step.log


@pytest.mark.whole
@pytest.mark.parametrize("part", ["/actions/workflows", "/artifacts"])
def test_baselines_that_cannot_be_asked_for_are_trained_here(world: World, part: str) -> None:
    pull = world.open_pull(tiny.HARMLESS, f"no-{part.rpartition('/')[2]}")
    world.github.fail("GET", part, 403, "Resource not accessible by integration", times=99)
    left = world.gate(pull)
    assert (left.step.outputs["verdict"], left.report["states"][0]) == ("pass", "retrained"), left.step.log
    assert "HTTP 403" in left.report["base"]["why"]


# --- no status stays pending ---------------------------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        ({"gatebot.yml": "version: 1\nmodle: {}\n"}, 2, "modle"),
        ({"data/rows.csv": None}, 2, "data/rows.csv"),
        (
            {"gatebot.yml": tiny.CONFIG.replace("smoke: {", "smoke: {setup: 'false', lock: [data/rows.csv], ")},
            5,
            "false",
        ),
    ],
)
def test_what_ends_a_run_early_is_an_error_status(
    world: World, files: dict[str, str | bytes | None], code: int, says: str
) -> None:
    pull = world.open_pull(files, f"early-{says.strip('.').replace('/', '-')}")
    left = world.gate(pull)
    assert left.step.exit_code == code, left.step.log
    assert world.history(pull.head) == ["pending", "error"]
    assert says in left.step.summary
    assert left.step.outputs == {"verdict": "error"}
    assert left.step.log.count("error:") == 1


@dataclass(frozen=True, slots=True)
class Training:
    """A job in the middle of a training."""

    job: Job
    head: str
    process: "subprocess.Popen[str]"

    def ended_by(self, number: signal.Signals) -> int:
        """The exit code after this signal."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return int(self.process.returncode)


def in_training(world: World, branch: str) -> Training:
    slow = {"pipeline.py": "import time\n" + tiny.PIPELINE.replace("    sums", "    time.sleep(99)\n    sums")}
    pull = world.open_pull(slow, branch)
    job = world.pull_job(pull)
    process = start(job.workspace, "action", env=prepared(job, BOT_TOKEN, {}, {})[0])
    for line in process.stderr or ():
        if "trainings to do" in line:
            return Training(job, pull.head, process)
    raise AssertionError("training did not begin")


@pytest.mark.whole
def test_sigterm_leaves_an_error(world: World) -> None:
    training = in_training(world, "terminated")
    assert (training.ended_by(signal.SIGTERM), world.history(training.head)) == (130, ["pending", "error"])


@pytest.mark.whole
def test_after_sigkill_the_last_step_finishes(world: World) -> None:
    training = in_training(world, "killed")
    training.ended_by(signal.SIGKILL)
    assert world.history(training.head) == ["pending"]
    for _ in range(2):
        left = world.start(training.job, 0, inputs={"command": "publish --finish"})
        assert (left.step.exit_code, world.history(training.head)) == (0, ["pending", "error"]), left.step.log


def test_an_older_run_does_not_overwrite_a_newer_one(world: World) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, "raced")
    newer = f"https://github.com/{world.github.repository}/actions/runs/999999999/attempts/1"

    def overtake(seen: object) -> None:
        if world.history(pull.head) == ["pending"]:
            row = next(r for r in reversed(world.github.state.statuses) if r["sha"] == pull.head)
            world.github.state.statuses.append({**row, "id": world.github.state.next_id(), "target_url": newer})

    world.github.before.append(overtake)
    left = world.gate(pull, inputs={"comment": "always"})
    assert left.step.exit_code == 0, left.step.log
    assert world.history(pull.head) == ["pending", "pending"]
    assert world.github.bodies(pull.number) == []


def test_a_report_of_an_earlier_step_is_published(world: World) -> None:
    pull = world.open_pull(tiny.UNIMPORTANT, "later")
    job = world.pull_job(pull)
    collected = world.start(job, 0, inputs={"command": "collect"}, token="")
    assert collected.step.exit_code == 0, collected.step.log
    assert world.history(pull.head) == []
    judged = world.start(job, 0, inputs={"command": f"judge --head {collected.out}/head"}, token="")
    assert judged.step.exit_code == 0, judged.step.log
    published = world.start(job, 0, inputs={"command": "publish"})
    assert (published.step.exit_code, world.history(pull.head)) == (0, ["pending", "success"]), published.step.log
    assert json.loads((published.out / "report.json").read_text())["verdict"] == "pass"
