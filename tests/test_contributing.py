"""CONTRIBUTING.md tells the truth: its example is a check, and its test passes."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatebot.checks.check import Check
from tests.checks import worlds

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
CHECK_TEXT, TEST_TEXT = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def _module(name: str, text: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(text, f"CONTRIBUTING.md:{name}", "exec"), module.__dict__)  # noqa: S102  # our own documentation
    return module


def test_the_example_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    check: Check = _module("shrunk", CHECK_TEXT).CHECK
    found: Callable[[str], Check] = {check.id: check}.__getitem__
    monkeypatch.setattr(worlds, "check_named", found)
    tests: dict[str, Any] = {
        name: each for name, each in vars(_module("test", TEST_TEXT)).items() if name[:5] == "test_"
    }
    tests["test_lost_rows_are_found"]()
    for name in worlds.HARMLESS:
        tests["test_harmless_changes_pass"](name)
    assert len(tests) == 2
    assert check.id == "data.shrunk"


def test_the_files_that_it_names_are_there() -> None:
    root = Path(__file__).parents[1]
    named = re.findall(r"`((?:gatebot|tests)/[\w/]+\.py)`", TEXT)
    missing = {name for name in named if not (root / name).exists()}
    assert missing == {"gatebot/checks/data/shrunk.py", "gatebot/x/y.py", "tests/x/test_y.py"}
