"""The workflows that init writes: linters have nothing to say, names match, what is uploaded is what is read."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatebot.baseline.store import Part
from gatebot.cli import artifact
from gatebot.discovery.workflows import ACTION, Job, workflows

ROOT = Path(__file__).parents[2]
OUT = "${{ runner.temp }}/gatebot"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c  # v8.0.1"
BIN = Path(sys.executable).parent
STYLE = "{extends: default, rules: {line-length: disable, document-start: disable, truthy: {check-keys: false}}}"
JOBS = {
    "one project": (Job("tickets"), False),
    "one project, forks": (Job("tickets"), True),
    "monorepo": (Job("prices", "models/prices/gatebot.yml", "trunk", single=False), False),
    "monorepo, forks": (Job("prices", "models/prices/gatebot.yml", "trunk", single=False), True),
}
ALL = pytest.mark.parametrize(("job", "forks"), JOBS.values(), ids=JOBS)


def _loaded(job: Job, *, forks: bool) -> dict[str, dict[str, Any]]:
    """YAML reads `on` as true."""
    loaded = {name: yaml.safe_load(text) for name, text in workflows(job, forks=forks).items()}
    return {
        name: {("on" if key is True else key): value for key, value in each.items()} for name, each in loaded.items()
    }


def _steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["zizmor", "--offline", "--no-progress", "--strict-collection"],
        ["yamllint", "--strict", "-d", STYLE],
    ],
    ids=lambda command: str(command[0]),
)
def test_linter_is_content(command: list[str], tmp_path: Path) -> None:
    files = []
    for number, (job, forks) in enumerate(JOBS.values()):
        for name, text in workflows(job, forks=forks).items():
            file = tmp_path / str(number) / ".github" / "workflows" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            files.append(str(file))
    done = subprocess.run([BIN / command[0], *command[1:], *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@ALL
def test_nothing_is_granted_by_default_and_every_action_is_pinned_as_in_ours(job: Job, forks: bool) -> None:
    ours = set(
        re.findall(
            r"uses: (\S+@[0-9a-f]{40}  # v\S+)",
            "".join(file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml")),
        )
    )
    for text in workflows(job, forks=forks).values():
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {}
        assert all("permissions" in each and "timeout-minutes" in each for each in workflow["jobs"].values())
        used = re.findall(r"^[ -]*uses: (\S+(?:  # v\S+)?)", text, re.MULTILINE)
        assert {each for each in used if each != ACTION} <= ours | {DOWNLOAD}


def test_the_action_is_named_as_in_the_readme() -> None:
    assert f"uses: {ACTION}" in (ROOT / "README.md").read_text()


@ALL
def test_no_placeholder_is_left(job: Job, forks: bool) -> None:
    assert not re.search(r"%[a-z_]+%", "".join(workflows(job, forks=forks).values()))


@ALL
def test_uploads_are_what_later_runs_look_for(job: Job, forks: bool) -> None:
    workflow = _loaded(job, forks=forks)[f"{job.name}.yml"]
    uploads = [step["with"] for step in _steps(workflow) if "upload-artifact" in step["uses"]]
    parts = [part for _ in workflow["jobs"] for part in artifact.FILES]
    assert [given["name"] for given in uploads] == [artifact.artifact_name(job.project, part) for part in parts]
    for given, part in zip(uploads, parts, strict=True):
        paths = given["path"].splitlines()
        assert os.path.commonpath(paths) == OUT
        assert all(any(f"{OUT}/{file}".startswith(path) for path in paths) for file in artifact.FILES[part])
        if part is Part.SNAPSHOT:
            assert not any("labels" in path for path in paths)


@ALL
def test_events_and_concurrency(job: Job, forks: bool) -> None:
    workflow = _loaded(job, forks=forks)[f"{job.name}.yml"]
    assert set(workflow["on"]) == {"pull_request", "merge_group", "push", "schedule"}
    assert {"ready_for_review", "edited", "opened", "synchronize", "reopened"} == set(
        workflow["on"]["pull_request"]["types"]
    )
    assert workflow["on"]["push"]["branches"] == [job.branch]
    assert workflow["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


@ALL
def test_whoever_may_write_a_status_leaves_none_pending(job: Job, forks: bool) -> None:
    for workflow in _loaded(job, forks=forks).values():
        for each in workflow["jobs"].values():
            if each["permissions"].get("statuses") == "write":
                last = each["steps"][-1]
                assert last["if"] == "always() && steps.gate.outcome != 'success'"
                assert [step["uses"] for step in each["steps"] if step.get("id") == "gate"] == [last["uses"]]
                assert last["with"]["command"] == "publish --finish"


@ALL
def test_no_job_is_called_as_the_status_is(job: Job, forks: bool) -> None:
    names = [each["name"] for workflow in _loaded(job, forks=forks).values() for each in workflow["jobs"].values()]
    assert not any(name.lower().startswith("gatebot") for name in names)


@pytest.mark.parametrize("job", [job for job, forks in JOBS.values() if forks])
def test_the_privileged_workflow_waits_for_the_other_by_its_name(job: Job) -> None:
    files = _loaded(job, forks=True)
    assert files[f"{job.name}-publish.yml"]["on"]["workflow_run"]["workflows"] == [files[f"{job.name}.yml"]["name"]]


@pytest.mark.parametrize("job", [job for job, forks in JOBS.values() if forks])
def test_a_forks_code_runs_where_nothing_can_be_written(job: Job) -> None:
    collect = _loaded(job, forks=True)[f"{job.name}.yml"]["jobs"]["collect"]
    assert set(collect["permissions"].values()) == {"read"}
    assert [step["with"]["command"] for step in collect["steps"] if step["uses"] == ACTION] == ["collect"]


@pytest.mark.parametrize("job", [job for job, forks in JOBS.values() if forks])
def test_whoever_reads_a_forks_evidence_may_write_nothing(job: Job) -> None:
    jobs = _loaded(job, forks=True)[f"{job.name}-publish.yml"]["jobs"]
    assert set(jobs["judge"]["permissions"].values()) == {"read"}
    assert [step["with"]["command"] for step in jobs["judge"]["steps"] if step["uses"] == ACTION] == ["judge"]
    commands = [step["with"]["command"] for step in jobs["publish"]["steps"] if step["uses"] == ACTION]
    assert commands == ["publish", "publish --finish"]
    [upload] = [step["with"] for step in jobs["judge"]["steps"] if "upload-artifact" in step["uses"]]
    [download] = [step["with"] for step in jobs["publish"]["steps"] if "download-artifact" in step["uses"]]
    assert upload["path"] == f"{download['path']}/report.json" == f"{OUT}/report.json"
    assert upload["name"] == download["name"]


@ALL
def test_jobs_with_foreign_events_check_out_nothing_of_the_pull_request(job: Job, forks: bool) -> None:
    for workflow in _loaded(job, forks=forks).values():
        if {"workflow_run", "issue_comment"} & set(workflow["on"]):
            refs = [step["with"].get("ref", "") for step in _steps(workflow) if "checkout" in step["uses"]]
            assert not any("head" in ref or "merge" in ref for ref in refs)


@ALL
def test_projects_of_a_monorepo_are_told_apart(job: Job, forks: bool) -> None:
    for workflow in _loaded(job, forks=forks).values():
        for step in _steps(workflow):
            if step["uses"] == ACTION and "config" in step["with"]:
                assert step["with"]["config"] == job.config
                assert step["with"].get("project") == (None if job.single else job.project)


@pytest.mark.whole
@ALL
def test_every_workflow_knows_the_one_that_leaves_baselines(job: Job, forks: bool) -> None:
    folder = ".github/workflows"
    gates = {artifact.gate_of(f"{folder}/{name}") for name in workflows(job, forks=forks)}
    assert gates == {f"{folder}/{job.name}.yml"}
