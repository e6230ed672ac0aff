"""One repository on a fake GitHub, and jobs that gate pull requests in it: what each prints, writes and sends."""

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.cli.world import pack, prepared, runner_temp
from tests.container.runner import Job, parse_command_file
from tests.container.scenario import WORKFLOW, Pull, Repository, pull_job, push_job
from tests.github.fake_github import FakeGitHub

from . import project
from .attack import Attack, Files, Level, within
from .bait import SECRETS, Bait, Canary
from .commits import committed
from .listener import Listener

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-IBu", str(Path(__file__).with_name("command.py")))
PATIENCE_S = 180  # a training that never ends takes all of its 60 seconds
MOST_MB = 2000
"""What holds more is ended: others need the machine, too."""
NO_COMMIT = "0" * 40
FORK_ID = 90_210
VERDICTS = {"pass": 2, "review": 1}
"""How green a verdict is; all others are not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one job left.

    Attributes:
        pull: what was gated.
        job: with its workspace.
        bait: what payloads had to go by.
        level: of isolation.
        exit_code: of the step that says the verdict; None where the job had to be ended.
        log: of all steps, without the command that makes the runner hide the token.
        verdict: as the outputs say it.
        status: that stands on the head commit; empty where there is none.
        outputs: whatever went out, by place.
        canaries: that were left.
        peak_mb: the most memory that gatebot itself held.
    """

    pull: Pull
    job: Job
    bait: Bait
    level: Level
    exit_code: int | None
    log: str
    verdict: str
    status: str
    outputs: Mapping[str, bytes]
    canaries: tuple[Canary, ...]
    peak_mb: int

    @property
    def report(self) -> dict[str, Any]:
        """What the run decided; empty where it left none."""
        files = [content for place, content in self.outputs.items() if place == "upload report.json"]
        report: dict[str, Any] = json.loads(files[0]) if files else {}
        return report

    @property
    def green(self) -> tuple[int, int]:
        """How green it is: the status first."""
        return int(self.status == "success"), VERDICTS.get(self.verdict, 0)

    def shows(self, text: str) -> bool:
        """Whether a text stands in anything that went out."""
        return any(text.encode() in content for content in self.outputs.values())

    def __str__(self) -> str:
        return f"verdict {self.verdict!r}, status {self.status!r}, exit code {self.exit_code}\n{self.log}"


