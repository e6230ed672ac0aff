"""The text of a `gatebot.yml` becomes a Document, or one error that lists everything wrong with it."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gatebot.config import yaml
from gatebot.config.document import Document
from gatebot.config.guarantee import obstacles
from gatebot.config.sections.section import Section
from gatebot.core.checkout import Checkout
from gatebot.errors import UsageError

FILE_NAME = "gatebot.yml"

# Keys that the format has and nothing reads yet. What would weaken the gate unnoticed is refused where it is set.
RESERVED: tuple[tuple[yaml.Path, object], ...] = (
    (("serving",), None),
    (("behaviour",), ()),
    (("data", "contract"), None),
    (("data", "labels"), "public"),
    (("baseline", "keep_model"), 0),
    (("privacy", "ids"), "hashed"),
)


def load(path: Path) -> Document:
    """The configuration in a file.

    Raises:
        UsageError: no such file, or anything wrong in it.
    """
    return read(Checkout(path.parent), path.name, str(path))


def read(checkout: Checkout, path: str, name: str = "") -> Document:
    """The configuration at a path of a checkout; `name` is what errors call it.

    Raises:
        UnsafePathError: no regular file stands there.
        UsageError: no such file, or anything wrong in it.
    """
    name = name or str(checkout.root / path)
    try:
        text = checkout.read(path, yaml.MOST_BYTES).decode("utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"{name}: no such file", "`gatebot init` writes one") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not UTF-8", "save it as UTF-8 text") from error
    return parse(text, name)


def parse(text: str, name: str = FILE_NAME) -> Document:
    """The configuration in a text; `name` is what errors call it.

    Raises:
        UsageError: anything wrong; lists every problem with its line, its path and the nearest key.
    """
    parsed = yaml.parse(text)
    troubles = list(parsed.troubles)
    if not troubles and not isinstance(parsed.value, dict):
        troubles = [yaml.Trouble(1, (), "this is not a mapping of keys to values")]
    if isinstance(parsed.value, dict):
        try:
            document = Document.model_validate(parsed.value)
        except ValidationError as error:
            troubles += _troubles(error, parsed)
        else:
            troubles += [*_reserved(document, parsed), *_unpromised(document, parsed)]
    if troubles:
        troubles.sort(key=lambda trouble: trouble.line)
        listed = "\n".join(f"{name}:{each.line}: {_dotted(each.path)}{each.message}" for each in troubles)
        raise UsageError(listed, "`gatebot init --print` shows a complete example; docs/configuration.md has every key")
    return document


def _troubles(error: ValidationError, parsed: yaml.Parsed) -> Iterator[yaml.Trouble]:
    """Each problem once: the members of a union all complain about the same value."""
    seen = set()
    for each in error.errors():
        path, known = _path(each, parsed)
        if path not in seen:
            seen.add(path)
            yield yaml.Trouble(parsed.line_of(path), path, _message(each, path, known))


def _reserved(document: Document, parsed: yaml.Parsed) -> Iterator[yaml.Trouble]:
    """Keys that are set and that this version does not read."""
    for path, unset in RESERVED:
        value: object = document
        for name in path:
            value = getattr(value, str(name))
        if value != unset:
            yield yaml.Trouble(parsed.line_of(path), path, "is reserved: this version does not read it yet; remove it")


def _unpromised(document: Document, parsed: yaml.Parsed) -> Iterator[yaml.Trouble]:
    """Why the guarantee cannot be given for this kind of model and data."""
    trains = document.model.python is not None or document.model.train is not None
    for why in obstacles(document.rules, trains=trains):
        yield yaml.Trouble(parsed.line_of(("guarantee",)), ("guarantee",), why)


def _path(error: ErrorDetails, parsed: yaml.Parsed) -> tuple[yaml.Path, bool]:
    """The part of the error's location that is in the file, and whether that is all of it."""
    location = tuple(error["loc"])
    path: yaml.Path = ()
    for part in location:
        if (*path, part) not in parsed.lines:
            break
        path = (*path, part)
    if error["type"] == "missing" and len(location) == len(path) + 1:
        path = location
    return path, path == location


def _message(error: ErrorDetails, path: yaml.Path, exact: bool) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key{_nearest(path)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case "bool_type" | "string_type" if isinstance(error["input"], bool | int | float):
            return f"{error['input']!r} must be a text: put it in quotes"
        case _ if not exact:
            return f"{error['input']!r} fits none of the forms that this key takes"
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]} (here: {str(error['input'])[:60]!r})"


def _nearest(path: yaml.Path) -> str:
    keys = sorted(_keys(Document, path[:-1]))
    near = get_close_matches(str(path[-1]), keys, n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(keys)}"


def _keys(kind: object, path: yaml.Path) -> set[str]:
    """The keys that a section at `path` may have, over all members where the value may be of several kinds."""
    found: set[str] = set()
    for section in _sections(kind):
        names = {field.alias or name: field.annotation for name, field in section.model_fields.items()}
        if not path:
            found |= set(names)
        elif path[0] in names:
            rest = path[2:] if len(path) > 1 and isinstance(path[1], int) else path[1:]
            found |= _keys(names[str(path[0])], rest)
    return found


def _sections(kind: object) -> Iterator[type[Section]]:
    """The section types that an annotation mentions."""
    if isinstance(kind, type) and issubclass(kind, Section):
        yield kind
    elif get_origin(kind) is not None:
        for part in get_args(kind):
            yield from _sections(part)


def _dotted(path: yaml.Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{text.lstrip('.')}: " if text else ""
