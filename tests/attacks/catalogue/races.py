"""A process that an earlier step has left swaps a file for a link while the gate reads it."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

from tests.attacks import project, spy
from tests.attacks.attack import CONFINED, Attack
from tests.attacks.bait import Bait


def _swapping(name: str, target: str) -> Callable[[Path, Event], None]:
    """Rename a file and a link over each other as fast as it goes."""

    def race(workspace: Path, done: Event) -> None:
        place = workspace / name
        if not place.parent.is_dir():
            return
        kept, draft = place.read_bytes() if place.is_file() else b"", place.with_name(f"{place.name}.draft")
        while not done.is_set():
            for make in (lambda: draft.symlink_to(target), lambda: draft.write_bytes(kept)):
                draft.unlink(missing_ok=True)
                make()
                os.replace(draft, place)  # noqa: PTH105
                done.wait(0.0005)

    return race


RACES = {
    "data and git's settings": ("data/rows.csv", "../.git/config"),
    "data and a home": ("data/rows.csv", "../../home/.netrc"),
    "the configuration and an environment": ("gatebot.yml", "/proc/self/environ"),
    "code and a home": ("pipeline.py", "../home/.netrc"),
    "a note and git's settings": ("notes.txt", ".git/config"),
}


def _spying(bait: Bait) -> dict[str, str]:
    return {"pipeline.py": spy.pipeline(bait), "notes.txt": "x\n"}


def _lenient(workspace: Path, done: Event) -> None:
    (workspace / "lenient.yml").write_text(
        project.configuration({"metrics": [{"metric": "accuracy", "margin": 0.99}]}, "python3")
    )
    _swapping("gatebot.yml", "lenient.yml")(workspace, done)


ATTACKS = (
    *(
        Attack(
            name=f"a race between {name}",
            change=_spying if place != "pipeline.py" else lambda _: {},
            meanwhile=_swapping(place, target),
            levels=CONFINED,
            slow=name != "data and git's settings",
            in_container=False,
        )
        for name, (place, target) in RACES.items()
    ),
    Attack(name="a race between rules", meanwhile=_lenient, slow=True, in_container=False),
)
