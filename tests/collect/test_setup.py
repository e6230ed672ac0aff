"""Environments: one for each digest of what they are made from."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gatebot.collect import Phase, collect
from gatebot.errors import MachineError, UsageError
from gatebot.needs import Fit, Side
from gatebot.snapshot.evidence import Training
from tests.collect.repository import FULL, PLAIN_PYTHON, Recorded, document, git, job, repository, write

FIT = Fit(Side.HEAD)
# No package index is needed: the set-up puts a module into the environment by itself.
INSTALL = """
import os, pathlib, sys, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
assert sys.prefix == os.environ["VIRTUAL_ENV"]
(site / "installed.py").write_text("VERSION = " + repr(open("requirements.txt").read().strip()))
print("installed")
"""
USES = """
import installed
def train(rows):
    try:
        open(installed.__file__, "w")
    except OSError:
        print("read-only", installed.VERSION)
    return 1
"""
FILES = {"install.py": INSTALL, "requirements.txt": "1.0", "pipeline.py": USES}
SETUP = {
    "setup": "python install.py\npython -c 'import installed'\n",
    "lock": ["requirements.txt"],
    "python": PLAIN_PYTHON,
}


def trained(root: Path, cache: Path, setup: Mapping[str, object] = SETUP) -> tuple[Training, list[str]]:
    progress = Recorded()
    found = collect([FIT], job(root, cache, document(smoke=dict(setup))), progress)[Side.HEAD]
    training = found.get(FIT, Training)
    assert training is not None
    return training, [word for step, word in progress.finished_steps if step.phase is Phase.SETUP]


@pytest.mark.skipif(not FULL, reason="an environment is read-only for another user")
def test_an_environment_is_built_once_for_each_lock_file(open_path: Path) -> None:
    root, cache = repository(open_path / "repo", FILES), open_path / "cache"
    training, words = trained(root, cache)
    assert (training.effects.log_tail, words) == (("read-only 1.0",), ["ok"])
    write(root, {"pipeline.py": USES + "# changed"})
    assert trained(root, cache)[1] == ["cached"]
    write(root, {"requirements.txt": "2.0"})
    training, words = trained(root, cache)
    assert (training.effects.log_tail, words) == (("read-only 2.0",), ["ok"])
    write(root, {"requirements.txt": "1.0"})
    assert trained(root, cache)[1] == ["cached"]


def test_a_failed_set_up_is_tried_twice_says_its_last_words_and_leaves_nothing(open_path: Path) -> None:
    root, cache, progress = repository(open_path / "repo", FILES), open_path / "cache", Recorded()
    config = document(smoke={**SETUP, "setup": "sh -c 'echo no matching distribution; exit 1'"})
    with pytest.raises(MachineError, match=r"`smoke.setup` \(sh -c .*\) failed: exit code 1") as caught:
        collect([FIT], job(root, cache, config), progress)
    assert "no matching distribution" in caught.value.hint
    assert [word for step, word in progress.finished_steps if step.phase is Phase.SETUP] == ["error", "error"]
    assert not list((cache / "env").glob("*/*"))


def test_shell_in_a_set_up_is_refused_before_anything_runs(open_path: Path) -> None:
    root = repository(open_path / "repo", FILES)
    with pytest.raises(UsageError, match="no shell reads it"):
        trained(root, open_path / "cache", {**SETUP, "setup": "python install.py && true"})


def test_a_python_that_is_not_there_is_the_users_error(open_path: Path) -> None:
    root = repository(open_path / "repo")
    with pytest.raises(UsageError, match="no-such-python"):
        trained(root, open_path / "cache", {"python": "no-such-python"})


LINKED = """
import os, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "own.pth").write_text(os.path.join(os.getcwd(), "src") + "\\n")
"""
COPIED = """
import json, os, pathlib, shutil, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
shutil.copy("src/own.py", site)
(site / "own-1.dist-info").mkdir()
facts = {"url": pathlib.Path.cwd().as_uri(), "dir_info": {}}
(site / "own-1.dist-info/direct_url.json").write_text(json.dumps(facts))
"""


@pytest.mark.parametrize("install", [LINKED, COPIED], ids=["pip install -e .", "pip install ."])
def test_a_project_that_installs_itself_is_trained_with_its_own_code(open_path: Path, install: str) -> None:
    code = "import own\ndef train(rows):\n    print(own.VALUE)\n    return 1\n"
    files = {"install.py": install, "pipeline.py": code, "src/own.py": "VALUE = 'first'\n"}
    root, cache = repository(open_path / "repo", files), open_path / "cache"
    setup = {"setup": "python install.py", "python": PLAIN_PYTHON}
    assert trained(root, cache, setup)[0].effects.log_tail == ("first",)
    write(root, {"src/own.py": "VALUE = 'second'\n"})
    git(root, "commit", "-qam", "second")
    assert trained(root, cache, setup)[0].effects.log_tail == ("second",)
    git(root, "checkout", "-q", "HEAD~1")
    training, words = trained(root, cache, setup)
    assert (training.effects.log_tail, words) == (("first",), ["cached"])
