"""Which Python it is: itself, a virtual environment's, or the one behind a version manager's launcher."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatebot.collect import collect
from gatebot.collect.interpreter import found, user_path
from gatebot.errors import UsageError
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import document, job, repository

FIT = Fit(Side.HEAD)
REAL = Path(sys.executable).resolve()


def launcher(folder: Path, lines: str) -> dict[str, str]:
    """A PATH whose `python3` is a script, as version managers put it there."""
    shim = folder / "shims/python3"
    shim.parent.mkdir(parents=True)
    shim.write_text(f"#!/bin/sh\n{lines}\n")
    shim.chmod(0o755)
    return {"PATH": f"{shim.parent}:/usr/bin:/bin", "GITHUB_TOKEN": "secret"}


def test_the_python_behind_a_launcher_is_found(tmp_path: Path) -> None:
    environ = launcher(tmp_path, f'test -z "$GITHUB_TOKEN" && exec {REAL} "$@"')
    interpreter = found("python3", environ, tmp_path)
    assert interpreter is not None
    assert interpreter.python.resolve() == REAL
    assert REAL.parent.parent in interpreter.readable


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("3.11.7\n", "3.11.7"),
        ("team-env 3.12\n", "team-env"),
        ("../../evil\n", ""),
        ("/evil\n", ""),
        ("..\n", ""),
        ("\n", ""),
        ("\udcff", ""),
    ],
)
def test_a_project_may_name_a_version_and_no_path(tmp_path: Path, says: str, version: str) -> None:
    environ = launcher(tmp_path, f'echo "$PWD:$PYENV_VERSION" > {tmp_path}/seen; exec {REAL} "$@"')
    (tmp_path / "project/model").mkdir(parents=True)
    (tmp_path / "project/.python-version").write_bytes(says.encode("utf-8", "surrogateescape"))
    assert found("python3", environ, tmp_path / "project/model")
    assert (tmp_path / "seen").read_text() == f"/:{version}\n"


def test_a_version_file_that_is_none_holds_nobody_up(tmp_path: Path) -> None:
    environ = launcher(tmp_path, f'exec {REAL} "$@"')
    for name, make in (("pipe", os.mkfifo), ("zeros", lambda path: path.symlink_to("/dev/zero"))):
        (tmp_path / name).mkdir()
        make(tmp_path / name / ".python-version")
        assert found("python3", environ, tmp_path / name)


def test_a_path_that_a_recipe_names_is_never_asked(tmp_path: Path) -> None:
    launcher(tmp_path, f"touch {tmp_path}/started")
    interpreter = found("shims/python3", {}, tmp_path)
    assert interpreter is not None
    assert interpreter.readable == ()
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("on_path", ["{root}/bin", "bin", "{root}/linked", "{outside}"])
@pytest.mark.parametrize("asks", ["nobody", "base", "head"])
def test_a_program_that_a_commit_puts_on_the_path_is_never_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_path: str, asks: str
) -> None:
    script = f"#!/bin/sh\ntouch {tmp_path}/started\necho {REAL}\n"
    root = repository(tmp_path / "repo", {"bin/python3": script})
    (root / "bin/python3").chmod(0o755)
    (root / "linked").symlink_to("bin")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/python3").symlink_to(root / "bin/python3")
    monkeypatch.chdir(root)
    environ = {"PATH": f"{on_path.format(root=root, outside=tmp_path / 'outside')}:/usr/bin:/bin"}
    base = tmp_path / "base"
    base.mkdir()
    folders = {"nobody": (Path(), None), "base": (base, base), "head": (root, root)}
    with pytest.raises(UsageError, match="on the PATH is"):
        found("python3", environ, *folders[asks])
    assert not (tmp_path / "started").exists()


def test_user_code_is_offered_no_program_that_a_commit_has_put_on_the_path(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"bin/cp": "", "tools/deep/cp": ""})
    (root / "linked").symlink_to("bin")
    (root / ".venv/bin").mkdir(parents=True)
    (tmp_path / "outside").symlink_to(root / "tools")
    folders = [root, root / "bin", root / "tools", root / "linked", tmp_path / "outside", "bin", "", ".", tmp_path]
    path = ":".join(map(str, [*folders, root / ".venv/bin", "/usr/bin"]))
    assert user_path({"PATH": path}) == f"{tmp_path}:{root}/.venv/bin:/usr/bin"


@pytest.mark.whole
def test_training_runs_under_the_python_behind_a_launcher(open_path: Path, shared_cache: Path) -> None:
    environ = launcher(open_path, f'exec {REAL} "$@"')
    config = document(smoke={"python": "python3"})
    root = repository(
        open_path / "repo", {"pipeline.py": "import sys\ndef train(rows):\n    print(sys.executable)\n    return 1\n"}
    )
    training = collect([FIT], job(root, shared_cache, config, environ=environ))[Side.HEAD].get(FIT, Training)
    assert training is not None
    assert training.effects.ended is Ending.OK
    assert "shims" not in training.effects.log_tail[0]


@pytest.mark.parametrize("lines", ["echo not installed >&2; exit 127", "echo relative/python", "echo /no/such/python"])
def test_a_launcher_that_starts_nothing_is_refused_with_advice(open_path: Path, shared_cache: Path, lines: str) -> None:
    environ = launcher(open_path, lines)
    config = document(smoke={"python": "python3"})
    root = repository(open_path / "repo")
    with pytest.raises(UsageError, match="shims/python3, which is no Python and starts none") as refused:
        collect([FIT], job(root, shared_cache, config, environ=environ))
    assert "pyenv which python3" in refused.value.hint


def a_python(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(REAL)


CFG = f"home = {REAL.parent}\n"


@pytest.mark.parametrize(
    ("name", "tracked", "own"),
    [
        ("./bin/python", {"pyvenv.cfg": CFG}, True),  # the folder of the checkout as an environment
        ("./bin/python", {"lib/python3.11/os.py": ""}, True),
        ("env/bin/python", {"env/pyvenv.cfg": CFG}, True),  # a committed one
        ("env/bin/python", {"env/pyvenv.cfg": CFG, "env/lib/python3.11/site-packages/x.pth": "/"}, True),
        ("env/bin/python", {}, False),  # a developer's, or one that a step of the workflow made
        ("env/bin/python", {"pyvenv.cfg": CFG, ".gitignore": "env/"}, False),
    ],
)
def test_what_git_tracks_is_no_interpreter(tmp_path: Path, name: str, tracked: dict[str, str], own: bool) -> None:
    root = repository(tmp_path / "root", {"a.py": "", **tracked})
    a_python(root / name)
    if not own:
        (root / "env/pyvenv.cfg").write_text(CFG)
        interpreter = found(name, {}, root, root)
        assert interpreter is not None
        assert root / "env" in interpreter.readable
        return
    with pytest.raises(UsageError, match="which the repository itself holds or describes"):
        found(name, {}, root, root)


@pytest.mark.parametrize("kind", ["link", "submodule"])
def test_what_lies_behind_something_that_git_tracks_is_no_interpreter(tmp_path: Path, kind: str) -> None:
    """git lists no files of a submodule, and none behind a link, but a commit has put either there."""
    root = repository(tmp_path / "root", {"a.py": ""})
    there = root / "tools/py" if kind == "submodule" else tmp_path / "elsewhere/py"
    a_python(there / "env/bin/python")
    (there / "env/pyvenv.cfg").write_text(CFG)
    if kind == "submodule":
        entry = f"160000,{'1' * 40},tools/py"
        subprocess.run(["git", "-C", root, "update-index", "--add", "--cacheinfo", entry], check=True)
    else:
        (root / "tools").mkdir()
        (root / "tools/py").symlink_to(there)
        subprocess.run(["git", "-C", root, "add", "tools/py"], check=True)
    with pytest.raises(UsageError, match="which the repository itself holds or describes"):
        found("tools/py/env/bin/python", {}, root, root)


@pytest.mark.parametrize("plant", ["pipe", "link", "huge"])
def test_a_description_of_an_environment_that_is_none_holds_nobody_up(tmp_path: Path, plant: str) -> None:
    a_python(tmp_path / "env/bin/python")
    marker = tmp_path / "env/pyvenv.cfg"
    if plant == "pipe":
        os.mkfifo(marker)
    elif plant == "link":
        marker.symlink_to("/dev/zero")
    else:
        with marker.open("wb") as file:
            file.truncate(1 << 40)
    assert found("env/bin/python", {}, tmp_path) is not None
