"""What runs the gate is found through everything that it calls."""

from pathlib import Path

import pytest

from gatebot.repository.git import Repository
from gatebot.run.context.gate_files import gate_files
from tests.cli.laptop import commit, repository

GATE = ".github/workflows/gate.yml"
USES = "jobs:\n  x:\n    steps:\n      - uses: "
FILES = {
    GATE: "jobs:\n  gate:\n    uses: ./.github/workflows/inner.yml\n",
    ".github/workflows/inner.yml": f"{USES}'./ci/prepare'\n{USES}acme/gatebot@v1\n",
    ".github/workflows/tests.yml": f"{USES}./ci/prepare\n",
    ".github/workflows/wrapped.yml": f"{USES}./ci/wrapped\n",
    ".github/workflows/flow.yml": "jobs: {a: {steps: [{'uses': ./ci/flowing}]}}\n",
    "ci/flowing/action.yml": "runs: {using: composite, steps: [{uses: acme/gatebot@v1}]}\n",
    ".github/workflows/round.yml": "jobs:\n  a:\n    uses: ./.github/workflows/round.yml\n",
    "ci/prepare/action.yml": "runs:\n  steps:\n    - uses: ./ci/deep\n",
    "ci/deep/action.yaml": "runs: {using: composite}\n",
    "ci/wrapped/action.yml": "runs:\n  steps:\n    - uses: acme/gatebot@v1\n",
    "ci/other/action.yml": "runs: {using: composite}\n",
}


@pytest.fixture
def found(tmp_path: Path) -> frozenset[str]:
    root = repository(tmp_path / "tiny", FILES)
    return gate_files(Repository(root), commit(root, {}))


def test_a_workflow_that_names_it_and_all_that_it_calls(found: frozenset[str]) -> None:
    assert {GATE, ".github/workflows/inner.yml", "ci/prepare/", "ci/deep/"} <= found


def test_a_workflow_that_calls_what_names_it(found: frozenset[str]) -> None:
    assert {".github/workflows/wrapped.yml", "ci/wrapped/"} <= found
    assert {".github/workflows/flow.yml", "ci/flowing/"} <= found


def test_nothing_else(found: frozenset[str]) -> None:
    assert not {".github/workflows/tests.yml", ".github/workflows/round.yml", "ci/other/"} & found


def test_this_jobs_own_workflow_is_the_gates_whatever_it_says(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", {**FILES, ".github/workflows/plain.yml": "jobs: {}\n"})
    sha = commit(root, {})
    assert ".github/workflows/plain.yml" in gate_files(Repository(root), sha, [".github/workflows/plain.yml"])


def test_a_repository_without_workflows_has_none(tmp_path: Path) -> None:
    root = repository(tmp_path / "tiny", {"a.py": ""})
    assert gate_files(Repository(root), commit(root, {})) == frozenset()
