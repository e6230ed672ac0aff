"""Small questions to nodes of Python syntax trees."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeGuard


def given_values(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value, outside of functions and classes."""
    names: set[str] = set()
    open_nodes: list[ast.AST] = [node]
    while open_nodes:
        match open_nodes.pop():
            case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case inner:
                open_nodes += ast.iter_child_nodes(inner)
    return names


def returned(values: Sequence[ast.expr]) -> tuple[str, ...] | None:
    """Return the names in the last of the values that a function returns; empty texts for what has none."""
    if not values:
        return None
    items = values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]]
    return tuple(item.id if isinstance(item, ast.Name) else "" for item in items)


def saved_to(node: ast.Call) -> list[ast.expr]:
    """Return what may be the path in `joblib.dump(model, path)`, `pickle.dump(model, open(path, "wb"))` and so on."""
    given = [*node.args[:2], *(each.value for each in node.keywords if each.arg in ("filename", "path", "fname", "f"))]
    opened = (
        each.args[0] if isinstance(each, ast.Call) and called(each) == "open" and each.args else each for each in given
    )
    return list(opened)


def is_file(value: Any) -> TypeGuard[str]:
    """Return whether a value looks like the path of a file."""
    return isinstance(value, str) and PurePosixPath(value).suffix != ""


def called(node: ast.Call) -> str:
    """Return the name of what is called, without what it belongs to."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def root(node: ast.AST) -> str:
    """Return `a` of `a.b.c`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_estimator(name: str) -> bool:
    """Return whether a class is called like a model."""
    return name.endswith(("Classifier", "Regressor", "Regression", "SVC", "SVR", "NB", "Ridge", "Lasso"))


def is_true(node: ast.AST | None) -> bool:
    """Return whether an expression is `True`."""
    return isinstance(node, ast.Constant) and node.value is True


def outside_of_keys(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those within `[…]`: in `df[params["target"]]`, the column belongs to `df`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Subscript) and child is node.slice):
            yield from outside_of_keys(child)
