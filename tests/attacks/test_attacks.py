"""Every attack of the catalogue comes to nothing: nothing runs outside, nothing comes out, nothing gets greener."""

import importlib
import re
from pathlib import Path

import pytest

from tests.container.runner import parse_command_file, read_action

from . import leaks, project
from .attack import Attack, Level
from .attack_setup import Outcome
from .conftest import SetupFor

OUTPUTS = frozenset(read_action()["outputs"])
CATALOGUE = Path(__file__).parent / "catalogue"
QUICK = {
    "shadowed modules",
    "rules by a link",
    "own folder is a link out of the checkout",
}
"""A few that take three seconds, for the fast tests."""


def found() -> list[Attack]:
    """All attacks, in the order of their files."""
    names = sorted(path.stem for path in CATALOGUE.glob("*.py") if path.stem != "__init__")
    return [attack for name in names for attack in importlib.import_module(f"tests.attacks.catalogue.{name}").ATTACKS]


def test_the_quick_ones_are_attacks() -> None:
    assert {attack.name for attack in found() if not attack.slow} >= QUICK


def cases() -> list[object]:
    """Each attack at each of its levels: at full before anything lands, at the others where there is time."""
    return [
        pytest.param(attack, level, id=f"{attack.name}-{level}", marks=_marks(attack, level))
        for attack in found()
        for level in attack.levels
    ]


def _marks(attack: Attack, level: Level) -> list[pytest.MarkDecorator]:
    if attack.slow or level is not attack.levels[0]:
        return [pytest.mark.whole, pytest.mark.long]
    return [] if attack.name in QUICK else [pytest.mark.whole]


@pytest.mark.parametrize(("attack", "level"), cases())
def test_an_attack_comes_to_nothing(setup_for: SetupFor, attack: Attack, level: Level) -> None:
    setup = setup_for(attack)
    control = setup.control(attack)
    held(attack, setup.attacked(attack, level, control), control)


def held(attack: Attack, outcome: Outcome, control: Outcome) -> None:
    """The three things that hold for every attack, and what this one adds."""
    assert control.verdict, f"the control was not judged\n{control}"
    assert "crashed" not in control.log, f"the control did not train, so nothing was tried\n{control}"
    outside = [str(canary) for canary in outcome.canaries if canary.is_outside]
    assert not outside, f"ran outside of the sandbox: {outside}\n{outcome}"
    more = attack.more_secrets(outcome.bait) if attack.more_secrets is not None else {}
    leaked = leaks.found(outcome.outputs, {**outcome.bait.secrets, **project.answers(), **more})
    assert not leaked, f"came out: {leaked}\n{outcome}"
    refused = attack.prepare is not None and outcome.exit_code in (2, 5) and outcome.shows("error: ")
    assert outcome.verdict or refused, f"nothing was judged, so nothing was tried\n{outcome}"
    assert outcome.exit_code is not None, f"it hangs\n{outcome}"
    assert outcome.exit_code != 70, f"a bug in gatebot\n{outcome}"
    if attack.asks:
        assert (outcome.verdict, outcome.status) == ("review", "failure"), outcome
    else:
        assert outcome.green <= control.green, f"greener than {control.verdict!r}\n{outcome}"
    assert forged_commands(outcome) == [], outcome
    if attack.expect is not None:
        attack.expect(outcome)


def forged_commands(outcome: Outcome) -> list[str]:
    """What the runner would take for a command, an output or a variable, and is none of gatebot's."""
    own = re.compile(r"::(?:(?:error|warning|notice)(?: [a-z]+=[^:]*)?::|stop-commands::|[0-9a-f]{64}::$)")
    lines = outcome.log.splitlines()
    forged, stopped = [], ""
    for line in map(str.strip, lines):
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.startswith(("::", "##[")) and not own.match(line):
            forged.append(line)
    for place, content in outcome.outputs.items():
        if place.endswith(("/env", "/state", "/path")) and content:
            forged.append(f"{place}: {content!r}")
        if place.endswith("/output"):
            forged += [name for name in parse_command_file(content.decode()) if name not in OUTPUTS]
    return forged
