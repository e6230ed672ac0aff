"""Names the columns that code takes by their position, such as `df.iloc[:, -1]`."""

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatebot.discovery.code import Module

Places = slice | tuple[int, ...]


def places_of(node: ast.AST) -> Places | int | None:
    """Return the position or positions in `df.iloc[:, …]`, also with `.values` behind it; None for anything else."""
    match node:
        case ast.Attribute(value=inner, attr="values") | ast.Call(func=ast.Attribute(value=inner, attr="to_numpy")):
            return places_of(inner)
        case ast.Subscript(
            value=ast.Attribute(attr="iloc"), slice=ast.Tuple(elts=[ast.Slice(lower=None, upper=None), place])
        ):
            return _places(place)
    return None


def _places(node: ast.expr) -> Places | int | None:
    match node:
        case ast.Slice(lower=lower, upper=upper, step=None):
            ends = [None if each is None else _number(each) for each in (lower, upper)]
            known = all(each is None or end is not None for each, end in zip((lower, upper), ends, strict=True))
            return slice(*ends) if known else None
        case ast.List(elts=items):
            numbers = [_number(item) for item in items]
            return tuple(each for each in numbers if each is not None) if None not in numbers else None
        case _:
            return _number(node)


def _number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def name_places(modules: Sequence["Module"], columns: Mapping[str, Any]) -> None:
    """Add the names of columns that modules take by position to what is known of the modules."""
    from gatebot.discovery.code import Use

    names = list(columns)
    for one in modules:
        place, places = one.answer_place, one.feature_places
        there = range(-len(names), len(names))
        if place is not None and place in there:
            one.uses.append(Use(names[place], 10, f"column {place} in {one.path}"))
        if places is not None and one.features is None:
            taken = names[places] if isinstance(places, slice) else [names[at] for at in places if at in there]
            one.features = tuple(taken) or None
