"""The tools of the trade have nothing to say about action.yml, the workflows and the Dockerfile."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
YAML = ["action.yml", ".github"]
STYLE = "{extends: default, rules: {line-length: disable, document-start: disable, truthy: {check-keys: false}}}"


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)],
        ["check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"],
        ["zizmor", "--offline", "--no-progress", "--strict-collection", *YAML],
        ["yamllint", "--strict", "-d", STYLE, *YAML],
        ["hadolint", "--failure-threshold", "style", "Dockerfile"],
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_linter_is_content(command: list[str]) -> None:
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_workflows() -> None:
    assert {file.stem for file in WORKFLOWS} >= {"test", "release", "gatebot"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_grants_nothing_by_default_and_pins_every_action(file: Path) -> None:
    text = file.read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert all("permissions" in job and "timeout-minutes" in job for job in workflow["jobs"].values())
    loose = [
        used
        for used, rest in re.findall(r"^[ -]*uses: (\S+)(.*)", text, re.MULTILINE)
        if not (used == "./" or (re.search(r"@[0-9a-f]{40}$", used) and re.match(r"  # v\d+\.\d+\.\d+", rest)))
    ]
    assert loose == []


def test_same_action_has_the_same_version_everywhere() -> None:
    used = re.findall(r"uses: (\S+)@([0-9a-f]{40})", "".join(file.read_text() for file in WORKFLOWS))
    assert len({name for name, _ in used}) == len(set(used))