@dataclass
class AttackSetup:
    """A repository on GitHub, and its jobs on this machine.

    Attributes:
        folder: for all that belongs to it; open to every user, as a runner's is.
        github: the API.
        origin: git's side.
        bait: for payloads.
        listener: that they may talk to.
    """

    folder: Path
    github: FakeGitHub
    origin: Repository
    bait: Bait
    listener: Listener
    jobs: int = 0
    controls: dict[str, Outcome] = field(default_factory=dict)

    # -- what happens on GitHub

    def grow(self, files: Files) -> str:
        """A commit on main."""
        before = [self.origin.tip] if (self.origin.folder / ".git/refs/heads/main").exists() else []
        sha = committed(self.origin.folder, files, "refs/heads/main", before, "main")
        self.github.commit(sha, *before)
        return sha

    def open_pull(self, files: Files, branch: str, attack: Attack) -> Pull:
        """A pull request, with GitHub's merge of it."""
        base = self.origin.tip
        head = committed(self.origin.folder, files, "refs/pull/new/head", [base], branch)
        number = self.github.pull(
            head,
            base_sha=base,
            head_ref=branch,
            files=tuple(path for path in files if path.isprintable()),
            fork_id=FORK_ID if attack.fork else None,
            draft=attack.draft,
        )
        text = f"Merge {head} into {base}"
        merge = committed(self.origin.folder, files, f"refs/pull/{number}/merge", [base, head], text)
        return Pull(number, branch, head, base, merge, "contributor")

    # -- jobs

    def push(self, attack: Attack) -> Outcome:
        """What a push to main starts: the baseline that pull requests are compared with."""
        run = self.github.run(self.origin.tip, path=WORKFLOW)
        job = push_job(
            self.origin, self._place(), before=NO_COMMIT, token=SECRETS["token"], api=self.github.url, run=run
        )
        pull = Pull(0, "main", self.origin.tip, NO_COMMIT, self.origin.tip, "octocat")
        done = self._gated(Attack(name="main", folder=attack.folder), pull, job, Level.FULL)
        for name, paths in _upload_steps():
            root, listed = _placed(paths, job.workspace, self.temp(job))
            packed = pack(root, listed)
            if packed is not None:
                self.github.artifact(run, name, packed)
        return done

    def control(self, attack: Attack) -> Outcome:
        """The same pull request without the attack; run once for all attacks that share it."""
        files = project.controlled(attack, self.bait)
        key = repr((sorted(files.items()), attack.fork))
        if key not in self.controls:
            plain = Attack(name=f"control-{len(self.controls)}", folder=attack.folder, fork=attack.fork)
            pull = self.open_pull(files, plain.name, plain)
            self.controls[key] = self._gated(plain, pull, self._pull_job(plain, pull), Level.FULL)
        return self.controls[key]

    def attacked(self, attack: Attack, level: Level, control: Outcome | None = None) -> Outcome:
        """The pull request with the attack; `control` is what an attacker has seen run."""
        bait = self.bait if control is None else replace(self.bait, earlier=control.job.folder.parent)
        files = {**project.controlled(attack, bait), **within(attack.folder, attack.change(bait))}
        pull = self.open_pull(files, re.sub(r"\W+", "-", f"{attack.name} {level}"), attack)
        job = self._pull_job(attack, pull)
        make_home(job.folder.parent / "home")
        if attack.prepare is not None:
            self.temp(job).mkdir(parents=True, exist_ok=True)
            attack.prepare(job.workspace, bait)
        if attack.on_github is not None:
            attack.on_github(self, pull)
        return self._gated(attack, pull, job, level)

    def _pull_job(self, attack: Attack, pull: Pull) -> Job:
        home = FORK_ID if attack.fork else None
        run = self.github.run(
            pull.head, event="pull_request", branch=pull.branch, path=WORKFLOW, head_repository_id=home
        )
        job = pull_job(self.origin, pull, self._place(), token=SECRETS["token"], api=self.github.url, run=run)
        pull_payload = job.event["pull_request"]
        pull_payload["draft"] = attack.draft
        if attack.fork:
            pull_payload["head"]["repo"] = {"id": FORK_ID, "full_name": f"{pull.author}/tickets"}
        return job

    def _gated(self, attack: Attack, pull: Pull, job: Job, level: Level) -> Outcome:
        before, heard = len(self.github.seen), len(self.listener.heard)
        known = self.bait.left()
        steps = self.steps(attack, job, level)
        steps.carry_out()
        heard_now = b"\n".join(self.listener.heard[heard:])
        sent = [json.dumps([seen.path, seen.query, seen.body]).encode() for seen in self.github.seen[before:]]
        outputs = {
            "log": steps.log.encode(),
            **steps.files(),
            **{f"upload {name}": content for name, content in uploaded(job.workspace, self.temp(job)).items()},
            "requests to GitHub": b"\n".join(sent),
            "listener": heard_now,
        }
        status = self.github.latest_statuses(pull.head).get("gatebot", {}).get("state", "")
        canaries = tuple(canary for canary in self.canaries(job) if canary not in known)
        return Outcome(
            pull,
            job,
            self.bait,
            level,
            steps.exit_code,
            steps.log,
            steps.verdict,
            status,
            outputs,
            canaries,
            steps.peak_mb,
        )

    def steps(self, attack: Attack, job: Job, level: Level) -> "Steps":
        """What will carry a job out."""
        return Steps(attack, job, level)

    def temp(self, job: Job) -> Path:
        """Where the job's own folder for temporary files lies on this machine."""
        return runner_temp(job)

    def canaries(self, job: Job) -> list[Canary]:
        """What payloads have left."""
        return self.bait.left()

    def _place(self) -> Path:
        self.jobs += 1
        return self.folder / f"job-{self.jobs}"


