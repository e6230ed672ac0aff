"""Refuses to start user code while a token is in the environment, unless isolation is full."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gatebot.errors import GateError
from gatebot.sandbox.isolation import Isolation

NAMES = frozenset(
    {
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_PAT",
        "GH_PAT",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    }
)
PATTERN = re.compile(r"INPUT_.*TOKEN.*|ACTIONS_.*TOKEN", re.IGNORECASE)


def secrets_in(environ: Mapping[str, str], also: Iterable[str] = ()) -> list[str]:
    """Return the names of the variables that hold a token, sorted. `also` names further secrets."""
    known = NAMES | set(also)
    return sorted(name for name, value in environ.items() if value and (name in known or PATTERN.fullmatch(name)))


def initial_environ() -> dict[str, str]:
    """Return the environment with which this process started: /proc still shows variables that were deleted later."""
    pairs = Path("/proc/self/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def refuse_with_secrets(environ: Mapping[str, str], level: Isolation, also: Iterable[str] = ()) -> None:
    """Refuse to start user code that could read a token of gatebot.

    At level full, the separate uid prevents user code from reading `/proc/PID/environ`; below it, no dependable
    protection exists.

    Raises:
        GateError: the level is below full and a token is in `environ` (exit 5).
    """
    found = secrets_in(environ, also) if level < Isolation.FULL else []
    if found:
        raise GateError(
            f"Isolation is {level}, so user code could read {', '.join(found)} from gatebot's environment.",
            f"Collect without it (`env {' '.join(f'-u {name}' for name in found)} gatebot collect …`) and publish "
            "in another job, or run as root in a container for full isolation.",
        )
