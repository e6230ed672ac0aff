"""One door to processes: what a child gets is what is written, and the source has no other door."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatebot.core import processes
from gatebot.errors import MachineError

PACKAGE = Path(processes.__file__).parents[1]
SHOW = "import os, sys; print(os.getcwd(), sorted(os.environ), sorted(os.listdir('/proc/self/fd')), sep='|')"

STARTERS = {
    "subprocess": {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"},
    "os": {"fork", "forkpty", "system", "popen", "posix_spawn", "posix_spawnp", "startfile"},
    "pty": {"fork", "spawn"},
    "platform": {"processor", "uname"},  # ask a program of the PATH
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
}
FORBIDDEN_MODULES = {"multiprocessing", "pty", "concurrent.futures.process"}
ELSEWHERE = {"core/processes.py", "sandbox/launcher.py"}
"""The door itself, and the process behind it that becomes the user's command: it imports nothing of ours."""
INSIDE = ("worker/",)
"""What runs in the user's interpreter, in the sandbox."""


def starts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of everything that starts a process."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module in FORBIDDEN_MODULES:
                yield node.lineno, module
            for alias in node.names:
                if alias.name in STARTERS.get(module, ()) or alias.name == "ProcessPoolExecutor":
                    yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = node.value.id, node.attr
            started = name in STARTERS.get(module, ()) or (module == "os" and name.startswith(("exec", "spawn")))
            if started or name == "ProcessPoolExecutor":
                yield node.lineno, f"{module}.{name}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_else_starts_a_process(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if name in ELSEWHERE or name.startswith(INSIDE):
        return
    assert list(starts(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['x'])",
        "from subprocess import Popen",
        "import os\nos.execv('x', [])",
        "import os\nos.system('x')",
        "import os\nif os.fork(): pass",
        "import multiprocessing",
        "from concurrent.futures import ProcessPoolExecutor",
        "import platform\nplatform.processor()",
        "import asyncio\nasyncio.create_subprocess_exec('x')",
    ],
)
def test_the_walk_sees_a_start(source: str) -> None:
    assert list(starts(ast.parse(source)))


def test_a_child_gets_nothing_that_is_not_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "x")
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "show.py"
    script.write_text(SHOW)
    kept = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        done = processes.run(processes.own_python(script), env={"LC_ALL": "C.UTF-8"}, timeout_s=20)
    finally:
        os.close(kept)
    cwd, names, descriptors = done.stdout.decode().strip().split("|")
    assert (cwd, names) == ("/", "['LC_ALL']")
    assert descriptors == "['0', '1', '2', '3']"  # the last is the listing itself


@pytest.mark.parametrize("name", ["numpy.py", "json.py", "sitecustomize.py", "usercustomize.py", "gatebot/__init__.py"])
def test_our_own_interpreter_imports_nothing_of_where_it_starts(tmp_path: Path, name: str) -> None:
    script, ran = tmp_path / "own" / "script.py", tmp_path / "ran"
    script.parent.mkdir()
    script.write_text("import json, numpy, gatebot")
    planted = tmp_path / name
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"open({str(ran)!r}, 'w')")
    hostile = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(planted), "PYTHONUSERBASE": str(tmp_path)}
    done = processes.run(processes.own_python(script), env=hostile, timeout_s=60)
    assert done.returncode == 0, done.stderr
    assert not ran.exists()


@pytest.mark.parametrize("name", ["git", "./git", "bin/git"])
def test_a_relative_program_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not an absolute path"):
        processes.start([name], env={})


def test_a_program_is_looked_for_in_the_systems_folders_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sh", "only-here"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert Path(processes.program("sh", str(tmp_path))).parent != tmp_path
    assert processes.program("only-here", str(tmp_path)) == str(tmp_path / "only-here")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MachineError, match="only-here is not installed"):
        processes.program("only-here", ".:")


def test_what_takes_too_long_is_dead_afterwards() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run((sys.executable, "-c", "import time; time.sleep(60)"), env={}, timeout_s=0.3)
