"""action.yml promises what the program reads and writes: the same inputs, defaults and outputs."""

import os
import re
from pathlib import Path

import pytest
import yaml

from gatebot.cli import action, artifact

ROOT = Path(__file__).parents[2]
OUT = "${{ runner.temp }}/gatebot"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
README = (ROOT / "README.md").read_text()
CLI = "".join(file.read_text() for file in sorted((ROOT / "gatebot/cli").rglob("*.py")))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/gatebot.yml").read_text())

INPUTS = {
    "config": "gatebot.yml",
    "command": "run",
    "project": "",
    "token": "${{ github.token }}",
    "comment": "on-change",
    "baseline": "",
}
OUTPUTS = ["verdict", "priority", "report", "comment-url", "baseline-sha"]


def test_inputs_and_their_defaults_are_a_contract() -> None:
    assert {name: given["default"] for name, given in ACTION["inputs"].items()} == INPUTS


def test_outputs_are_a_contract() -> None:
    assert list(ACTION["outputs"]) == OUTPUTS


def test_every_input_can_be_left_out() -> None:
    assert not any(given["required"] for given in ACTION["inputs"].values())


@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_everything_is_described_in_a_sentence(part: str) -> None:
    for name, given in ACTION[part].items():
        assert given["description"].endswith("."), name


def test_program_reads_every_input_and_no_other() -> None:
    asked = set(re.findall(r'action_input\(environ, "([^"]+)"', CLI))
    assert asked | {name for names in action._OPTIONS.values() for name in names} == set(INPUTS)


def test_program_writes_every_output_and_no_other() -> None:
    written = re.findall(r"write_outputs\(\s*environ,\s*\{(.*?)\}", CLI, re.DOTALL)
    names = [re.findall(r'"([^"]+)":', each) for each in written]
    assert OUTPUTS in names
    assert {name for each in names for name in each} == set(OUTPUTS)


def test_own_workflow_uploads_what_the_program_looks_for() -> None:
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "upload-artifact" in step["uses"]]
    uploads = {step["with"]["name"]: step["with"]["path"].splitlines() for step in steps}
    assert list(uploads) == [artifact.artifact_name("digits", part) for part in artifact.FILES]
    for paths, files in zip(uploads.values(), artifact.FILES.values(), strict=True):
        assert os.path.commonpath(paths) == OUT
        assert [file for file in files if not any(f"{OUT}/{file}".startswith(path) for path in paths)] == []


def test_cli_and_action_are_one_program() -> None:
    assert ACTION["runs"]["using"] == "docker"
    assert ACTION["runs"]["args"] == ["action"]
    assert "entrypoint" not in ACTION["runs"]


@pytest.mark.skipif(not README, reason="the README is not written yet")
@pytest.mark.parametrize("name", [*INPUTS, *OUTPUTS])
def test_readme_names_it(name: str) -> None:
    assert f"`{name}`" in README


def test_own_workflow_gives_inputs_that_exist() -> None:
    given = [step["with"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if step["uses"] == "./"]
    assert given
    assert all(set(inputs) <= set(INPUTS) for inputs in given)


def test_own_workflow_gates_an_example_that_exists() -> None:
    given = [step["with"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if step["uses"] == "./"]
    configs = [inputs["config"] for inputs in given if "config" in inputs]
    assert configs
    assert all((ROOT / config).is_file() for config in configs)


def test_own_workflow_leaves_no_status_pending() -> None:
    for job in WORKFLOW["jobs"].values():
        last = job["steps"][-1]
        assert last["with"]["command"] == "publish --finish"
        assert last["if"] == "${{ always() && steps.gate.outcome != 'success' }}"
        assert [step["uses"] for step in job["steps"] if step.get("id") == "gate"] == [last["uses"]]
        assert job["permissions"]["statuses"] == "write"
