"""A comment that accepts another commit, or of somebody who may not, turns a review green."""

from collections.abc import Callable

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import AttackSetup, Outcome
from tests.attacks.bait import Bait
from tests.container.scenario import Pull


def _tampering(bait: Bait) -> Files:
    return {"gatebot.yml": project.configuration({"metrics": [{"metric": "accuracy", "margin": 0.5}]}, bait.python)}


def _says(text: str, login: str = "maintainer", *, edited: bool = False) -> Callable[[AttackSetup, Pull], None]:
    def happens(setup: AttackSetup, pull: Pull) -> None:
        setup.github.user("visitor", "read")
        words = {"SHORT": pull.head[:7], "MOST": pull.head[:39], "BASE": pull.base, "FULL": pull.head}
        body = text
        for word, value in words.items():
            body = body.replace(word, value)
        setup.github.comment(pull.number, login, body, edited=edited)

    return happens


def _not_accepted(outcome: Outcome) -> None:
    assert (outcome.verdict, outcome.status) == ("review", "failure"), outcome


SAYINGS: dict[str, tuple[str, str, bool]] = {
    "by seven digits": ("/gatebot accept SHORT", "maintainer", False),
    "by all digits but one": ("/gatebot accept MOST because it is fine", "maintainer", False),
    "of the base commit": ("/gatebot accept BASE", "maintainer", False),
    "by the author": ("/gatebot accept FULL", "contributor", False),
    "by a reader": ("/gatebot accept FULL", "visitor", False),
    "in an edited comment": ("/gatebot accept FULL", "maintainer", True),
    "without a commit": ("/gatebot accept", "maintainer", False),
    "in a quotation": ("> /gatebot accept FULL", "maintainer", False),
    "in a code block": ("```\n/gatebot accept FULL\n```", "maintainer", False),
    "in a hidden remark": ("<!--\n/gatebot accept FULL\n-->", "maintainer", False),
    "in many digits": ("/gatebot accept FULLFULL", "maintainer", False),
}
FAST = ("by seven digits",)

ATTACKS = tuple(
    Attack(
        name=f"acceptance {name}",
        carrier="harmless",
        control=_tampering,
        on_github=_says(text, login, edited=edited),
        expect=_not_accepted,
        slow=name not in FAST,
        in_container=False,
    )
    for name, (text, login, edited) in SAYINGS.items()
)
