"""action.yml promises what the program reads and writes: the same inputs, defaults and outputs."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
README = (ROOT / "README.md").read_text()
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


def test_program_declares_the_same() -> None:
    declared = pytest.importorskip("gatebot.cli.action", reason="the command line is not written yet")
    assert dict(declared.INPUTS) == {**INPUTS, "token": ""}
    assert list(declared.OUTPUTS) == OUTPUTS


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
    assert all((ROOT / inputs["config"]).is_file() for inputs in given)
