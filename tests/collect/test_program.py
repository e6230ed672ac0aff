"""Programs of gatebot's own run in the sandbox, and nothing that lies in a checkout is imported by them."""

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from gatebot.collect import collect
from gatebot.collect.program import Programs
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Model
from gatebot.sandbox import Isolation, Limits, Reach, probe
from tests.collect.repository import job, repository, tickets, with_folds, write

REACH = probe()
LEVELS = [level for level in Isolation if level <= REACH.level]
OWN = Path(__file__).parents[2] / "gatebot" / "collect"
SIMPLE = Predict(Fit(Side.HEAD, model=Model.SIMPLE))

TRAP = """
import os
with open({mark!r}, "a") as file:
    file.write("imported outside of the sandbox by uid %d\\n" % os.getuid())
raise SystemExit(3)
"""
SHADOWING = (
    "numpy.py",
    "numpy/__init__.py",
    "json.py",
    "runpy.py",
    "sklearn/__init__.py",
    "pandas.py",
    "scipy/__init__.py",
    "polars.py",
    "requests.py",
    "gatebot/__init__.py",
    "gatebot/collect/linear.py",
    "sitecustomize.py",
    "usercustomize.py",
    "encodings/__init__.py",
)
SPY = """
import json, os, socket, sys
def tried(path):
    try:
        return open(path).read() if not os.path.isdir(path) else str(os.listdir(path))
    except OSError as error:
        return type(error).__name__
question = json.load(open(sys.argv[1]))
import numpy, polars, requests, sklearn
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError as error:
    network = type(error).__name__
facts = {
    "uid": os.getuid(), "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "flags": list(sys.flags),
    "network": network, "site": "site" in sys.modules, "seen": {path: tried(path) for path in question},
}
json.dump(facts, open("facts.json", "w"))
"""


def hostile(root: Path, mark: Path) -> Path:
    """A repository whose files bear the names of what gatebot imports; each leaves a mark when it is run."""
    trap = TRAP.format(mark=str(mark))
    paths = dict.fromkeys(SHADOWING, trap) | {
        "evil.pth": f"import os; os.system('touch {mark}')\n",
        "pyvenv.cfg": f"home = {root}/bin\ninclude-system-site-packages = true\n",
        "python311.zip": "PK",
        "lib/python3.11/site-packages/evil.pth": f"import os; os.system('touch {mark}')\n",
        "lib/python3.11/os.py": trap,
    }
    files = {name: text for name, text in paths.items() if name != "numpy.py"}
    repository(root, {"data/tickets.csv": with_folds(tickets(120)), **files})
    write(root, {"pandas.py": trap})
    return root


@pytest.mark.whole
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_checkout_is_imported(
    level: Isolation, open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = open_path / "mark"
    root = hostile(open_path / "repo", mark)
    monkeypatch.chdir(root)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"):
        monkeypatch.setenv(name, str(root))
    found = collect([SIMPLE], job(root, shared_cache, reach=REACH.at(level)))[Side.HEAD]
    assert found.unmet == {}
    assert found.get(SIMPLE, Predictions) is not None
    assert not mark.exists(), mark.read_text()


@pytest.mark.whole
@pytest.mark.parametrize("level", LEVELS)
def test_a_program_sees_its_question_and_no_more(
    level: Isolation, open_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(open_path / "repo", {"secret.txt": "labels"})
    monkeypatch.setenv("LD_PRELOAD_OF_SOMEBODY", "x")
    monkeypatch.setenv("PYTHONPATH", str(root))
    spy = open_path / "spy.py"
    spy.write_text(SPY)
    cache = shared_cache
    programs = Programs(REACH.at(level), Isolation.NONE, cache, hidden=(root,))
    with programs.ran(spy, json.dumps([str(root / "secret.txt"), str(root)]).encode(), Limits(seconds=60)) as ran:
        assert ran.completed.ok, ran.completed.log_tail
        facts = json.loads(ran.read("facts.json", 1 << 20))
    assert facts["cwd"] == facts["env"]["HOME"]
    assert not any(str(root) in entry or entry == "" for entry in facts["path"])
    assert facts["site"] is False
    assert {"PYTHONPATH", "LD_PRELOAD_OF_SOMEBODY", "GATEBOT"}.isdisjoint(facts["env"])
    if level is Isolation.FULL:
        assert facts["uid"] not in (0, os.getuid())
    if level > Isolation.NONE:
        assert facts["network"] == "PermissionError"
    if level is Isolation.FULL or (level > Isolation.NONE and REACH.landlock):
        assert set(facts["seen"].values()) == {"PermissionError"}


@pytest.mark.parametrize("name", ["decode.py", "download.py", "linear.py"])
def test_a_program_of_its_own_imports_nothing_of_gatebot(name: str) -> None:
    tree = ast.parse((OWN / name).read_text())
    named = [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [each for each in named if each.startswith((".", "gatebot"))]


def test_what_a_program_leaves_is_read_as_an_untrusted_file(open_path: Path, shared_cache: Path) -> None:
    from gatebot.collect.bounded_read import UnreadableError

    source = open_path / "left.py"
    source.write_text(
        "import os\nos.symlink('/etc/passwd', 'link')\nos.mkfifo('pipe')\n"
        "with open('large', 'wb') as file:\n    file.truncate(1 << 30)\n"
    )
    with Programs(REACH, Isolation.NONE, shared_cache).ran(source, b"", Limits(seconds=60)) as ran:
        for name in ("link", "pipe", "large"):
            with pytest.raises(UnreadableError):
                ran.read(name, 1000)
        with pytest.raises(FileNotFoundError):
            ran.read("nothing", 1000)


def test_a_python_without_rights_for_others_is_mirrored(open_path: Path, shared_cache: Path) -> None:
    """At level full the program runs, wherever gatebot's own Python lies."""
    source = open_path / "version.py"
    source.write_text("import sys, numpy\nopen('v', 'w').write(repr(sys.version_info[:2]))\n")
    with Programs(REACH, Isolation.NONE, shared_cache).ran(source, b"", Limits(seconds=60)) as ran:
        assert ran.completed.ok, ran.completed.log_tail
        assert ran.read("v", 100).decode() == repr(sys.version_info[:2])


def test_reach_below_what_is_accepted_starts_nothing(shared_cache: Path) -> None:
    from gatebot.errors import GateError

    programs = Programs(Reach(Isolation.NONE), Isolation.FULL, shared_cache)
    with (
        pytest.raises(GateError, match="Isolation full is required"),
        programs.ran(OWN / "linear.py", b"", Limits()),
    ):
        pass
