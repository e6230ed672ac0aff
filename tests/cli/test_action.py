"""Inputs of action.yml become a command line."""

import pytest

from gatebot.cli.action import arguments_from
from gatebot.errors import UsageError


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        ({}, ["run"]),
        ({"COMMAND": ""}, ["run"]),
        ({"COMMAND": "run", "CONFIG": "a/gatebot.yml"}, ["run", "--config=a/gatebot.yml"]),
        ({"BASELINE": "v1", "PROJECT": "prices"}, ["run", "--base=v1", "--project=prices"]),
        ({"COMMAND": "collect", "CONFIG": "c.yml"}, ["collect", "--config=c.yml"]),
        ({"COMMAND": "publish --finish", "CONFIG": "c.yml"}, ["publish", "--finish", "--config=c.yml"]),
        ({"COMMAND": "judge", "PROJECT": "prices"}, ["judge", "--project=prices"]),
        (
            {"COMMAND": "judge --head out/head --base out/base", "CONFIG": "gatebot.yml", "PROJECT": "prices"},
            ["judge", "--head", "out/head", "--base", "out/base"],
        ),
        ({"COMMAND": "judge --head=out/head", "CONFIG": "gatebot.yml"}, ["judge", "--head=out/head"]),
        ({"COMMAND": "render --format html", "CONFIG": "c.yml"}, ["render", "--format", "html"]),
        ({"COMMAND": "run", "COMMENT": "never", "TOKEN": "t"}, ["run"]),
        ({"COMMAND": "run", "CONFIG": "a b/--x.yml"}, ["run", "--config=a b/--x.yml"]),
    ],
)
def test_inputs_become_arguments(inputs: dict[str, str], arguments: list[str]) -> None:
    assert arguments_from({f"INPUT_{name}": value for name, value in inputs.items()}) == arguments


@pytest.mark.parametrize("command", ["init", "rm -rf /", "--version", "doctor"])
def test_other_commands_are_refused(command: str) -> None:
    with pytest.raises(UsageError, match="input command"):
        arguments_from({"INPUT_COMMAND": command})
