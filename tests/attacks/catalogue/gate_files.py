"""Files that hold the gate change without anybody being asked: workflows, local actions, other projects."""

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait
from tests.container.scenario import WORKFLOW

ACTION = "runs: {using: composite, steps: [{uses: acme/gatebot@v1, with: {config: CONFIG}}]}\n"
CALLS = "on: pull_request\njobs: {gate: {steps: [{uses: ./.github/actions/gate}]}}\n"


def _asked(outcome: Outcome) -> None:
    assert outcome.status != "success", f"nobody is asked\n{outcome}"


def _main(_bait: Bait) -> Files:
    return {".github/actions/gate/action.yml": ACTION.replace("CONFIG", "gatebot.yml"), WORKFLOW: CALLS}


ATTACKS = (
    Attack(
        name="the gate's workflow edited",
        carrier="harmless",
        change=lambda _: {WORKFLOW: project.WORKFLOW_TEXT.replace("gatebot@v1", "gatebot@evil")},
        expect=_asked,
        slow=True,
    ),
    Attack(
        name="the gate's workflow moved",
        carrier="harmless",
        change=lambda _: {WORKFLOW: None, ".github/workflows/other.yml": "on: push\n"},
        expect=_asked,
        slow=True,
    ),
    Attack(
        name="an action of the gate's workflow edited",
        carrier="harmless",
        main=_main,
        change=lambda _: {".github/actions/gate/action.yml": ACTION.replace("CONFIG", "other.yml")},
        expect=_asked,
        slow=True,
    ),
    Attack(
        name="a workflow that calls the gate's action edited",
        carrier="harmless",
        main=_main,
        change=lambda _: {WORKFLOW: CALLS.replace("gate}", "other}")},
        expect=_asked,
        slow=True,
    ),
)
