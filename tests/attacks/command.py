"""The `gatebot` command as the image starts it, but without pauses between requests, and at a lower level where told.

`GATEBOT_TEST_REACH=LEVEL:ABI` stands for a machine that can give no more; without an ABI Landlock is as it is.
"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from gatebot.cli.main import entry
from gatebot.github.api import Pace
from gatebot.sandbox import isolation
from gatebot.sandbox.isolation import Isolation, Reach
from tests.cli.quick import HURRIED


def lower(told: str) -> None:
    """Let the machine give no more than this."""
    level, _, abi = told.partition(":")
    real = isolation.probe
    found = real()
    reach = Reach(Isolation(level), int(abi) if abi else found.landlock, ("as a test wants it",))
    for module in list(sys.modules.values()):
        if getattr(module, "probe", None) is real:
            module.probe = lambda: reach  # type: ignore[attr-defined]


if __name__ == "__main__":
    Pace.__init__.__defaults__ = HURRIED
    if told := os.environ.pop("GATEBOT_TEST_REACH", ""):
        lower(told)
    entry()
