"""What an attack is: a pull request, the main that it goes against, and what must hold at which levels."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from .bait import Bait
from .commits import Entry

if TYPE_CHECKING:
    from tests.container.scenario import Pull

    from .attack_setup import AttackSetup, Outcome

Files = Mapping[str, Entry]
Change = Callable[[Bait], Files]


class Level(StrEnum):
    """How far user code is kept apart: the levels of SECURITY.md, and full on a kernel without Landlock."""

    FULL = "full"
    NO_LANDLOCK = "full without Landlock"
    PARTIAL = "partial"
    NONE = "none"

    @property
    def reach(self) -> str:
        """For `command.py`: level and version of Landlock; empty for what the machine gives."""
        return {"full": "", "full without Landlock": "full:0", "partial": "partial:", "none": "none:0"}[self.value]

    @property
    def holds_token(self) -> bool:
        """Whether gatebot starts user code beside a token."""
        return self in (Level.FULL, Level.NO_LANDLOCK)


EVERY = tuple(Level)
CONFINED = (Level.FULL, Level.NO_LANDLOCK, Level.PARTIAL)
BESIDE_A_TOKEN = (Level.FULL, Level.NO_LANDLOCK)


def nothing(_bait: Bait) -> Files:
    """No files."""
    return {}


def within(folder: str, files: Files) -> Files:
    """The same files in a folder."""
    return {posixpath.normpath(f"{folder}/{path}") if folder else path: entry for path, entry in files.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        name: of the test.
        change: what the pull request commits, beside what `carrier` does.
        carrier: the change that is judged: `harmful` has to stay blocked, `harmless` may pass.
        main: what main has, beside the tiny project.
        settings: keys of main's configuration, section by section; they replace those of the tiny project.
        levels: at which it must be stopped.
        control: what the pull request without the attack commits, where that is more than the carrier.
        more_secrets: further texts that must not come out.
        prepare: changes the checkout as earlier steps of the job could have; gets the workspace.
        meanwhile: runs beside the gate until the event is set; gets the workspace.
        environment: further variables of the job; `{workspace}` in them is the checkout.
        folder: of the project in the repository; empty is its root. What it and its main change lies there, too.
        inputs: of the action, beside its command.
        on_github: what happens on GitHub before the job starts.
        draft: the pull request is a draft.
        stored: main's baseline is stored; else base is trained beside head. Main of the tiny project always is.
        fork: comes from a fork.
        slow: seconds rather than one or two: left out of the fast tests.
        in_container: tried in the container, too.
        asks: what is judged is itself in question, so that the answer is to ask somebody: review instead of a block.
        expect: looks at what came of it, beyond what is asserted of every attack.
    """

    name: str
    change: Change = nothing
    carrier: str = "harmful"
    main: Change = nothing
    settings: Mapping[str, object] = field(default_factory=dict)
    levels: tuple[Level, ...] = EVERY
    control: Change = nothing
    more_secrets: Callable[[Bait], Mapping[str, str]] | None = None
    prepare: Callable[[Path, Bait], None] | None = None
    meanwhile: Callable[[Path, Event], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    on_github: "Callable[[AttackSetup, Pull], None] | None" = None
    draft: bool = False
    stored: bool = False
    fork: bool = False
    slow: bool = False
    in_container: bool = True
    asks: bool = False
    expect: "Callable[[Outcome], None] | None" = None
