"""A Python in a folder that only its owner may enter."""

import os
import py_compile
import sys
from pathlib import Path

import pytest

from gatebot.collect import collect, interpreter_copy
from gatebot.collect.cache import Cache
from gatebot.collect.interpreter import at, found
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import FULL, document, job, repository, rich_python

FIT = Fit(Side.HEAD)


def test_a_path_is_open_only_if_every_folder_above_it_is(open_path: Path) -> None:
    (open_path / "a/b").mkdir(parents=True)
    assert interpreter_copy.is_open(open_path / "a/b")
    (open_path / "a").chmod(0o700)
    assert not interpreter_copy.is_open(open_path / "a/b")
    (open_path / "link").symlink_to("a/b")
    assert not interpreter_copy.is_open(open_path / "link")


def test_an_open_cache_is_used_as_it_is(open_path: Path) -> None:
    assert interpreter_copy.open_place(open_path / "cache") == open_path / "cache"


def test_only_where_a_python_lives_is_granted(tmp_path: Path) -> None:
    """A recipe could name any path as its Python."""
    program = tmp_path / "secrets/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    interpreter = found(str(program), {}, tmp_path)
    assert interpreter is not None
    assert interpreter.readable == ()
    own = found(sys.executable, {}, tmp_path)
    assert own is not None
    assert Path(sys.prefix).resolve() in own.readable
    assert found("no-such-python", {"PATH": "/usr/bin"}, tmp_path) is None
    assert found(str(tmp_path), {}, tmp_path) is None


@pytest.mark.skipif(not FULL, reason="needs full isolation")
def test_a_closed_virtual_environment_runs_under_another_user(open_path: Path, shared_cache: Path) -> None:
    closed = open_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "venv/bin").mkdir(parents=True)
    real = Path(rich_python())
    (closed / "venv/bin/python").symlink_to(real.resolve())
    (closed / "venv/pyvenv.cfg").write_text(f"home = {real.resolve().parent}\ninclude-system-site-packages = false\n")
    prepared_side = closed / f"venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    prepared_side.mkdir(parents=True)
    (prepared_side / "inside.py").write_text("VALUE = 41\n")
    code = """
import inside, json, sys
def train(rows):
    print(inside.VALUE, sys.prefix == sys.base_prefix)
    return 1
"""
    root = repository(open_path / "repo", {"pipeline.py": code})
    config = document(smoke={"python": str(closed / "venv/bin/python")})
    training = collect([FIT], job(root, shared_cache, config))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert (training.effects.ended, training.effects.log_tail) == (Ending.OK, ("41 False",))


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_bytecode_is_mirrored_and_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """Without it, each process of user code would compile all that it imports."""
    if not links:
        monkeypatch.setattr("gatebot.collect.files._linked", lambda *_: False)
    home = tmp_path / "closed/py"
    (home / "bin").mkdir(parents=True)
    (home / "bin/python3").symlink_to("/usr/bin/env")
    module = home / "lib/python3.11/module.py"
    module.parent.mkdir(parents=True)
    module.write_text("VALUE = 1\n")
    os.utime(module, (1_000_000_000, 1_000_000_000))
    compiled = Path(py_compile.compile(str(module), doraise=True) or "")
    compiled.with_name("other.cpython-311.pyc.140112").write_bytes(b"half")
    (tmp_path / "closed").chmod(0o700)
    folders = Cache(tmp_path / "cache")
    made = interpreter_copy._mirrored(folders, home, frozenset())
    copy = made / "lib/python3.11/module.py"
    held = (made / "lib/python3.11/__pycache__" / compiled.name).read_bytes()
    assert int.from_bytes(held[8:12], "little") == int(copy.stat().st_mtime)
    assert [path.name for path in copy.parent.rglob("*.pyc*")] == [compiled.name]


def test_an_interpreter_that_all_can_reach_needs_no_mirror(tmp_path: Path) -> None:
    system = Path("/usr/bin/python3")
    if not system.exists():
        pytest.skip("there is no system Python here")
    assert interpreter_copy.opened(at(system), tmp_path) == at(system)
    assert list(tmp_path.iterdir()) == []
