"""Head's code makes base fail: what base cannot do either would be no fault of head's."""

from tests.attacks import project
from tests.attacks.attack import BESIDE_A_TOKEN, Attack, Files
from tests.attacks.bait import Bait
from tests.cli import tiny

SHARES = """\
import os, time


def share():
    time.sleep(1)
    name = "/dev/shm/tickets-rows"
    open(name, "x").close()
    os.unlink(name)
"""
TAKES = """\
import time


def share():
    try:
        open("/dev/shm/tickets-rows", "x").close()
    except OSError:
        pass
    time.sleep(3)
"""


def _sharing(code: str, pipeline: str) -> dict[str, str]:
    return {"pipeline.py": f"{code}\n\n{pipeline}".replace("    sums = {", "    share()\n    sums = {")}


def _main(_bait: Bait) -> Files:
    return _sharing(SHARES, tiny.PIPELINE)


def _taking(_bait: Bait) -> Files:
    return _sharing(TAKES, project.HARMFUL["pipeline.py"])


ATTACKS = (Attack(name="shared memory that base uses", main=_main, change=_taking, levels=BESIDE_A_TOKEN),)
