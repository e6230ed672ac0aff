"""The same question gets the same answer: when it is asked again, and from what was stored."""

from pathlib import Path
from typing import Any

import pytest

from examples.gate import run_gate
from examples.repository import example
from gatebot.decide.judge import judge
from gatebot.run.output import report_json, stored_case
from tests.examples.conftest import Lay

PULLS = [("llm-scores", "no-code"), ("ship-fuel", "metres-per-second")]
ABOUT_THE_RUN = ("generated_at", "costs")


def said(report: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on when and how fast it was said."""
    kept = {name: value for name, value in report.items() if name not in ABOUT_THE_RUN}
    return kept | {"base": {name: value for name, value in report["base"].items() if name != "age_s"}}


@pytest.mark.whole
@pytest.mark.parametrize(("name", "pull"), PULLS)
def test_the_same_again(name: str, pull: str, lay: Lay, tmp_path: Path) -> None:
    repository = lay(name, tmp_path / name)
    repository.open_pull(example(name).changes[pull])
    first, second = (run_gate(repository.folder, "--quiet", out=tmp_path / out) for out in ("first", "second"))
    assert said(first.report) == said(second.report)
    for gate in (first, second):
        judged = judge(stored_case(gate.out / "head", gate.out / "base"))
        assert report_json(judged) == (gate.out / "report.json").read_text()
