"""The published schema of report.json is the one of the code, and holds for Reports as they are written."""

import json
from pathlib import Path

import jsonschema
import pytest

from gatebot.core.report import Report
from gatebot.render.schema import schema
from tests.render.reports import REALISTIC, hostile, huge

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text()) == schema(), "run `make docs`"


@pytest.mark.parametrize("report", [*(make() for make in REALISTIC.values()), hostile(), huge(20)])
def test_every_report_fits_it(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(json.loads(report.model_dump_json()))


def test_it_says_what_the_documentation_promises() -> None:
    promised = {"schema_version", "verdict", "exit_code", "project", "base", "head", "measures", "findings", "skipped",
                "waived", "costs", "isolation", "environment_changes"}  # fmt: skip
    assert promised <= set(schema()["properties"])
