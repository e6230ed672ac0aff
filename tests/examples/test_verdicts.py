"""Every pull request of the examples gets the verdict that it deserves, for the right reason."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from examples.gate import Gate, run_gate
from examples.repository import example, examples
from tests.examples.conftest import Lay

ELSEWHERE = {"remote-data"}  # needs a server: test_remote_data.py
IN_THE_DEMO = {("digits", "more-trees"), ("digits", "skip-unlabelled")}  # test_demo.py
THOROUGH = {("digits", "scale-once"), ("tickets", "short-vocabulary")}  # more of the same, and slow
SEEDS = 20
EXIT_CODES = {"pass": 0, "blocked": 1}


def cases() -> list[Any]:
    found = []
    for source in examples():
        for name in source.changes:
            if source.name not in ELSEWHERE and (source.name, name) not in IN_THE_DEMO:
                mark = pytest.mark.simulation if (source.name, name) in THOROUGH else pytest.mark.examples
                found.append(pytest.param(source.name, name, marks=mark, id=f"{source.name}-{name}"))
    return found


def outcomes(gate: Gate) -> Mapping[tuple[str, str | None], str]:
    """Outcome of each measure by metric and slice."""
    return {(each["metric"], each["slice"]): each["outcome"] for each in gate.report["measures"]}


@pytest.mark.parametrize(("name", "pull"), cases())
def test_a_pull_request_gets_its_verdict(name: str, pull: str, lay: Lay, tmp_path: Path) -> None:
    repository, change = lay(name, tmp_path / name), example(name).changes[pull]
    repository.open_pull(change)
    gate = run_gate(repository.folder, "--quiet")
    assert gate.verdict == change.verdict, gate.said
    assert gate.exit_code == EXIT_CODES[change.verdict]
    assert gate.report["base"]["source"], "main's own evidence is used, and nothing of base is trained again"
    assert gate.report["costs"]["base_trainings"] == 0
    if change.found_by:
        assert set(change.found_by) <= gate.found
    else:
        assert not gate.found


@pytest.mark.examples
def test_what_a_slice_suffers_does_not_show_in_the_whole(lay: Lay, tmp_path: Path) -> None:
    repository = lay("llm-scores", tmp_path / "llm-scores")
    repository.open_pull(example("llm-scores").changes["no-code"])
    gate = run_gate(repository.folder, "--quiet")
    assert outcomes(gate)["helpfulness", None] != "worse"
    assert outcomes(gate)["helpfulness", "topic=code"] == "worse"
    assert gate.found == {"model.slices"}


@pytest.mark.examples
@pytest.mark.parametrize(("name", "pull"), [("llm-scores", "drop-timeouts"), ("ship-fuel", "drop-unreported")])
def test_lost_rows_block_although_no_metric_is_worse(name: str, pull: str, lay: Lay, tmp_path: Path) -> None:
    repository = lay(name, tmp_path / name)
    repository.open_pull(example(name).changes[pull])
    gate = run_gate(repository.folder, "--quiet")
    assert gate.found == {"code.output_shape"}
    assert "worse" not in outcomes(gate).values()


@pytest.mark.simulation
@pytest.mark.parametrize("number", range(SEEDS))
def test_the_demo_passes_whatever_the_seeds(number: int, tmp_path: Path) -> None:
    from examples.repository import Repository

    source = example("digits")
    repository = Repository.create(source, tmp_path / "digits", project=f"digits-{number}")
    assert run_gate(repository.folder, "--as-baseline", "--quiet").exit_code == 0
    repository.open_pull(source.changes["more-trees"])
    gate = run_gate(repository.folder, "--quiet")
    assert (gate.exit_code, gate.verdict, gate.found) == (0, "pass", frozenset())
