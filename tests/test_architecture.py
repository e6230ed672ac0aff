"""ARCHITECTURE.md tells the truth: its import table is parsed and every import is held against it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gatebot"
TEXT = (ROOT / "ARCHITECTURE.md").read_text()


def allowed() -> dict[str, set[str]]:
    block = re.search(r"```imports\n(.*?)```", TEXT, re.DOTALL)
    assert block is not None
    table = {}
    for line in block[1].splitlines():
        room, _, others = line.partition("→")
        table[room.strip()] = {other.strip() for other in others.split(",") if other.strip()}
    return table


def rooms() -> set[str]:
    named = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return named - {"__init__", "__main__"}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "cli" if first == "__main__" else first


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of everything of ours that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "gatebot":
            names = [f"gatebot.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module)]
        elif isinstance(node, ast.ImportFrom):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts[: -node.level]
            names = [".".join([*parts, node.module or alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            parts_of_name = name.split(".")
            if parts_of_name[0] == "gatebot" and len(parts_of_name) > 1 and parts_of_name[1] in rooms():
                yield node.lineno, parts_of_name[1]


def test_the_table_names_every_room_once_and_no_other() -> None:
    assert set(allowed()) == rooms()


def test_every_room_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE))))
    assert described == rooms()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_the_way_that_the_table_says(path: Path) -> None:
    room = room_of(path)
    may = allowed().get(room, set()) | {room}
    wrong = [f"line {line}: {room} imports {other}" for line, other in imports(path) if other not in may]
    assert not wrong or "*" in may


def test_the_table_has_no_circle() -> None:
    table = {room: others for room, others in allowed().items() if "*" not in others}
    placed: set[str] = set()
    while table:
        free = {room for room, others in table.items() if others <= placed}
        assert free, f"a circle among {sorted(table)}"
        placed |= free
        table = {room: others for room, others in table.items() if room not in free}
