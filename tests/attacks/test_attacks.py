"""Every attack of the catalogue comes to nothing: nothing runs outside, nothing secret comes out, nothing gets greener."""

import importlib
from pathlib import Path

import pytest

from . import leaks, project
from .attack import Attack, Level
from .conftest import Stage
from .scene import Outcome

CATALOGUE = Path(__file__).parent / "catalogue"


def found() -> list[Attack]:
    """All attacks, in the order of their files."""
    names = sorted(path.stem for path in CATALOGUE.glob("*.py") if path.stem != "__init__")
    return [
        attack for name in names for attack in importlib.import_module(f"tests.attacks.catalogue.{name}").ATTACKS
    ]


def cases() -> list[object]:
    """Each attack at each of its levels: at full in the fast tests, at the others where there is time."""
    return [
        pytest.param(attack, level, id=f"{attack.name}-{level}", marks=_marks(attack, level))
        for attack in found()
        for level in attack.levels
    ]


def _marks(attack: Attack, level: Level) -> list[pytest.MarkDecorator]:
    return [pytest.mark.long] if attack.slow or level is not attack.levels[0] else []


@pytest.mark.parametrize(("attack", "level"), cases())
def test_an_attack_comes_to_nothing(stage: Stage, attack: Attack, level: Level) -> None:
    scene = stage(attack)
    control = scene.control(attack)
    held(attack, scene.attacked(attack, level), control)


def held(attack: Attack, outcome: Outcome, control: Outcome) -> None:
    """The three things that hold for every attack, and what this one adds."""
    outside = [str(canary) for canary in outcome.canaries if canary.is_outside]
    assert not outside, f"ran outside of the sandbox: {outside}\n{outcome}"
    more = attack.more_secrets(outcome.bait) if attack.more_secrets is not None else {}
    leaked = leaks.found(outcome.outputs, {**outcome.bait.secrets, **project.answers(), **more})
    assert not leaked, f"came out: {leaked}\n{outcome}"
    assert outcome.verdict, f"nothing was judged, so nothing was tried\n{outcome}"
    assert outcome.exit_code is not None, f"it hangs\n{outcome}"
    assert outcome.exit_code != 70, f"a bug in gatebot\n{outcome}"
    assert outcome.green <= control.green, f"greener than {control.verdict!r}\n{outcome}"
    if attack.expect is not None:
        attack.expect(outcome)
