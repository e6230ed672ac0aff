"""YAML to plain values and the line of each: safely, with no duplicate keys and no alias bombs."""

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MOST_VALUES = 20_000
MOST_BYTES = 250_000
MOST_DEPTH = 100
LONGEST_NUMBER = 400
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong at a line, counted from 1."""

    line: int
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values, the line of each path, and what was wrong on the way."""

    value: Any
    lines: dict[Path, int]
    troubles: tuple[Trouble, ...]

    def line_of(self, path: Path) -> int:
        """The line of the deepest part of `path` that the file has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def parse(text: str) -> Parsed:
    """Parse one YAML document. Never raises: syntax errors are troubles too."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return Parsed(None, {}, (Trouble(1, (), f"the file is larger than {MOST_BYTES:,} bytes"),))
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Parsed(None, {}, (Trouble(line, (), f"not YAML: {error.problem}"),))
    except _StopError as stop:
        line, why = stop.args
        return Parsed(None, {}, (Trouble(line, (), why),))
    except (yaml.YAMLError, RecursionError) as error:
        return Parsed(None, {}, (Trouble(1, (), f"not YAML: {error}"),))
    if node is None:
        return Parsed(None, {}, (Trouble(1, (), "the file is empty"),))
    reading = _Reading()
    value = reading.value(node, (), ())
    return Parsed(value, reading.lines, tuple(reading.troubles))


class _StopError(Exception):
    """A document is deeper or longer than any that means well."""


class _Loader(yaml.SafeLoader):
    """Stops where a document gets too deep or too long: PyYAML's time grows with the square of the depth."""

    depth = 0
    left = MOST_VALUES

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        line = self.line + 1
        if self.depth > MOST_DEPTH:
            raise _StopError(line, f"nested deeper than {MOST_DEPTH} levels")
        if self.left < 0:
            raise _StopError(line, f"more than {MOST_VALUES:,} values")
        self.left -= 1
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Reading:
    """One walk over a document's nodes."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.troubles: list[Trouble] = []
        self._scalars = yaml.constructor.SafeConstructor()
        self._left = MOST_VALUES

    def value(self, node: Node, path: Path, above: tuple[Node, ...]) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._left -= 1
        if self._left < 0 or any(node is parent for parent in above):
            if self._left == -1 or any(node is parent for parent in above):
                self._trouble(node, path, "aliases make this file endless or too large")
            return None
        if len(above) > MOST_DEPTH:
            self._trouble(node, path[:1], f"is nested deeper than {MOST_DEPTH} levels")
            return None
        match node:
            case MappingNode():
                return self._mapping(node, path, (*above, node))
            case SequenceNode():
                return [self.value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
            case _:
                return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path, above: tuple[Node, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                self._trouble(key_node, path, "a key must be a plain word")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in found:
                self._trouble(key_node, here, f"`{key}` stands twice (first on line {self.lines[here]})")
                continue
            self.lines[here] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, here, above)
        return found

    def _scalar(self, node: Node, path: Path) -> Any:
        if node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
            self._trouble(node, path, f"a number of more than {LONGEST_NUMBER} characters is none")
            return None
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._trouble(node, path, f"cannot read {node.value[:60]!r}: {str(error).splitlines()[0]}")
        except (LookupError, AttributeError, TypeError):  # a tag whose form the text does not have
            self._trouble(node, path, f"cannot read {node.value[:60]!r} as {node.tag.rpartition(':')[2][:60]!r}")
        return None

    def _trouble(self, node: Node, path: Path, message: str) -> None:
        self.troubles.append(Trouble(node.start_mark.line + 1, path, message))
