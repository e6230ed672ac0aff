"""Paths that code computes from its own place: `Path(__file__).parents[1] / "models" / "model.joblib"`."""

import ast
import posixpath
from collections.abc import Mapping
from pathlib import PurePosixPath

SAME = frozenset({"abspath", "realpath", "normpath", "fspath", "resolve", "absolute", "expanduser", "Path", "str"})
MOST_STEPS = 100


def rooted_path(node: ast.AST, file: PurePosixPath, names: Mapping[str, ast.expr]) -> str | None:
    """Return the path that an expression stands for, relative to the repository's root.

    None if it does not start from `__file__`, has unknown parts, or leads out of the repository.

    Args:
        node: the expression.
        file: the path of the file that holds it.
        names: the expressions that names of this file stand for.
    """
    found = _Place(file, names).of(node, MOST_STEPS)
    return found if found is not None and not found.startswith("..") else None


def assigned(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the expressions that names stand for, if they stand for one alone."""
    found: dict[str, ast.expr] = {}
    several = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if name in found and ast.dump(found[name]) != ast.dump(value):
                    several.add(name)
                found[name] = value
    return {name: value for name, value in found.items() if name not in several}


class _Place:
    """Computes paths from the place of a file."""

    def __init__(self, file: PurePosixPath, names: Mapping[str, ast.expr]) -> None:
        self.file, self.names = file, names

    def of(self, node: ast.AST, steps: int) -> str | None:  # noqa: PLR0911  # one line for each kind of expression
        """Return the path that an expression stands for. `steps`: how deep expressions may still be."""
        if steps == 0:
            return None
        match node:
            case ast.Name(id="__file__"):
                return str(self.file)
            case ast.Name(id=name) if name in self.names:
                return self.of(self.names[name], steps - 1)
            case ast.Attribute(value=inner, attr="parent"):
                return self._above(inner, 1, steps)
            case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int() as at)):
                return self._above(inner, at + 1, steps)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(left, [right], steps)
            case ast.Call(func=ast.Attribute(attr="join" | "joinpath" | "Path") | ast.Name(id="join" | "Path")):
                start, *others = [*_owner(node), *node.args] or [node]
                return self._joined(start, others, steps) if start is not node else None
            case ast.Call(func=ast.Attribute(attr="dirname") | ast.Name(id="dirname"), args=[inner]):
                return self._above(inner, 1, steps)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[inner]) if name in SAME:
                return self.of(inner, steps - 1)
            case ast.Call(func=ast.Attribute(attr=name, value=inner), args=[]) if name in SAME:
                return self.of(inner, steps - 1)
        return None

    def _above(self, node: ast.AST, levels: int, steps: int) -> str | None:
        start = self.of(node, steps - 1)
        return None if start is None else posixpath.normpath(posixpath.join(start, *[".."] * levels))

    def _joined(self, start: ast.AST, others: list[ast.expr], steps: int) -> str | None:
        first = self.of(start, steps - 1)
        parts = [self._text(each, steps - 1) for each in others]
        if first is None or not all(isinstance(part, str) for part in parts):
            return None
        return posixpath.normpath(posixpath.join(first, *[part for part in parts if part is not None]))

    def _text(self, node: ast.AST, steps: int) -> str | None:
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name) if name in self.names and steps:
                return self._text(self.names[name], steps - 1)
        return None


def _owner(call: ast.Call) -> list[ast.expr]:
    """Return `x` of `x.joinpath(…)`: it is the first part of the path."""
    return [call.func.value] if isinstance(call.func, ast.Attribute) and call.func.attr == "joinpath" else []
