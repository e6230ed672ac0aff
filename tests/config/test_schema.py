"""The published JSON Schema is the one that the code means."""

import json
from pathlib import Path

import jsonschema

from gatebot.config.schema import schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "gatebot.schema.json"


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text()) == schema(), "run `make docs`"


def test_the_schema_is_a_schema_and_takes_what_the_loader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    check = jsonschema.Draft202012Validator(schema())
    good = {"model": {"python": "p.py"}, "smoke": {"train_rows": "10%", "timeout": 90}, "data": {"path": "x.csv"}}
    assert check.is_valid(good)
    assert not check.is_valid({**good, "projct": "x"})
    assert not check.is_valid({"data": {}})


def test_every_key_says_which_commit_it_is_read_from() -> None:
    found = schema()
    top = {name: value.get("x-read-from") for name, value in found["properties"].items()}
    assert top["policy"] == "base"
    assert top["model"] == "head"
    assert top["data"] is None
    data = {name: value["x-read-from"] for name, value in found["$defs"]["Data"]["properties"].items()}
    layout = {"encoding", "separator", "header", "columns", "decimal", "quote"}
    heads = {"path", "train", "eval", "version", "assets"}
    assert {name for name, side in data.items() if side == "head"} == heads | layout
    smoke = {
        name for name, value in found["$defs"]["Smoke"]["properties"].items() if value.get("x-read-from") == "head"
    }
    assert smoke == {"setup", "lock", "python"}
    env = {name: value["x-read-from"] for name, value in found["$defs"]["Env"]["properties"].items()}
    assert env == {"pass": "base", "set": "head"}
