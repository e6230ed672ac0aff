"""Every check of our own package, found by walking it; nothing that is merely installed ever joins."""

import pkgutil
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import MappingProxyType

from gatebot import checks
from gatebot.checks.check import Check
from gatebot.core.finding import Area
from gatebot.errors import UsageError


@cache
def all_checks() -> Mapping[str, Check]:
    """Check by id, in the order of ids."""
    found = {}
    for area in Area:
        package = import_module(f"{checks.__name__}.{area}")
        for module in pkgutil.iter_modules(package.__path__):
            check = import_module(f"{package.__name__}.{module.name}").CHECK
            found[check.id] = check
    return MappingProxyType(dict(sorted(found.items())))


def check_named(name: str) -> Check:
    """The check with this id.

    Raises:
        UsageError: there is none; names the nearest.
    """
    known = all_checks()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    raise UsageError(
        f"there is no check {name!r}", f"did you mean {near[0]}?" if near else "`gatebot checks` lists them"
    )
