"""Provides the published JSON Schema of `report.json`."""

from typing import Any

from gatebot.core.report import Report


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the Report as it is serialised."""
    found = Report.model_json_schema(mode="serialization")
    found["title"] = "report.json"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
