"""What is in the image, how large it is, and that nothing in a workspace can reach into gatebot's own process."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import gatebot
from gatebot.sandbox.isolation import SANDBOX_UIDS

from .engine import Engine

pytestmark = pytest.mark.container

ROOT = Path(__file__).parents[2]
LARGEST = 300_000_000
"""Bytes, compressed at gzip's fastest level: registries compress better, so the download is smaller still."""


def python(engine: Engine, image: str, code: str, *options: str) -> str:
    """What a piece of Python prints that runs as `python3` of the image's PATH, without a network."""
    command = ["run", "--rm", "--network", "none", *options, "--entrypoint", "python3", image, "-c", code]
    return engine.run(*command).stdout.strip()


def test_image_is_small_enough_to_pull_for_every_run(engine: Engine, image: str) -> None:
    pipe = f"{engine.client} save {image} | gzip -1 | wc -c"
    done = subprocess.run(["sh", "-c", pipe], env=engine.environment, capture_output=True, text=True, check=True)
    assert 100_000_000 < int(done.stdout) < LARGEST


def test_version(engine: Engine, image: str) -> None:
    assert gatebot.__version__ in engine.run("run", "--rm", "--network", "none", image, "--version").stdout


def test_workspace_cannot_stand_in_for_our_modules(engine: Engine, image: str, tmp_path: Path) -> None:
    for name in ("sitecustomize.py", "usercustomize.py", "pandas.py", "json.py", "argparse.py", "gatebot/__init__.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise SystemExit('the workspace was imported')")
    inside = "/github/workspace"
    paths = ["-e", f"PYTHONPATH={inside}", "-e", f"PYTHONHOME={inside}", "-e", f"PYTHONSTARTUP={inside}/pandas.py"]
    command = ["run", "--rm", "--network", "none", "--workdir", inside, "-v", f"{tmp_path}:{inside}", *paths]
    assert gatebot.__version__ in engine.run(*command, image, "--version").stdout


def test_installed_is_what_is_locked(engine: Engine, image: str) -> None:
    code = """
import json, importlib.metadata as metadata
print(json.dumps({d.name.lower().replace("_", "-"): d.version for d in metadata.distributions()}))
"""
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert json.loads(python(engine, image, code)) == locked


def test_training_code_finds_python_with_what_it_usually_needs(engine: Engine, image: str) -> None:
    code = """
import sys, pandas, sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import all_estimators
assert len(all_estimators()) > 100
frame = pandas.DataFrame({"a": range(20), "b": [0, 1] * 10})
print(sys.prefix, RandomForestClassifier(5).fit(frame[["a"]], frame.b).score(frame[["a"]], frame.b) > 0.5)
"""
    assert python(engine, image, code, "--user", "10001:10001") == "/opt/venv True"


def test_modules_were_compiled_when_the_image_was_built(engine: Engine, image: str) -> None:
    code = """
import pathlib, sysconfig, importlib.util as u
files = [p for p in pathlib.Path(sysconfig.get_path("purelib")).rglob("*.py")]
print(len(files) > 1000, [str(p) for p in files if not pathlib.Path(u.cache_from_source(p)).exists()][:5])
"""
    assert python(engine, image, code) == "True []"


def test_setup_can_make_an_environment_of_its_own(engine: Engine, image: str) -> None:
    code = """
import subprocess, sys
subprocess.run([sys.executable, "-m", "venv", "/tmp/env"], check=True)
listed = subprocess.run(["/tmp/env/bin/python", "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True)
print(listed.stdout)
"""
    listed = python(engine, image, code, "--user", "10001:10001", "-e", "HOME=/tmp")
    assert "pip==" in listed
    assert "pandas" not in listed


def test_uids_of_the_sandbox_are_nobody_elses(engine: Engine, image: str) -> None:
    code = f"import pwd; print([u.pw_name for u in pwd.getpwall() if u.pw_uid in {SANDBOX_UIDS!r}])"
    assert python(engine, image, code) == "[]"
