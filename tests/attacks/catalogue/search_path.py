"""Programs of the checkout stand on the job's PATH, as steps that add a folder of the checkout leave it."""

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Program

PATH = "/usr/local/bin:/usr/bin:/bin"
NAMES = ("git", "sh", "python3", "python", "env", "uname", "id", "docker", "ldconfig", "gcc", "uv", "pip", "tar")

BY_NAME = {"smoke": {"python": "python3"}}


def programs(bait: Bait) -> Files:
    """One of each name, at the root and in `bin`, which also does what the real one does."""
    text = '#!/bin/sh\n{leave}\nexec "/usr/bin/{name}" "$@"\n'
    script = bait.script
    return {
        f"{folder}{name}": Program(text.format(leave=f"/bin/sh {script} program-{name}", name=name))
        for folder in ("", "bin/")
        for name in NAMES
    }


def _attack(name: str, path: str, **more: object) -> Attack:
    return Attack(name=name, change=programs, environment={"PATH": path}, **more)  # type: ignore[arg-type]


ATTACKS = (
    _attack("programs on an empty part of PATH", f":{PATH}", slow=True),
    _attack("programs on a relative part of PATH", f"bin:{PATH}", slow=True),
    _attack("programs of the checkout on PATH", f"{{workspace}}/bin:{PATH}"),
    _attack("the Python of the checkout on PATH", f"{{workspace}}/bin:{PATH}", settings=BY_NAME),
)
