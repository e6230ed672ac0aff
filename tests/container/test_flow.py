"""The whole story, with nothing replaced but GitHub: main leaves a baseline, then two pull requests are gated."""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.github.fake_github import BOT_TOKEN, FakeGitHub
from tests.github.fake_state import State

from . import tickets
from .engine import Engine
from .runner import Job, Step, run_action
from .scenario import ID, NAME, OWNER, WORKFLOW, Pull, Repository, pull_job, push_job

pytestmark = pytest.mark.container

ROOT = Path(__file__).parents[2]
NO_COMMIT = "0" * 40


@dataclass
class World:
    """GitHub's two sides, API and git, and a runner."""

    engine: Engine
    image: str
    folder: Path
    github: FakeGitHub
    origin: Repository
    jobs: int = 0

    def place(self) -> Path:
        self.jobs += 1
        return self.folder / f"job-{self.jobs}"

    def push(self, before: str) -> Step:
        self.github.commit(self.origin.tip, *([] if before == NO_COMMIT else [before]))
        run = self.github.run(self.origin.tip, path=WORKFLOW)
        job = push_job(self.origin, self.place(), before=before, token=BOT_TOKEN, api=self.github.url, run=run)
        step = run_action(self.engine, self.image, job, {}, token=BOT_TOKEN)
        self.upload(job, run)
        return step

    def open_pull(self, files: dict[str, str], branch: str) -> Pull:
        head = self.origin.commit(files, branch, branch=branch)
        number = self.github.pull(head, base_sha=self.origin.tip, head_ref=branch, files=tuple(files))
        return self.origin.open_pull(number, branch)

    def gate(self, pull: Pull) -> Step:
        run = self.github.run(pull.head, event="pull_request", branch=pull.branch, status="in_progress", path=WORKFLOW)
        job = pull_job(self.origin, pull, self.place(), token=BOT_TOKEN, api=self.github.url, run=run)
        return run_action(self.engine, self.image, job, {}, token=BOT_TOKEN)

    def upload(self, job: Job, run: int) -> None:
        """What the last steps of our own workflow do, as actions/upload-artifact does it."""
        jobs = yaml.safe_load((ROOT / ".github/workflows/gatebot.yml").read_text())["jobs"].values()
        made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for given in [step["with"] for one in jobs for step in one["steps"] if "upload-artifact" in step["uses"]]:
            packed = pack(given["path"].replace("${{ runner.temp }}", str(job.folder)).split())
            if packed is not None:
                self.github.artifact(run, given["name"].replace("digits", NAME), packed, made=made)


def pack(paths: list[str]) -> bytes | None:
    """The files below these paths in one archive, whose root is what the paths have in common; None without files."""
    root = os.path.commonpath(paths)
    listed = [file for path in map(Path, paths) for file in (path, *path.rglob("*")) if file.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in listed:
            archive.write(file, file.relative_to(root))
    return packed.getvalue() if listed else None


@pytest.fixture
def world(engine: Engine, image: str, tmp_path: Path) -> Iterator[World]:
    with FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID)) as github:
        yield World(engine, image, tmp_path, github, Repository.create(tmp_path / "origin"))
        assert github.faults == []


def test_main_leaves_a_baseline_and_two_pull_requests_are_told_apart(world: World) -> None:
    first = world.origin.commit(tickets.first_commit(), "Begin")
    pushed = world.push(before=NO_COMMIT)
    assert pushed.exit_code == 0, pushed.log

    harmless = world.open_pull(tickets.harmless_change(), "less-regularised")
    passed = world.gate(harmless)
    assert passed.exit_code == 0, passed.log
    assert (passed.outputs["verdict"], passed.outputs["baseline-sha"]) == ("pass", first), passed.log
    assert world.github.latest_statuses(harmless.head)["gatebot"]["state"] == "success"

    harmful = world.open_pull(tickets.harmful_change(), "one-feature-less")
    blocked = world.gate(harmful)
    assert blocked.exit_code == 0, "the status is the gate, not the job"
    assert (blocked.outputs["verdict"], blocked.outputs["baseline-sha"]) == ("blocked", first), blocked.log
    assert blocked.outputs["priority"] in {"P0", "P1"}
    assert world.github.latest_statuses(harmful.head)["gatebot"]["state"] == "failure"
    [comment] = world.github.bodies(harmful.number)
    assert "gatebot: blocked" in comment
    assert "accuracy" in comment

    world.gate(harmful)
    assert len(world.github.bodies(harmful.number)) == 1
    # Only in the command that makes the runner hide it, which is never shown.
    shown = [line for step in (pushed, passed, blocked) for line in step.log.splitlines() if "::add-mask::" not in line]
    assert not any(BOT_TOKEN in line for line in shown)
