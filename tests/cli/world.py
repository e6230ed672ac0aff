"""GitHub's two sides, API and git, and a runner that starts the real `gatebot` with a job's environment."""

import io
import json
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.container.runner import Job, Step, parse_command_file, variables_of
from tests.container.scenario import WORKFLOW, Pull, Repository, checkout, git, pull_job, push_job, repository_payload
from tests.container.scenario import variables as run_variables
from tests.github.fake_github import BOT_TOKEN, FORK_TOKEN, FakeGitHub

from . import tiny
from .laptop import gatebot, inside

NO_COMMIT = "0" * 40
RUNNER_TOKEN = "runtime-token-of-the-runner"
EVIDENCE = (
    "base/snapshot/",
    "head/snapshot/",
    "head/anchor/snapshot/",
    "head/facts.json",
    "report.json",
    "comment.md",
    "report.html",
)
LABELS = ("base/labels/", "head/labels/")
FORK_ID = 90_210


@dataclass(frozen=True, slots=True)
class Left:
    """What one job left: its step, and its output folder."""

    step: Step
    job: Job
    run: int

    @property
    def out(self) -> Path:
        return runner_temp(self.job) / "gatebot"

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.out / "report.json").read_text())
        return report

    @property
    def shown(self) -> str:
        """The log, without the command that makes the runner hide the token."""
        return "\n".join(line for line in self.step.log.splitlines() if not line.startswith("::add-mask::"))


