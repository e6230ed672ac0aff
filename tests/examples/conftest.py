"""Each example's main branch, gated once and shared by all tests, also those in other processes."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from examples.gate import run_gate
from examples.repository import Repository, example

Lay = Callable[[str, Path], Repository]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, whichever of its processes asks."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "examples"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lay(shared: Path) -> Lay:
    """Lays a copy of an example's repository out, with the baseline that main's own run has left."""

    def laid(name: str, folder: Path) -> Repository:
        home, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(home, ignore_errors=True)
                gate = run_gate(Repository.create(example(name), home).folder, "--as-baseline", "--quiet")
                assert gate.exit_code == 0, gate.said
                done.touch()
        return Repository(Path(shutil.copytree(home, folder, symlinks=True)))

    return laid
