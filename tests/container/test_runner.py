"""The stand-in for GitHub's runner: it is as strict as the real one, and the container gets what a job gets."""

import json
from pathlib import Path

import pytest

from .engine import Engine
from .runner import RUNNER_UID, FileCommandError, Job, parse_command_file, run_action, run_container, variables_of
from .scenario import Repository, push_job

PYTHON = "/opt/venv/bin/python"
TOKEN = "ghs_not_a_real_token"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("verdict=pass\n\npriority=\n", {"verdict": "pass", "priority": ""}),
        ("a=b<<c=d\n", {"a": "b<<c=d"}),
        ("text<<END\none\n\ntwo=2\nEND\nlast=1\n", {"text": "one\n\ntwo=2", "last": "1"}),
        ("text<<END\nEND\n", {"text": ""}),
        ("crlf=1\r\n", {"crlf": "1\r"}),
    ],
)
def test_command_file(text: str, values: dict[str, str]) -> None:
    assert parse_command_file(text) == values


@pytest.mark.parametrize("text", ["nothing\n", "=value\n", "a<<END\nno end\n", "a<<END\nb\n END\n"])
def test_command_file_that_fails_the_step(text: str) -> None:
    with pytest.raises(FileCommandError):
        parse_command_file(text)


def test_inputs_become_variables_with_their_defaults() -> None:
    variables = variables_of({"command": "judge", "fail-on": "P0", "with space": "1"}, TOKEN)
    assert variables["INPUT_COMMAND"] == "judge"
    assert variables["INPUT_FAIL-ON"] == "P0"
    assert variables["INPUT_WITH_SPACE"] == "1"
    assert variables["INPUT_CONFIG"] == "gatebot.yml"
    assert variables["INPUT_TOKEN"] == TOKEN


@pytest.fixture
def job(tmp_path: Path) -> Job:
    origin = Repository.create(tmp_path / "origin")
    origin.commit({"data.csv": "id,y\n1,0\n"}, "Begin")
    return push_job(origin, tmp_path, before="0" * 40, token=TOKEN)


def run_python(engine: Engine, image: str, job: Job, code: str) -> tuple[int, str, dict[str, str], str]:
    step = run_container(engine, image, job, variables_of({"fail-on": "P0"}, TOKEN), ["-c", code], entrypoint=PYTHON)
    return step.exit_code, step.log, step.outputs, step.summary


@pytest.mark.container
def test_container_gets_what_a_job_gets(engine: Engine, image: str, job: Job) -> None:
    code = """
import json, os, pathlib, subprocess
commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
print(json.dumps({
    "environment": dict(os.environ),
    "uid": os.getuid(),
    "owner": os.stat("data.csv").st_uid,
    "socket": pathlib.Path("/var/run/docker.sock").is_socket(),
    "event": json.loads(pathlib.Path(os.environ["GITHUB_EVENT_PATH"]).read_text())["ref"],
    "commit": commit.stdout.strip() or commit.stderr,
    "cwd": os.getcwd(),
}))
"""
    exit_code, log, _, _ = run_python(engine, image, job, code)
    said = json.loads(log)
    assert exit_code == 0
    environment = said.pop("environment")
    assert said == {
        "uid": 0,
        "owner": RUNNER_UID,
        "socket": True,
        "event": "refs/heads/main",
        "commit": job.event["after"],
        "cwd": "/github/workspace",
    }
    assert environment["INPUT_FAIL-ON"] == "P0"
    assert environment["INPUT_TOKEN"] == TOKEN
    assert environment["HOME"] == "/github/home"
    assert environment["GITHUB_ACTIONS"] == environment["CI"] == "true"
    assert "GITHUB_TOKEN" not in environment
    assert environment["ACTIONS_RUNTIME_TOKEN"]


@pytest.mark.container
def test_exit_code_outputs_and_summary_come_back(engine: Engine, image: str, job: Job) -> None:
    code = """
import os
open(os.environ["GITHUB_OUTPUT"], "a").write("verdict=blocked\\n")
open(os.environ["GITHUB_STEP_SUMMARY"], "a").write("# blocked\\n")
raise SystemExit(3)
"""
    assert run_python(engine, image, job, code) == (3, "", {"verdict": "blocked"}, "# blocked\n")


@pytest.mark.container
def test_entrypoint_needs_no_shell(engine: Engine, image: str) -> None:
    """A shell of some kinds drops variables with a hyphen, and swallows signals."""
    shown = json.loads(engine.run("image", "inspect", "-f", "{{json .Config}}", image).stdout)
    assert shown["Entrypoint"] == ["/opt/venv/bin/gatebot"]
    assert not shown["User"]


@pytest.mark.container
def test_command_that_does_not_exist_is_a_usage_error(engine: Engine, image: str, job: Job) -> None:
    step = run_action(engine, image, job, {"command": "nonsense"}, token=TOKEN)
    assert step.exit_code == 2
    assert "nonsense" in step.log
    assert TOKEN not in step.log