@dataclass
class World:
    """A repository on GitHub and its jobs."""

    folder: Path
    github: FakeGitHub
    origin: Repository
    jobs: int = 0

    # -- what happens on GitHub

    def grow(self, files: Mapping[str, str | bytes | None], message: str = "main") -> str:
        """A commit on main."""
        before = [self.origin.tip] if (self.origin.folder / ".git/refs/heads/main").exists() else []
        sha = self.origin.commit(files, message)
        self.github.commit(sha, *before)
        return sha

    def open_pull(
        self,
        files: Mapping[str, str | bytes | None],
        branch: str,
        *,
        fork: bool = False,
        draft: bool = False,
        author: str = "contributor",
    ) -> Pull:
        """A pull request from a branch of this repository, or from a fork's."""
        head = self.origin.commit(files, branch, branch=branch)
        number = self.github.pull(
            head,
            base_sha=self.origin.tip,
            head_ref=branch,
            files=tuple(files),
            fork_id=FORK_ID if fork else None,
            draft=draft,
            author=author,
        )
        return self.origin.open_pull(number, branch, author)

    def open_second_pull(self, first: Pull, into: str, *, fork: bool = False) -> Pull:
        """Another pull request from the same branch, into another one."""
        number = self.github.pull(
            first.head,
            base_sha=git(self.origin.folder, "rev-parse", into),
            base_ref=into,
            head_ref=first.branch,
            files=("pipeline.py",),
            fork_id=FORK_ID if fork else None,
            author=first.author,
        )
        return self.origin.open_pull(number, first.branch, first.author, into)

    # -- jobs

    def push(self, **more: Any) -> Left:
        """What a push to main starts: the gate, and the upload of what it leaves."""
        run = self.github.run(self.origin.tip, path=WORKFLOW)
        job = push_job(self.origin, self._place(), before=NO_COMMIT, token=BOT_TOKEN, api=self.github.url, run=run)
        return self._upload(self.start(job, run, **more))

    def pull_job(
        self,
        pull: Pull,
        *,
        fork: bool = False,
        change: Mapping[str, Any] | None = None,
        checked_out: str = "",
        depth: int = 0,
    ) -> Job:
        """What a pull request starts. `change` alters the payload; `checked_out` replaces GitHub's merge commit."""
        home = FORK_ID if fork else None
        run = self.github.run(
            pull.head, event="pull_request", branch=pull.branch, path=WORKFLOW, head_repository_id=home
        )
        token = FORK_TOKEN if fork else BOT_TOKEN
        job = pull_job(self.origin, pull, self._place(), token=token, api=self.github.url, run=run)
        said = job.event["pull_request"]
        said.update(change or {})
        if fork:
            said["head"]["repo"] = {"id": FORK_ID, "full_name": f"{pull.author}/tickets"}
        if depth:
            shutil.rmtree(job.workspace)
            checkout(self.origin, f"refs/pull/{pull.number}/merge", job.workspace, token=token, depth=depth)
            git(job.workspace, "remote", "set-url", "origin", f"file://{self.origin.folder}")
        if checked_out:
            git(job.workspace, "checkout", "--quiet", "--detach", checked_out)
        return job

    def gate(
        self,
        pull: Pull,
        *,
        fork: bool = False,
        change: Mapping[str, Any] | None = None,
        checked_out: str = "",
        depth: int = 0,
        **more: Any,
    ) -> Left:
        """Run that job to its end, and upload what it leaves."""
        job = self.pull_job(pull, fork=fork, change=change, checked_out=checked_out, depth=depth)
        run = int(job.environment["GITHUB_RUN_ID"])
        return self._upload(self.start(job, run, token=FORK_TOKEN if fork else BOT_TOKEN, **more))

    def on_main(
        self, name: str, payload: Mapping[str, Any], *, ref: str = "refs/heads/main", path: str = WORKFLOW, **more: Any
    ) -> Left:
        """A job of another event, of this workflow, with main (or another ref) checked out."""
        run = self.github.run(self.origin.tip, event=name, path=path)
        folder = self._place()
        event = {"repository": repository_payload(), "sender": {"login": "octocat", "id": 1}, **payload}
        workspace = checkout(self.origin, ref, folder / "workspace", token=BOT_TOKEN)
        sha = git(workspace, "rev-parse", "HEAD")
        environment = run_variables(self.github.url, run, name=name, actor="octocat", sha=sha, ref=ref)
        environment["GITHUB_WORKFLOW_REF"] = environment["GITHUB_WORKFLOW_REF"].replace(WORKFLOW, path)
        job = Job(folder / "temp", workspace, event, environment, network="host")
        return self.start(job, run, **more)

    def start(
        self,
        job: Job,
        run: int,
        *,
        token: str = BOT_TOKEN,
        inputs: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> Left:
        """Run the action's program in a job, as the runner would run its container; `alone`: in its own process."""
        variables, files = prepared(job, token, inputs or {}, environment or {})
        done = (gatebot if alone else inside)(job.workspace, "action", env=variables)
        outputs, summary = parse_command_file(files["output"].read_text()), files["step_summary"].read_text()
        return Left(Step(done.code, done.out + done.err, outputs, summary), job, run)

    # -- looking

    def status(self, sha: str, context: str = "gatebot") -> str:
        """The state that stands on a commit."""
        return str(self.github.latest_statuses(sha).get(context, {}).get("state", "none"))

    def history(self, sha: str, context: str = "gatebot") -> list[str]:
        """All states that stood there, the oldest first."""
        return [row["state"] for row in self.github.state.statuses if (row["sha"], row["context"]) == (sha, context)]

    def _upload(self, left: Left, project: str = "tiny") -> Left:
        for name, paths in ((f"gatebot-{project}", EVIDENCE), (f"gatebot-{project}-labels", LABELS)):
            packed = pack(left.out, paths)
            if packed is not None:
                made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                self.github.artifact(left.run, name, packed, made=made)
        return left

    def _place(self) -> Path:
        self.jobs += 1
        return self.folder / f"job-{self.jobs}"


def runner_temp(job: Job) -> Path:
    """The job's own folder, outside of the checkout."""
    return job.folder / "runner_temp"


def prepared(
    job: Job, token: str, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Path]]:
    """The runner's files for one step, and the step's variables."""
    commands = job.folder / f"commands-{secrets.token_hex(4)}"
    commands.mkdir(parents=True)
    files = {name: commands / name for name in ("output", "step_summary", "env", "state", "path")}
    for file in files.values():
        file.touch()
    runner_temp(job).mkdir(exist_ok=True)
    payload = commands / "event.json"
    payload.write_text(json.dumps(job.event))
    variables = {
        **variables_of(inputs, token),
        **job.environment,
        **{f"GITHUB_{name.upper()}": str(file) for name, file in files.items()},
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_WORKSPACE": str(job.workspace),
        "RUNNER_TEMP": str(runner_temp(job)),
        "GITHUB_EVENT_PATH": str(payload),
        "ACTIONS_RUNTIME_TOKEN": RUNNER_TOKEN,
        **environment,
    }
    return variables, files


def pack(folder: Path, paths: Iterable[str]) -> bytes | None:
    """As actions/upload-artifact packs these paths; None where there is nothing."""
    listed = [file for path in paths for file in (folder / path, *(folder / path).rglob("*")) if file.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in listed:
            archive.write(file, file.relative_to(folder))
    return packed.getvalue() if listed else None


def repacked(data: bytes, change: Mapping[str, bytes | None]) -> bytes:
    """An archive with some files replaced, added, or taken away."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        kept = {name: old.read(name) for name in old.namelist()}
        for name, content in {**kept, **change}.items():
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def first_commit() -> dict[str, str]:
    """Main, with the workflow that gates it."""
    return {**tiny.files(), WORKFLOW: "on: pull_request\njobs: {gate: {steps: [{uses: acme/gatebot@v1}]}}\n"}
