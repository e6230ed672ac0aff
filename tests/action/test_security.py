"""SECURITY.md says what the sandbox really does."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_levels_are_those_that_the_sandbox_describes() -> None:
    module = ast.parse((ROOT / "gatebot/sandbox/isolation.py").read_text())
    described = rows(ast.get_docstring(module) or "")
    security = (ROOT / "SECURITY.md").read_text()
    said = security.partition("<!-- levels: begin -->")[2].partition("<!-- levels: end -->")[0]
    assert rows(said) == described
    assert len(described) > 5
