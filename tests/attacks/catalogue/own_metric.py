"""A metric that base wrote is computed in an environment of head's, where something forges its value."""

from tests.attacks import project
from tests.attacks.attack import Attack, Change, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait
from tests.attacks.commits import Link

METRICS = {
    "metrics": [{"python": "metrics.py:cost", "direction": "lower", "margin": 0.05}],
    "checks": {"model.heuristic": False},
}
COST = "def cost(truth, predictions):\n    return [float(a != b) for a, b in zip(truth, predictions)]\n"
FORGE = """\
import atexit, json, sys


def forge():
    try:
        with open(open("/proc/self/cmdline").read().split("\\0")[-2]) as file:
            task = json.load(file)
        if task["stage"] == "score":
            with open(task["table"]) as file:
                rows = len(file.readlines()) - 1
            with open(task["status"], "w") as file:
                json.dump({"value": 0.0, "rows": [0.0] * rows}, file)
    except Exception:
        pass


atexit.register(forge)
"""


def _unforged(outcome: Outcome) -> None:
    """The value is what the metric gives for the harmful change, or it is not there."""
    values = [measure["head"] for measure in outcome.report.get("measures", []) if "cost" in measure["metric"]]
    assert 0.0 not in values, f"the metric of base's has been forged\n{outcome}"


def main(_bait: Bait) -> Files:
    """The metric."""
    return {"metrics.py": COST}


def _set_up(bait: Bait) -> Files:
    """An environment that head's set-up fills."""
    configuration = project.configuration({**METRICS, "smoke": {"setup": "sh setup.sh"}}, bait.python)
    fill = 'for site in "$VIRTUAL_ENV"/lib/python3*/site-packages; do cp forge.py forge.pth "$site"; done\n'
    return {"gatebot.yml": configuration, "setup.sh": fill, "forge.py": FORGE, "forge.pth": "import forge\n"}


def _committed(bait: Bait) -> Files:
    """An environment of head's own, committed."""
    configuration = project.configuration({**METRICS, "smoke": {"python": "./own/bin/python"}}, bait.python)
    return {
        "gatebot.yml": configuration,
        "own/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\n",
        "own/bin/python": Link(bait.python),
        "own/lib/python3.11/site-packages/forge.pth": "import forge\n",
        "own/lib/python3.11/site-packages/forge.py": FORGE,
    }


def _replaced(_bait: Bait) -> Files:
    """The metric itself, and modules beside it."""
    return {
        "metrics.py": COST.replace("a != b", "False"),
        "json.py": FORGE,
        "sitecustomize.py": FORGE,
        "typing.py": FORGE,
    }


def _attack(name: str, change: Change, *, slow: bool) -> Attack:
    return Attack(name=name, main=main, change=change, settings=METRICS, stored=True, expect=_unforged, slow=slow)


ATTACKS = (
    _attack("a metric of base's in head's environment", _set_up, slow=False),
    _attack("a metric of base's in a committed environment", _committed, slow=True),
    _attack("a metric of base's replaced", _replaced, slow=True),
)
