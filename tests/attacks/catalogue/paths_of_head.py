"""Paths and patterns that head's recipe names lead out of the project, or to what never ends."""

from tests.attacks import project
from tests.attacks.attack import CONFINED, Attack, Change
from tests.attacks.bait import Bait
from tests.attacks.commits import Entry, Link


def _recipe(section: str, key: str, value: object, **files: Entry) -> Change:
    others: dict[str, object] = {}
    if key in ("train", "eval", "predictions", "run"):
        others = {"path": []} if section == "data" else {"python": None}

    def change(bait: Bait) -> dict[str, Entry]:
        named = {name.replace("__", "/").replace("_dot_", "."): entry for name, entry in files.items()}
        return {"gatebot.yml": project.configuration({section: {**others, key: value}}, bait.python), **named}

    return change


def _data(target: str) -> Change:
    return lambda _: {"data/rows.csv": Link(target)}


PATHS: dict[str, Change] = {
    "data that is a link to git's settings": _data("../.git/config"),
    "data that is a link out of the checkout": _data("../../home/.netrc"),
    "data that is a link to an environment": _data("/proc/self/environ"),
    "data that is a link to a device": _data("/dev/zero"),
    "data that is the whole machine": _recipe("data", "path", "/**/*.csv"),
    "data above the checkout": _recipe("data", "path", "../**/*"),
    "data whose neighbours are told": _recipe("data", "path", "../home/nothing.csv"),
    "data in git's folder": _recipe("data", "path", ".git/*"),
    "data in gatebot's folder": _recipe("data", "path", ".gatebot/**/*"),
    "a version that never ends": _recipe("data", "version", {"files": ["/dev/zero"]}),
    "a version behind a link": _recipe("data", "version", {"files": ["endless"]}, endless=Link("/dev/zero")),
    "a version out of the checkout": _recipe("data", "version", {"files": ["../home/.netrc", "../**"]}),
    "assets above the checkout": _recipe("data", "assets", ["../**", "/etc/**", ".git/**"]),
    "assets that are links": _recipe("data", "assets", ["link"], link=Link("../home")),
    "a pipeline out of the checkout": _recipe("model", "python", "../home/.netrc"),
    "a pipeline that is a link": lambda _: {"pipeline.py": Link("../home/.netrc")},
    "predictions that are a link out": _recipe("model", "predictions", "p.csv", p_dot_csv=Link("../home/.netrc")),
    "predictions that are an environment": _recipe("model", "predictions", "/proc/self/environ"),
    "predictions that are the data": _recipe("model", "predictions", "data/rows.csv"),
    "locks of the whole machine": _recipe("smoke", "lock", ["/**", "../**", "**"]),
    "a lock that never ends": lambda _: {"requirements.txt": Link("/dev/zero"), "uv.lock": Link("/proc/self/environ")},
}
FAST = ("data that is a link to git's settings", "data whose neighbours are told", "a version that never ends")

ATTACKS = tuple(
    Attack(name=name, change=change, levels=CONFINED, slow=name not in FAST) for name, change in PATHS.items()
)
