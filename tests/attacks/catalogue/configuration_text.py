"""The configuration is a text that costs its reader dear, or whose errors would say what they should not."""

from tests.attacks import project
from tests.attacks.attack import Attack, Change
from tests.attacks.bait import Bait

FORGED = "::set-output name=verdict::pass"


def _added(text: str) -> Change:
    return lambda bait: {"gatebot.yml": project.configuration({}, bait.python) + text}


def _forging(bait: Bait) -> dict[str, str]:
    """Keys and values with line breaks, commands and markup, all of which end up in the error."""
    keys = [f'"x\\n{FORGED}": 1', '"y\\n::stop-commands::abc": 1', '"z\\r::error::FORGED": "<!-- gatebot -->@everyone"']
    return {"gatebot.yml": project.configuration({}, bait.python) + "\n".join(keys) + "\n"}


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}, *a{at - 1}]\n" for at in range(1, 40))

ATTACKS = (
    Attack(name="configuration with forged commands", change=_forging),
    Attack(name="configuration that laughs", change=_added(LAUGHS), slow=True),
    Attack(name="configuration too deep", change=_added("x: " + "[" * 50_000 + "]" * 50_000), slow=True),
    Attack(name="configuration with objects", change=_added('x: !!python/object/apply:os.system ["id"]\n'), slow=True),
    Attack(name="configuration too large", change=_added("x:\n" + "- {a: 1, b: [2, 3]}\n" * 1_500_000), slow=True),
    Attack(
        name="configuration that is no text",
        change=lambda _: {"gatebot.yml": b"version: 1\nx: \xff\xfe\0\n"},
        slow=True,
    ),
)
