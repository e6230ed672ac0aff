"""CONTRIBUTING.md tells the truth: its examples are a check and a kind of evidence, and keep the contracts."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatebot import evidence
from gatebot.checks.check import Check
from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Level, Priority
from gatebot.decide.policy.risk import MATRIX
from gatebot.evidence.column import MAX_TEXT
from gatebot.evidence.kind import Kind
from gatebot.evidence.need import Side
from gatebot.evidence.registry import all_kinds
from tests import test_contracts
from tests.checks import worlds
from tests.evidence import test_kinds
from tests.evidence.examples import EXAMPLES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
CHECK_TEXT, TEST_TEXT, NEED_TEXT, VALUE_TEXT, KIND_TEXT, ENTRY_TEXT, READ_TEXT, PLANT_TEXT = BLOCKS


def _module(name: str, text: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(text, f"CONTRIBUTING.md:{name}", "exec"), module.__dict__)  # noqa: S102  # our own documentation
    return module


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Check:
    """The check, with its test where the contract looks for it."""
    found: Check = _module("shrunk", CHECK_TEXT).CHECK
    by_id: Callable[[str], Check] = {found.id: found}.__getitem__
    monkeypatch.setattr(worlds, "check_named", by_id)
    name = "tests.checks.data.test_shrunk"
    monkeypatch.setitem(sys.modules, name, _module(name, TEST_TEXT))
    return found


def test_the_check_passes_its_own_test(check: Check) -> None:
    module = sys.modules["tests.checks.data.test_shrunk"]
    tests: dict[str, Any] = {name: each for name, each in vars(module).items() if name[:5] == "test_"}
    tests["test_lost_rows_are_found"]()
    for name in worlds.HARMLESS:
        tests["test_harmless_changes_pass"](name)
    assert len(tests) == 2
    assert check.id == "data.shrunk"


def test_the_check_keeps_the_contract_of_its_fault(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    test_contracts.test_the_docstring_is_a_title_a_reason_and_a_cure(check)
    test_contracts.test_every_option_is_described_and_has_a_default(check)
    test_contracts.test_a_relative_check_needs_base_and_no_other_does(check)
    test_contracts.test_no_evidence_makes_it_raise_and_the_same_says_the_same(check, test_contracts.ITS_FAULT)
    test_contracts.test_what_is_said_has_all_its_facts(check, test_contracts.ITS_FAULT)
    test_contracts.test_it_finds_its_fault_and_says_it_whole(check)
    test_contracts.test_it_is_silent_in_a_harmless_world(check)
    test_contracts.test_it_changes_nothing_that_it_sees(check)
    test_contracts.test_it_touches_nothing_outside(check, monkeypatch)


def test_the_check_and_its_test_are_about_forty_lines() -> None:
    assert sum(bool(line.strip()) for line in (CHECK_TEXT + TEST_TEXT).splitlines()) <= 45


def test_what_it_says_of_priorities_holds() -> None:
    assert "`MEDIUM` x `MEDIUM` is P2" in TEXT
    assert MATRIX[Level.MEDIUM, Level.MEDIUM] is Priority.P2
    assert "P0 and P1 block, P2 and P3 warn, and P4 is only a note" in " ".join(TEXT.split())
    assert (Policy().block, Policy().warn, Policy().note) == (("P0", "P1"), ("P2", "P3"), ("P4",))


def test_what_it_counts_is_so() -> None:
    assert "more than twenty" in TEXT
    assert len(worlds.HARMLESS) > 20
    lengths = sorted(len(path.read_text().splitlines()) for path in (ROOT / "gatebot").rglob("*.py"))
    assert "half of the files have less than 100 lines, and few more than 200" in " ".join(TEXT.split())
    assert lengths[len(lengths) // 2] < 100
    assert lengths[len(lengths) * 4 // 5] <= 200
    assert f"more than {MAX_TEXT:,} characters is shortened" in TEXT


@pytest.fixture
def model_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The kind as a folder that the registry finds, with its entry among the examples."""
    folder, name = tmp_path / "model_card", "gatebot.evidence.model_card"
    folder.mkdir()
    for file, text in (("need.py", NEED_TEXT), ("value.py", VALUE_TEXT), ("__init__.py", KIND_TEXT)):
        (folder / file).write_text(text)
    monkeypatch.setattr(evidence, "__path__", [*evidence.__path__, str(tmp_path)])
    all_kinds.cache_clear()
    try:
        module = import_module(name)
        monkeypatch.setattr(test_kinds, "KINDS", all_kinds())
        for kind, example in eval(f"{{{ENTRY_TEXT}}}", {**vars(module), "Side": Side}).items():  # noqa: S307  # our own
            monkeypatch.setitem(EXAMPLES, kind, example)
        yield module
    finally:
        for each in (name, f"{name}.need", f"{name}.value"):
            sys.modules.pop(each, None)
        vars(evidence).pop("model_card", None)
        all_kinds.cache_clear()


