"""Head names a Python of its own so that its folders are granted, and with them what must stay hidden."""

from collections.abc import Mapping

from tests.attacks import project, spy
from tests.attacks.attack import CONFINED, Attack, Change, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Entry, Link, Program


def _python(path: str, files: Mapping[str, Entry]) -> Change:
    def change(bait: Bait) -> Files:
        configuration = project.configuration({"smoke": {"python": path}}, bait.python)
        mine = {name: Link(bait.python) if entry == "PYTHON" else entry for name, entry in files.items()}
        return {"gatebot.yml": configuration, "pipeline.py": spy.pipeline(bait), **mine}

    return change


VENV = "home = /usr/bin\ninclude-system-site-packages = false\n"
WRAPPER = Program('#!/bin/sh\nexec /usr/bin/python3 "$@"\n')

GRANTS: dict[str, tuple[str, Mapping[str, Entry]]] = {
    "at the root": ("./bin/python", {"bin/python": "PYTHON", "pyvenv.cfg": VENV}),
    "that is a script": ("./bin/python", {"bin/python": WRAPPER, "pyvenv.cfg": VENV}),
    "that looks like an installation": ("./bin/python", {"bin/python": WRAPPER, "lib/python3/os.py": ""}),
    "whose home is the root": (
        "./own/bin/python",
        {"own/bin/python": "PYTHON", "own/pyvenv.cfg": "home = ../bin\n", "pyvenv.cfg": VENV, "bin/x": ""},
    ),
    "whose home is a job's": (
        "./own/bin/python",
        {"own/bin/python": "PYTHON", "own/pyvenv.cfg": "home = ../../home/bin\n"},
    ),
    "by a link to the root": (
        "./own/bin/python",
        {"own": Link("."), "bin/python": "PYTHON", "pyvenv.cfg": VENV},
    ),
    "by a link out of the checkout": ("./own/bin/python", {"own": Link("../home"), "pyvenv.cfg": VENV}),
    "inside git's folder": ("./own/bin/python", {"own": Link(".git"), "pyvenv.cfg": VENV, "bin/python": "PYTHON"}),
    "that leads through the root": (
        "./own/bin/python",
        {
            "own/bin/python": Link("../../bin/python3"),
            "bin/python3": WRAPPER,
            "pyvenv.cfg": VENV,
            "own/pyvenv.cfg": VENV,
        },
    ),
}
FAST = ("at the root",)

ATTACKS = (
    Attack(
        name="user code that looks around", change=lambda bait: {"pipeline.py": spy.pipeline(bait)}, levels=CONFINED
    ),
    *(
        Attack(name=f"a Python {name}", change=_python(*grant), levels=CONFINED, slow=name not in FAST)
        for name, grant in GRANTS.items()
    ),
    Attack(
        name="a Python whose settings never end",
        change=_python("./own/bin/python", {"own/bin/python": "PYTHON", "own/pyvenv.cfg": Link("/dev/zero")}),
        levels=CONFINED,
        slow=True,
    ),
)
