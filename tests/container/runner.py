"""Runs the container action as GitHub's runner does: same argument order, mounts, variables, owners and file commands.

After actions/runner's ContainerActionHandler and DockerCommandManager: no `--user`, no `--init`, no limits, the
engine's socket mounted, values handed over by name only, the workspace owned by the runner's user and not by root.
"""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .engine import Engine

ROOT = Path(__file__).parents[2]
RUNNER_UID = 1001
SECRETS = ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""What the runner puts beside the action's inputs: credentials, whether the action wants them or not."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job on one runner.

    Attributes:
        folder: an empty folder for the job's files.
        workspace: the checkout.
        event: the payload.
        environment: `GITHUB_…` variables that depend on what happened.
        network: the container's network: `host` reaches servers on this machine, `none` reaches nothing.
    """

    folder: Path
    workspace: Path
    event: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"


@dataclass(frozen=True, slots=True)
class Step:
    """What a step left behind.

    Attributes:
        exit_code: of the container; anything but 0 fails the step.
        log: standard output and error, as they came.
        outputs: what GITHUB_OUTPUT set.
        summary: what GITHUB_STEP_SUMMARY holds.
    """

    exit_code: int
    log: str
    outputs: dict[str, str]
    summary: str


class FileCommandError(Exception):
    """A line that the runner does not accept in a command file: it fails the step."""


def read_action() -> dict[str, Any]:
    """Our action.yml."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return action


def variables_of(inputs: Mapping[str, str], token: str) -> dict[str, str]:
    """The `INPUT_…` variables of these inputs and the defaults of all others. Hyphens stay as they are."""
    action = read_action()
    defaults = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
    values = {name: text.replace("${{ github.token }}", token) for name, text in {**defaults, **inputs}.items()}
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in values.items()}


def run_action(engine: Engine, image: str, job: Job, inputs: Mapping[str, str], *, token: str = "") -> Step:
    """Run our action in this job with these inputs (the others have their defaults)."""
    variables = {**variables_of(inputs, token), **job.environment}
    return run_container(engine, image, job, variables, read_action()["runs"].get("args", []))


def run_container(
    engine: Engine, image: str, job: Job, variables: Mapping[str, str], args: list[str], *, entrypoint: str = ""
) -> Step:
    """Run an image in this job, with the runner's own variables beside those given."""
    commands = job.folder / "_runner_file_commands"
    home, workflow = job.folder / "_github_home", job.folder / "_github_workflow"
    for folder in (commands, home, workflow):
        folder.mkdir(parents=True)
    mark = secrets.token_hex(8)
    files = {name: commands / f"{name}_{mark}" for name in ("output", "env", "state", "path", "step_summary")}
    for file in files.values():
        file.touch()
    (workflow / "event.json").write_text(json.dumps(job.event))
    give_to_runner(job.folder, job.workspace)
    environment = {
        "GITHUB_WORKSPACE": "/github/workspace",
        "GITHUB_EVENT_PATH": "/github/workflow/event.json",
        **{f"GITHUB_{name.upper()}": f"/github/file_commands/{file.name}" for name, file in files.items()},
        "RUNNER_TEMP": "/github/runner_temp",
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "ACTIONS_RUNTIME_URL": "https://pipelines.invalid/",
        **{name: f"secret-of-{name.lower()}" for name in SECRETS},
        **variables,
        "HOME": "/github/home",
    }
    mounts = {
        engine.socket: "/var/run/docker.sock",
        job.folder: "/github/runner_temp",
        home: "/github/home",
        workflow: "/github/workflow",
        commands: "/github/file_commands",
        job.workspace: "/github/workspace",
    }
    command = ["run", "--name", f"gatebot_{mark}", "--label", "gatebot-test", "--workdir", "/github/workspace", "--rm"]
    # Names only: the client takes the values from its own environment, so that none shows in a process list.
    command += [part for name in environment for part in ("-e", name)]
    command += ["-e", "GITHUB_ACTIONS=true", "-e", "CI=true"]
    command += ["--entrypoint", entrypoint] if entrypoint else []
    command += ["--network", job.network]
    command += [part for host, inside in mounts.items() for part in ("-v", f"{host}:{inside}")]
    done = subprocess.run(
        [engine.client, *command, image, *args],
        env={**engine.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )
    take_back(engine, image, job)
    outputs = parse_command_file(files["output"].read_text())
    return Step(done.returncode, done.stdout, outputs, files["step_summary"].read_text())


def give_to_runner(*folders: Path) -> None:
    """Hand everything in these folders to the runner's user, where we are allowed to."""
    if os.geteuid() != 0:
        return
    for folder in folders:
        for parent, names, files in os.walk(folder):
            for path in (parent, *(os.path.join(parent, name) for name in (*names, *files))):  # noqa: PTH118
                os.chown(path, RUNNER_UID, RUNNER_UID, follow_symlinks=False)


def take_back(engine: Engine, image: str, job: Job) -> None:
    """Make what the container wrote as root ours again, so that it can be read and removed."""
    if os.geteuid() == 0:
        return
    for folder in (job.folder, job.workspace):
        chown = ["--entrypoint", "chown", image, "--recursive", f"{os.getuid()}:{os.getgid()}", "/mnt"]
        engine.run("run", "--rm", "--network", "none", "-v", f"{folder}:/mnt", *chown)


def parse_command_file(text: str) -> dict[str, str]:
    """Read `name=value` and `name<<MARK … MARK`, as strictly as the runner does.

    Raises:
        FileCommandError: a line that is neither, or a value without an end.
    """
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        started = re.match(r"([^=]*?)(=|<<)(.*)", line)
        if started is None or not started[1]:
            raise FileCommandError(line)
        name, sign, rest = started.groups()
        if sign == "=":
            values[name] = rest
            continue
        held: list[str] = []
        for inner in lines:
            if inner == rest:
                break
            held.append(inner)
        else:
            raise FileCommandError(f"{name} has no end {rest}")
        values[name] = "\n".join(held)
    return values