@dataclass
class Steps:
    """The steps of one job in which gatebot runs: one beside a token, three where it may hold none beside user code."""

    attack: Attack
    job: Job
    level: Level
    log: str = ""
    verdict: str = ""
    exit_code: int | None = None
    peak_mb: int = 0
    command_files: list[Path] = field(default_factory=list)

    def carry_out(self) -> None:
        """Run them, and whatever the attack does meanwhile."""
        done = threading.Event()
        beside = self.attack.meanwhile
        racer = threading.Thread(target=beside, args=(self.job.workspace, done)) if beside is not None else None
        if racer is not None:
            racer.start()
        try:
            self._commands()
        finally:
            done.set()
            if racer is not None:
                racer.join()

    def _commands(self) -> None:
        if self.level.holds_token:
            self._step("run", token=True)
            return
        self._step("collect", token=False)
        if self.exit_code:
            self._step("publish", token=True)  # there is no report: the status says so
            return
        out = re.findall(r"evidence is in (.+)", self.log)[-1]
        base = f" --base {out}/base" if (self.job.workspace / out / "base").exists() else ""
        self._step(f"judge --head {out}/head{base}", token=False)
        self._step("publish", token=True)

    def _step(self, command: str, *, token: bool) -> None:
        home = self.job.folder.parent / "home"
        make_home(home)
        credentials = {"ACTIONS_RUNTIME_TOKEN": SECRETS["runner token"]}
        credentials["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = SECRETS["id token"]
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "DATA_KEY": SECRETS["fetch secret"],
            "DEPLOY_KEY": SECRETS["deploy key"],
            **(credentials if token else {}),
            **{name: text.format(workspace=self.job.workspace) for name, text in self.attack.environment.items()},
        }
        if self.level.reach:
            environment["GATEBOT_TEST_REACH"] = self.level.reach
        variables, files = prepared(self.job, SECRETS["token"] if token else "", self._inputs(command), environment)
        if not token:
            variables = {name: value for name, value in variables.items() if name != "ACTIONS_RUNTIME_TOKEN"}
        self.command_files += files.values()
        process = subprocess.Popen(
            [*COMMAND, "action"],
            cwd=self.job.workspace,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watching = threading.Thread(target=self._watch, args=(process,))
        watching.start()
        try:
            printed, _ = process.communicate(timeout=PATIENCE_S)
            self.exit_code = process.returncode if process.returncode >= 0 else None
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            printed, _ = process.communicate()
            printed += b"\n(ended by the test: it hangs)\n"
            self.exit_code = None
        watching.join()
        text = printed.decode("utf-8", "backslashreplace")
        self.log += "".join(f"{line}\n" for line in text.split("\n") if not line.startswith("::add-mask::"))
        outputs = parse_command_file(files["output"].read_text())
        self.verdict = outputs.get("verdict", self.verdict)

    def _inputs(self, command: str) -> dict[str, str]:
        config = f"{self.attack.folder}/gatebot.yml" if self.attack.folder else "gatebot.yml"
        return {"config": config, **self.attack.inputs, "command": command}

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Note the most memory that it holds; end it where that is far too much."""
        while process.poll() is None:
            try:
                held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
            except OSError:
                return
            self.peak_mb = max(self.peak_mb, int(held[1]) >> 10 if held else 0)
            if self.peak_mb > MOST_MB:
                os.killpg(process.pid, 9)
            time.sleep(0.1)

    def files(self) -> dict[str, bytes]:
        """What the runner was told."""
        return {f"file {path.parent.name}/{path.name}": path.read_bytes() for path in self.command_files}


def make_home(home: Path) -> None:
    """A home with credentials, as tools leave them."""
    if home.exists():
        return
    (home / ".config/pip").mkdir(parents=True)
    (home / ".netrc").write_text(f"machine 127.0.0.1 login bot password {SECRETS['netrc password']}\n")
    (home / ".netrc").chmod(0o600)
    (home / SECRETS["file name"]).touch()
    index = f"https://bot:{SECRETS['index password']}@index.invalid/simple"
    (home / ".config/pip/pip.conf").write_text(f"[global]\nextra-index-url = {index}\n")
    (home / ".config/pip/pip.conf").chmod(0o600)


def uploaded(workspace: Path, temp: Path) -> dict[str, bytes]:
    """What the workflow's own steps upload of evidence, by its path."""
    kept: dict[str, bytes] = {}
    for name, paths in _upload_steps():
        root, listed = _placed(paths, workspace, temp)
        if not name.endswith("-labels"):
            for path in listed:
                files = (file for file in (root / path, *(root / path).rglob("*")) if file.is_file())
                kept |= {str(file.relative_to(root)): file.read_bytes() for file in files}
    return kept


def _upload_steps() -> list[tuple[str, list[str]]]:
    """Name and paths of each upload in the workflow that the project shows to its users."""
    jobs = yaml.safe_load((ROOT / WORKFLOW).read_text())["jobs"].values()
    steps = [step["with"] for one in jobs for step in one["steps"] if "upload-artifact" in step.get("uses", "")]
    return [(step["name"].replace("digits", "tiny"), step["path"].splitlines()) for step in steps]


def _placed(paths: list[str], workspace: Path, temp: Path) -> tuple[Path, list[str]]:
    """The folder that uploaded paths have in common on this runner, and the paths in it."""
    whole = [re.sub(r"\$\{\{\s*runner\.temp\s*\}\}", str(temp), path) for path in paths]
    whole = [path if path.startswith("/") else str(workspace / path) for path in whole]
    root = os.path.commonpath(whole)
    return Path(root), [os.path.relpath(path, root) for path in whole]


def mark() -> str:
    """A word that stands nowhere else."""
    return f"mark{secrets.token_hex(8)}"
