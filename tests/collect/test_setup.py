"""Environments: one for each digest of what they are made from."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gatebot.collect import Phase, Tree, collect
from gatebot.config.document import Document
from gatebot.errors import MachineError, UsageError
from gatebot.evidence.need import Side
from gatebot.evidence.training import Fit, Training
from tests.collect.repository import FULL, PLAIN_PYTHON, Recorded, document, git, job, repository, write

pytestmark = pytest.mark.whole

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
    return training, [word.partition(",")[0] for step, word in progress.finished_steps if step.phase is Phase.SETUP]


def test_set_up_says_what_it_runs_and_how_large_the_result_is(open_path: Path) -> None:
    root, progress = repository(open_path / "repo", FILES), Recorded()
    given = job(root, open_path / "cache", document(smoke=dict(SETUP)))
    collect([FIT], given, progress)
    assert progress.commands == ["python3 -m venv", "python install.py", "python -c import installed"]
    [word] = [word for step, word in progress.finished_steps if step.phase is Phase.SETUP]
    size = re.fullmatch(r"built, (\d+) MB", word)
    assert size is not None
    assert int(size[1]) >= 1


@pytest.mark.skipif(not FULL, reason="an environment is read-only for another user")
def test_an_environment_is_built_once_for_each_lock_file(open_path: Path) -> None:
    root, cache = repository(open_path / "repo", FILES), open_path / "cache"
    training, words = trained(root, cache)
    assert (training.effects.log_tail, words) == (("read-only 1.0",), ["built"])
    write(root, {"pipeline.py": USES + "# changed"})
    assert trained(root, cache)[1] == ["cached"]
    write(root, {"requirements.txt": "2.0"})
    training, words = trained(root, cache)
    assert (training.effects.log_tail, words) == (("read-only 2.0",), ["built"])
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


WITH_CREDENTIALS = """
import os, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "installed.py").write_text("VERSION = " + repr(open("requirements.txt").read() + " by " + WHO))
(site / "installed.txt").write_text(os.environ.get("INDEX_TOKEN", "nothing"))
"""
TELLS = """
import installed, os, pathlib
def train(rows):
    print(installed.VERSION, "and", pathlib.Path(installed.__file__).with_suffix(".txt").read_text()[::2])
    print(sorted(name for name in os.environ if "TOKEN" in name), os.environ["MODE"])
    return 1
"""


def built(root: Path, cache: Path, head: Document, base: Tree | None, **facts: object) -> tuple[str, ...]:
    """What a training of head sees of its environment."""
    environ = {**os.environ, "INDEX_TOKEN": "i.n.d.e.x"}
    question = job(root, cache, head, environ=environ, rules_tree=base, **facts)
    training = collect([FIT], question)[Side.HEAD].get(FIT, Training)
    assert training is not None
    return training.effects.log_tail


def two_set_ups(place: Path) -> tuple[Path, Path]:
    """A repository whose head has another set-up than base, and base's work tree."""
    by = {who: f"WHO = {who!r}\n{WITH_CREDENTIALS}" for who in ("base", "head")}
    root = repository(place / "repo", {"install.py": by["base"], "requirements.txt": "1.0", "pipeline.py": TELLS})
    git(root, "worktree", "add", "-q", str(place / "base"), "HEAD")
    write(root, {"install.py": by["head"], "requirements.txt": "2.0"})
    return root, place / "base"


@pytest.mark.parametrize(
    ("passed", "mode", "seen"),
    [
        (["INDEX_TOKEN"], "trusted", "1.0 by base and index"),
        ([], "trusted", "2.0 by head and ntig"),
        (["INDEX_TOKEN"], "stranger", "2.0 by head and ntig"),
    ],
    ids=["base's files get them", "without them it is head's", "no files of base are here"],
)
def test_credentials_reach_set_up_of_base_alone(open_path: Path, passed: list[str], mode: str, seen: str) -> None:
    root, base = two_set_ups(open_path)
    smoke = {**SETUP, "setup": "python install.py", "env": {"pass": passed, "set": {"MODE": "of base"}}}
    changed = {**smoke, "setup": "python install.py now", "env": {"pass": passed, "set": {"MODE": "of head"}}}
    of_base, of_head = document(smoke=smoke), document(smoke=changed)
    tree = Tree(base, of_base.recipe) if mode == "trusted" else None
    log = built(root, open_path / "cache", of_head, tree, trusts_head=False)
    assert log == (seen, "[] of head")


def test_an_environment_that_files_of_head_built_never_serves_base(open_path: Path) -> None:
    """Head's set-up runs a file that is in no digest, and leaves something for base."""
    plain = "import pathlib, sysconfig\nimport helper\nhelper.install(pathlib.Path(sysconfig.get_paths()['purelib']))\n"
    helper = "def install(site):\n    (site / 'installed.py').write_text('VERSION = {who!r}')\n"
    code = "import installed\ndef train(rows):\n    print(installed.VERSION)\n    return 1\n"
    files = {"install.py": plain, "helper.py": helper.replace("{who!r}", '"base"'), "pipeline.py": code}
    root, cache = repository(open_path / "repo", files), open_path / "cache"
    base = open_path / "base"
    git(root, "worktree", "add", "-q", str(base), "HEAD")
    write(root, {"helper.py": helper.replace("{who!r}", '"head"')})
    config = document(smoke={**SETUP, "setup": "python install.py"})
    tree = Tree(base, document(smoke={**SETUP, "setup": "python install.py"}).recipe, git(root, "rev-parse", "HEAD"))
    assert built(root, cache, config, None, trusts_head=False) == ("head",)
    trees = {Side.HEAD: Tree(root, config.recipe), Side.BASE: tree}
    found = collect([FIT, Fit(Side.BASE)], job(root, cache, config, trees=trees))
    logs = [found[side].get(Fit(side), Training) for side in (Side.BASE, Side.HEAD)]
    assert [each.effects.log_tail for each in logs if each] == [("base",), ("base",)]


def test_a_copy_of_the_projects_code_is_not_installed_with_credentials(open_path: Path) -> None:
    code = "import own\ndef train(rows):\n    return 1\n"
    files = {"install.py": COPIED, "pipeline.py": code, "src/own.py": "VALUE = 1\n"}
    root = repository(open_path / "repo", files)
    git(root, "worktree", "add", "-q", str(open_path / "base"), "HEAD")
    config = document(smoke={**SETUP, "setup": "python install.py", "env": {"pass": ["INDEX_TOKEN"]}})
    base = Tree(open_path / "base", config.recipe)
    with pytest.raises(UsageError, match="installs a copy of the project's own code"):
        built(root, open_path / "cache", config, base)
