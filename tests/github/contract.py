"""GitHub's own description of its API, as a judge of every request and every answer."""

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

DESCRIPTION = Path(__file__).with_name("openapi.json")
NAME = "https://gatebot.test/openapi.json"


@dataclass(frozen=True)
class Operation:
    """One verb on one path of the description."""

    verb: str
    template: str
    body: dict[str, Any]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        # only a commit's reference may hold slashes
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.template)))


class Contract:
    """The description, cut to what the fake serves (`cut_openapi.py`)."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        resource = DRAFT4.create_resource(description)
        self.registry: Registry[Any] = Registry().with_resource(NAME, resource)
        operations = [
            Operation(verb, template, operation)
            for template, verbs in description["paths"].items()
            for verb, operation in verbs.items()
        ]
        self.operations = sorted(operations, key=lambda operation: operation.template.count("{"))
        self._samples: dict[str, Any] = {}

    def find(self, verb: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        for operation in self.operations:
            match = operation.pattern.fullmatch(path)
            if match and operation.verb == verb.lower():
                return operation, match.groupdict()
        return None

    def request_faults(self, operation: Operation, query: dict[str, str], body: Any) -> list[str]:
        """What a request has that the description does not allow."""
        declared = {
            p["name"]: p for p in map(self.resolved, operation.body.get("parameters", [])) if p["in"] == "query"
        }
        faults = [f"unknown query parameter {name!r}" for name in query if name not in declared]
        for name, parameter in declared.items():
            if name in query:
                value = _cast(query[name], self.resolved(parameter["schema"]))
                faults += self._faults(OAS30WriteValidator, parameter["schema"], value, f"query {name}")
        content = self.resolved(operation.body.get("requestBody", {})).get("content", {})
        if "application/json" in content:
            faults += self._faults(OAS30WriteValidator, content["application/json"]["schema"], body, "request body")
        elif body is not None:
            faults.append("a body that the operation does not take")
        return faults

    def answer_faults(self, operation: Operation, status: int, body: Any) -> list[str]:
        """What an answer has that the description does not allow. Codes that it leaves out are not judged."""
        schema = self.answer_schema(operation, status)
        if schema is None:
            return []
        return self._faults(OAS30ReadValidator, schema, body, f"answer {status}")

    def answer_schema(self, operation: Operation, status: int) -> dict[str, Any] | None:
        answer = operation.body["responses"].get(str(status))
        content = self.resolved(answer).get("content", {}) if answer else {}
        schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
        return schema

    def sample(self, schema: dict[str, Any]) -> Any:
        """The smallest value that fits a schema: required properties only, the emptiest of each type."""
        schema = self.resolved(schema)
        if "allOf" in schema:
            return {key: value for part in schema["allOf"] for key, value in self.sample(part).items()}
        if schema.get("nullable"):
            return None
        for choice in ("oneOf", "anyOf"):
            if choice in schema and "properties" not in schema:
                return self.sample(schema[choice][0])
        return self._smallest(schema)

    def _smallest(self, schema: dict[str, Any]) -> Any:
        match schema:
            case {"enum": [first, *_]}:
                return first
            case {"type": "array", "items": item}:
                return [self.sample(item) for _ in range(schema.get("minItems", 0))]
            case {"format": shape} if shape in _SMALLEST:
                return _SMALLEST[shape]
            case {"type": kind} if kind in _SMALLEST:
                return _SMALLEST[kind]
            case _:
                known = schema.get("properties", {})
                return {name: self.sample(known.get(name, {})) for name in schema.get("required", [])}

    def named_sample(self, name: str) -> Any:
        """Made once: who needs another takes a copy."""
        if name not in self._samples:
            self._samples[name] = self.sample({"$ref": f"#/components/schemas/{name}"})
        return self._samples[name]

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.description
            for step in node["$ref"].partition("#/")[2].split("/"):
                found = found[step]
            node = found
        return node

    def _faults(self, validator: Any, schema: dict[str, Any], value: Any, where: str) -> list[str]:
        checker = validator(schema, registry=self.registry)
        return [f"{where} at {error.json_path}: {error.message[:300]}" for error in checker.iter_errors(value)]


_SMALLEST = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "uri": "https://api.github.com/",
    "date-time": "2026-11-20T12:00:00Z",
    "email": "nobody@example.com",
}


def _cast(text: str, schema: dict[str, Any]) -> Any:
    match schema.get("type"):
        case "integer" if text.lstrip("-").isdigit():
            return int(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case _:
            return text


def repaired(node: Any) -> Any:
    """The description as it is meant: three habits of it that OpenAPI 3.0 reads otherwise."""
    match node:
        case {"oneOf": choices, "discriminator": _}:  # the property that discriminates is itself optional
            return {"anyOf": repaired(choices)}
        case {"nullable": True, "enum": [*values]} if None not in values:
            return {**node, "enum": [*values, None]}
        case {"nullable": True, "anyOf": [*choices]}:
            return {"anyOf": [*repaired(choices), {"enum": [None], "nullable": True}], "nullable": True}
        case dict():
            return {key: repaired(value) for key, value in node.items()}
        case list():
            return [repaired(item) for item in node]
        case _:
            return node


@cache
def contract() -> Contract:
    published = DESCRIPTION.read_text().replace('"#/components/', f'"{NAME}#/components/')
    return Contract(repaired(json.loads(published)))
