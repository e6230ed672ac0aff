import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatebot.worker import user_code


@pytest.fixture(autouse=True)
def imports_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_a_file_finds_its_neighbours_and_the_root(tmp_path: Path) -> None:
    write(tmp_path, {"src/pipe_a.py": "import beside_a, top_a\n", "src/beside_a.py": "", "top_a.py": ""})
    assert user_code.load(str(tmp_path), "src/pipe_a.py").__name__ == "pipe_a"


def test_a_file_in_a_package_keeps_its_full_name(tmp_path: Path) -> None:
    write(tmp_path, {"pkg_a/__init__.py": "", "pkg_a/pipe.py": "from .other import X\n", "pkg_a/other.py": "X = 3\n"})
    module = user_code.load(str(tmp_path), "pkg_a/pipe.py")
    assert (module.__name__, module.X) == ("pkg_a.pipe", 3)


def test_a_file_called_like_the_standard_librarys_is_the_users(tmp_path: Path) -> None:
    write(tmp_path, {"antigravity.py": "MINE = True\n"})
    assert user_code.load(str(tmp_path), "antigravity.py").MINE


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pipe_b\.py"):
        user_code.load(str(tmp_path), "pipe_b.py")


def takes_two(rows: Any, seed: int) -> Any:
    return rows, seed


def takes_keywords(rows: Any, *, device: str = "cpu", **others: Any) -> Any:
    return rows, device, others


@pytest.mark.parametrize(("function", "gets"), [(takes_two, ("r", 1)), (takes_keywords, ("r", "cuda", {}))])
def test_arguments_are_those_that_the_signature_names(function: Any, gets: Any) -> None:
    offered = {"rows": "r", "seed": 1, "device": "cuda", "out": "o"}
    assert function(**user_code.chosen(function, offered, "f")) == gets


def test_a_parameter_that_nobody_offers_is_named() -> None:
    with pytest.raises(TypeError, match=r"train\(\) asks for seed"):
        user_code.chosen(takes_two, {"rows": 1}, "train")