def test_the_kind_keeps_the_contract_of_kinds(model_card: ModuleType) -> None:
    assert all_kinds()["model_card"] is model_card.KIND
    test_kinds.test_every_kind_has_an_example_and_only_real_kinds_do()
    held = [
        test
        for name, test in vars(test_kinds).items()
        if name.startswith("test_") and list(signature(test).parameters) == ["name"]
    ]
    assert len(held) > 5
    for test in held:
        test("model_card")


def test_the_kind_has_one_key_and_no_parameters(model_card: ModuleType) -> None:
    head, base = model_card.ModelCard(Side.HEAD), model_card.ModelCard(Side.BASE)
    assert head.key == base.key
    assert head.key.startswith("model_card-")
    assert head.parameters == {}
    assert head.optional


@pytest.mark.parametrize(
    ("size", "title", "flaws"),
    [(120, "# Router", 0), (-1, "", 1), (10**6, "", 1), (9, "x" * 201, 1), (9, "a\nb", 1), (-1, "a\rb", 2)],
)
def test_the_kind_tells_what_is_wrong(model_card: ModuleType, size: int, title: str, flaws: int) -> None:
    assert len(list(model_card.CardText(size, title).flaws())) == flaws


@pytest.mark.parametrize(
    ("content", "title"),
    [(b"# Router\nIt routes.", "# Router"), (b"", ""), (b"\xff\r\nb", "\ufffd"), (b"x" * 300, "x" * 200)],
)
def test_the_kind_is_collected_from_the_file(model_card: ModuleType, content: bytes, title: str) -> None:
    class Session:
        def read_file(self, side: Side, path: str, most: int) -> bytes:
            assert (side, path) == (Side.BASE, "MODEL_CARD.md")
            assert len(content) <= most
            return content

    kind: Kind[Any, Any] = model_card.KIND
    found = kind.collect(model_card.ModelCard(Side.BASE), Session())  # type: ignore[arg-type]
    assert (found.size, found.title) == (len(content), title)
    assert not list(found.flaws())


def test_a_check_reads_what_its_test_plants(model_card: ModuleType) -> None:
    names: dict[str, Any] = {**vars(model_card), "Side": Side, "world": worlds.world}
    exec(PLANT_TEXT, names)  # noqa: S102  # our own documentation
    for what, card in ((names["planted"], model_card.CardText(0, "")), (worlds.world(), None)):
        names["comparison"] = what.comparison()
        exec(READ_TEXT, names)  # noqa: S102
        assert names["card"] == card


def test_the_files_that_it_names_are_there() -> None:
    named = re.findall(r"`((?:gatebot|tests)/[\w/]+\.py)`", TEXT)
    missing = {name for name in named if not (ROOT / name).exists()}
    kind = {f"gatebot/evidence/model_card/{name}.py" for name in ("need", "value", "__init__")}
    assert missing == {"gatebot/checks/data/shrunk.py", "gatebot/x/y.py", "tests/x/test_y.py"} | kind
