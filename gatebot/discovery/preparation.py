"""Finds the function that prepares rows before they reach the function that trains or the model that is fitted."""

import re
from collections.abc import Collection

from gatebot.discovery.code import Function, Module
from gatebot.discovery.search_context import SearchContext, import_name

PREPARES = re.compile(
    r"^(pre_?process|clean|prepare|transform|build_features|add_features|make_features|create_features|engineer"
    r"|feature_engineering)(_?(data|df|features|rows|frame|dataset))?$"
)


def preparation(
    context: SearchContext, folder: str, names: Collection[str], takes: Collection[str]
) -> tuple[str, str] | None:
    """Return the module and the name of the function that a caller of `names` applies to rows before.

    Args:
        context: the repository.
        folder: the folder from which its module has to be importable.
        names: the functions that train and predict: what they call themselves is no preparation.
        takes: the names of parameters for rows.
    """
    inside = _reached(context, names)
    callers = [one for one in context.modules if set(names) & one.calls]
    found = {
        (module, name)
        for other in context.modules
        for name, each in other.functions.items()
        if PREPARES.match(name) and name not in inside and other.importable and _takes_rows(each, takes)
        for module, place in [import_name(context, other)]
        if place == folder and any(name in caller.calls for caller in callers)
    }
    return found.pop() if len(found) == 1 else None


def _takes_rows(function: Function, takes: Collection[str]) -> bool:
    first, *others = function.parameters or (None,)
    return (
        first is not None
        and first.name in takes
        and not first.path
        and not any(each.required for each in others)
        and function.returns is not None
        and len(function.returns) == 1
    )


def _reached(context: SearchContext, names: Collection[str]) -> set[str]:
    """Return the names of all functions that these functions call, and those that they call in turn."""
    functions = [each for one in context.modules for each in _all(one)]
    found, open_names = set(names), list(names)
    while open_names:
        name = open_names.pop()
        for each in functions:
            if each.name == name:
                new = each.calls - found
                found |= new
                open_names += new
    return found


def _all(one: Module) -> list[Function]:
    return [*one.functions.values(), *(each for kind in one.classes.values() for each in kind.methods.values())]
