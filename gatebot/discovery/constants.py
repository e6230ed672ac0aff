"""Values of expressions in Python source that are known without running it: texts, lists of texts, paths."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from gatebot.discovery.file_paths import assigned, rooted_path


@dataclass(slots=True)
class Constants:
    """The names that stand for one text or list of texts in a file, the settings, and the defaults of options.

    Paths may start from the place of the file: `expressions` are those that names of it stand for.
    """

    names: dict[str, Any]
    settings: Mapping[str, Any]
    file: PurePosixPath
    expressions: Mapping[str, ast.expr]
    defaults: dict[str, Any] = field(default_factory=dict)

    def value(self, node: ast.AST | None) -> Any:  # noqa: PLR0911  # one line for each kind of expression
        """Return the text or list of texts that an expression stands for, or None if unknown."""
        if node is not None and (path := rooted_path(node, self.file, self.expressions)) is not None:
            return path
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.List(elts=items) | ast.Tuple(elts=items):
                values = [self.value(item) for item in items]
                return values if values and all(isinstance(value, str) for value in values) else None
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id="args" | "opt" | "opts" | "options" | "flags" | "FLAGS"), attr=name):
                return self.defaults.get(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                both = [self.value(left), self.value(right)]
                return both[0] + both[1] if all(isinstance(each, list) for each in both) else None
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _joined([self.value(left), self.value(right)])
            case ast.JoinedStr(values=parts):
                pieces = [self.value(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts]
                return "".join(map(str, pieces)) if all(isinstance(piece, str) for piece in pieces) else None
            case ast.Call(func=ast.Name(id="Path" | "str") | ast.Attribute(attr="join" | "Path"), args=args):
                return _joined([self.value(arg) for arg in args])
            case ast.Subscript() | ast.Attribute():
                return self._setting(node)
        return None

    def _setting(self, node: ast.AST) -> Any:
        """Return the value of `params["data"]["path"]` or `cfg.data.path` if exactly one setting has this key."""
        keys: list[str] = []
        while True:
            match node:
                case ast.Subscript(value=inner, slice=ast.Constant(value=str() as key)):
                    keys.insert(0, key)
                    node = inner
                case ast.Attribute(value=inner, attr=key):
                    keys.insert(0, key)
                    node = inner
                case _:
                    break
        ending = ".".join(keys)
        fits = [value for name, value in self.settings.items() if name == ending or name.endswith(f".{ending}")]
        return fits[0] if ending and len(fits) == 1 else None


def constants_of(tree: ast.Module, settings: Mapping[str, Any], file: PurePosixPath) -> Constants:
    """Return what the names and options of a file stand for, where they are first given a known value."""
    known = Constants({}, settings, file, assigned(tree))
    for node in in_order(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                found = known.value(value)
                if found is not None:
                    known.names.setdefault(name, found)
            case ast.Call(func=ast.Attribute(attr="add_argument" | "option"), args=args, keywords=keywords):
                flags = [word for arg in args if isinstance(word := known.value(arg), str) and word.startswith("--")]
                default = next((known.value(each.value) for each in keywords if each.arg == "default"), None)
                if flags and default is not None:
                    known.defaults.setdefault(flags[0].lstrip("-").replace("-", "_"), default)
            case ast.arguments(args=args, defaults=defaults):
                for each, default in zip(args[len(args) - len(defaults) :], defaults, strict=True):
                    found = known.value(default)
                    if found is not None:
                        known.names.setdefault(each.arg, found)
    return known


def _joined(parts: Sequence[Any]) -> str | None:
    """Join the known parts of a path; the parts before them may be unknown (`Path(__file__).parent`)."""
    if not parts or not isinstance(parts[-1], str):
        return None
    return str(PurePosixPath(*[part for part in parts if isinstance(part, str)]))


def in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes in the order of the file."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from in_order(child)
