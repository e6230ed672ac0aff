"""Every kind of evidence, found by walking our own package; nothing that is merely installed ever joins."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from gatebot import evidence
from gatebot.evidence.kind import Kind
from gatebot.evidence.need import Need

AnyKind = Kind[Any, Any]


@cache
def all_kinds() -> Mapping[str, AnyKind]:
    """Return each kind by its name."""
    folders = (module.name for module in pkgutil.iter_modules(evidence.__path__) if module.ispkg)
    found = (import_module(f"{evidence.__name__}.{name}").KIND for name in sorted(folders))
    return MappingProxyType({kind.name: kind for kind in found})


def kind_of(need: Need) -> AnyKind:
    """Return the kind of a need."""
    return all_kinds()[need.kind]


def need_of(key: str, parameters: object) -> Need:
    """Return head's need with this key and these parameters.

    Raises:
        ValueError: there is no such kind, or its need has another key.
    """
    kind = all_kinds().get(key.partition("-")[0])
    if kind is None:
        raise ValueError(f"no evidence has the name {key[:100]!r}")
    need: Need = kind.need.of(parameters)
    if need.key != key:
        raise ValueError(f"no evidence has the name {key[:100]!r}: its need has another key")
    return need
