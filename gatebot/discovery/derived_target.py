"""Tells of what the code makes its target, where the target is not a column of the data as it stands."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatebot.discovery.constants import Constants
from gatebot.errors import UsageError

if TYPE_CHECKING:
    from gatebot.discovery.code import Module

MADE = 10  # the weight of a use as the answers of a model


@dataclass(frozen=True, slots=True)
class Derived:
    """A column, or the answers themselves, that the code makes of another column.

    Attributes:
        column: the new column; empty if it is given to the model at once.
        source: the column that it is made of.
        text: the expression, and `line` where it stands.
        codes: what stands for each value of the source, if the code gives each a value of its own: value -> code.
            The code of any other value has the key None.
    """

    column: str
    source: str
    text: str
    line: int
    codes: Mapping[str | None, Any] = field(default_factory=dict)


def derived_from(node: ast.expr, column: str, line: int, constants: Constants) -> Derived | None:
    """Return what an expression makes of a column: codes of its values, or numbers that do not tell them.

    `df["a"].map({"yes": 1, "no": 0})` and `(df["a"] == "yes").astype(int)` tell the values; `df["a"] > 3` does not.
    """
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=asked, attr="map" | "replace"), args=[ast.Dict() as table, *_]):
                codes = _codes(table)
            case ast.Compare(left=asked, ops=[ast.Eq()], comparators=[ast.Constant(value=str() as value)]):
                codes = {value: 1, None: 0}
            case ast.Compare(left=asked, ops=[_], comparators=[ast.Constant()]):
                codes = {}
            case _:
                continue
        source = _column(asked, constants)
        if source is not None:
            return Derived(column, source, ast.unparse(node), line, codes)
    return None


def _codes(table: ast.Dict) -> dict[str | None, Any]:
    pairs = zip(table.keys, table.values, strict=True)
    codes: dict[str | None, Any] = {
        str(key.value): value.value
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    }
    return codes if len(codes) == len(table.keys) == len(set(codes.values())) else {}


def _column(node: ast.expr, constants: Constants) -> str | None:
    """Return the column in `df["a"]`, `df.a` or `df["a"].str.lower()`."""
    while True:
        match node:
            case ast.Subscript(slice=key):
                value = constants.value(key)
                return value if isinstance(value, str) else None
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Attribute(value=inner, attr="str"):
                node = inner
            case ast.Attribute(value=ast.Name(), attr=name):
                return name
            case _:
                return None


def refuse_unknown(modules: Sequence["Module"], columns: Mapping[str, Any], path: str, target: str | None) -> None:
    """Refuse a target that the code makes in a way that does not tell the values of a column.

    Raises:
        UsageError: it names the line that has to move.
    """
    if target is not None:
        return
    for one in modules:
        answers = {use.column for use in one.uses if use.weight >= MADE}
        for each in one.derived if one.fits else ():
            is_target = each.column in answers - set(columns) if each.column else each.source in answers
            if is_target and not each.codes and each.source in columns:
                named = each.column or "target"
                line = f'`df["{named}"] = {each.text}`' if each.column else f"`{each.text}`"
                raise UsageError(
                    f"{one.path}, line {each.line}: the target is made by {line}, and is no column of {path}",
                    f"Move this line to where {path} is written, so that the file has the column `{named}`, and train "
                    f"without `{each.source}` if it tells the answer. To judge the model by `{each.source}` itself: "
                    f"gatebot init --target {each.source}",
                )


def codes_of(modules: Sequence["Module"], target: str, labels: Sequence[str]) -> dict[str, str]:
    """Return the label that each code of the target stands for: code -> label. Empty if the model gives labels."""
    for one in modules:
        for each in one.derived if one.fits else ():
            if each.source == target and each.codes:
                others = [label for label in labels if label not in each.codes]
                known = {str(code): label for label, code in each.codes.items() if label is not None}
                if None in each.codes and len(others) == 1:
                    known[str(each.codes[None])] = others[0]
                return known
    return {}
