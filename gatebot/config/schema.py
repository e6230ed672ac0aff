"""The JSON Schema of `gatebot.yml`, which says for each key which commit it is read from."""

from typing import Any

from gatebot.config.document import Document
from gatebot.config.sections.section import Section


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12). `x-read-from` is `base` for Rules and `head` for the Recipe."""
    found = Document.model_json_schema(by_alias=True)
    for kind in _all_sections(Section):
        target = found if kind is Document else found.get("$defs", {}).get(kind.__name__)
        if target is not None:
            for name, field in kind.model_fields.items():
                side = _read_from(kind, name)
                if side is not None:
                    target["properties"][field.alias or name]["x-read-from"] = side
    found["title"] = "gatebot.yml"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _read_from(kind: type[Section], name: str) -> str | None:
    """The side of a key; None for a section that has keys of both sides."""
    value = kind.model_fields[name].annotation
    if isinstance(value, type) and issubclass(value, Section):
        sides = {_read_from(value, key) for key in value.model_fields}
        return sides.pop() if len(sides) == 1 else None
    owners = [each for each in reversed(kind.__mro__) if issubclass(each, Section) and name in each.model_fields]
    return owners[0].read_from


def _all_sections(kind: type[Section]) -> list[type[Section]]:
    return [sub for each in kind.__subclasses__() for sub in (each, *_all_sections(each))]
