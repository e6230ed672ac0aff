"""Pipes, devices, sockets and further names of other files, as an earlier step could leave them in the checkout."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from tests.attacks import spy
from tests.attacks.attack import CONFINED, Attack
from tests.attacks.bait import Bait

Make = Callable[[Path], None]


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # names of sockets are short
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


def _endless(path: Path) -> None:
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))


KINDS: dict[str, Make] = {"pipe": os.mkfifo, "device": _endless, "socket": _socket}
PLACES = ("gatebot.yml", "data/rows.csv", "pipeline.py", ".gatebot", "requirements.txt")


def _instead(name: str, make: Make) -> Callable[[Path, Bait], None]:
    def prepare(workspace: Path, _bait: Bait) -> None:
        (workspace / name).unlink(missing_ok=True)
        make(workspace / name)

    return prepare


def _another_name(workspace: Path, _bait: Bait) -> None:
    """Untracked files that are further names of files outside."""
    home = workspace.parent / "home"
    for at, secret in enumerate((home / ".netrc", home / ".config/pip/pip.conf", workspace / ".git/config")):
        (workspace / f"notes-{at}.txt").hardlink_to(secret)


def _attack(name: str, place: str, make: Make) -> Attack:
    fast = (name, place) == ("pipe", "data/rows.csv")
    return Attack(name=f"{place} is a {name}", prepare=_instead(place, make), slow=not fast, in_container=False)


ATTACKS = (
    *(_attack(name, place, make) for name, make in KINDS.items() for place in PLACES),
    Attack(
        name="further names of files outside",
        prepare=_another_name,
        change=lambda bait: {"pipeline.py": spy.pipeline(bait).replace("os.getcwd(), *map", "os.getcwd(), '.', *map")},
        levels=CONFINED,
        in_container=False,
    ),
)
