"""Every pull request of the examples gets the verdict that it deserves, for the right reason."""

from pathlib import Path
from typing import Any

import pytest

from examples.gate import run_gate
from examples.repository import Repository, example, examples
from tests.examples.conftest import Lay

ELSEWHERE = {"remote-data"}  # needs a server: test_remote_data.py
IN_THE_DEMO = {("digits", "more-trees"), ("digits", "skip-unlabelled")}  # test_demo.py
THOROUGH = {("breast-cancer", "sort-columns"), ("digits", "scale-once"), ("tickets", "short-vocabulary")}  # slow
SILENT = {  # what is wrong does not make these overall metrics worse, so that another check has to see it
    ("llm-scores", "drop-timeouts"): ("helpfulness", "honesty"),
    ("llm-scores", "no-code"): ("helpfulness", "honesty"),
    ("ship-fuel", "drop-unreported"): ("mae", "rmse"),
    ("tickets", "trim-transcripts"): ("accuracy",),
}
SEEDS = 20
EXIT_CODES = {"pass": 0, "blocked": 1}


def cases() -> list[Any]:
    found = []
    for source in examples():
        for name in source.changes:
            if source.name not in ELSEWHERE and (source.name, name) not in IN_THE_DEMO:
                mark = pytest.mark.simulation if (source.name, name) in THOROUGH else pytest.mark.whole
                found.append(pytest.param(source.name, name, marks=mark, id=f"{source.name}-{name}"))
    return found


@pytest.mark.parametrize(("name", "pull"), cases())
def test_a_pull_request_gets_its_verdict(name: str, pull: str, lay: Lay, tmp_path: Path) -> None:
    repository, change = lay(name, tmp_path / name), example(name).changes[pull]
    repository.open_pull(change)
    gate = run_gate(repository.folder, "--quiet")
    assert gate.verdict == change.verdict, gate.said
    assert gate.exit_code == EXIT_CODES[change.verdict]
    assert gate.report["base"]["source"], "main's own evidence is used, and nothing of base is trained again"
    assert gate.report["costs"]["base_trainings"] == 0
    assert set(change.found_by) <= gate.found
    assert bool(gate.found) == bool(change.found_by)
    overall = {each["metric"]: each["outcome"] for each in gate.report["measures"] if each["slice"] is None}
    for metric in SILENT.get((name, pull), ()):
        assert overall[metric] != "worse"


@pytest.mark.simulation
@pytest.mark.parametrize("number", range(SEEDS))
def test_the_demo_passes_whatever_the_seeds(number: int, tmp_path: Path) -> None:
    source = example("digits")
    repository = Repository.create(source, tmp_path / "digits", project=f"digits-{number}")
    assert run_gate(repository.folder, "--as-baseline", "--quiet").exit_code == 0
    repository.open_pull(source.changes["more-trees"])
    gate = run_gate(repository.folder, "--quiet")
    assert (gate.exit_code, gate.verdict, gate.found) == (0, "pass", frozenset())
