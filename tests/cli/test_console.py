"""What commands print: errors that own their advice, nothing that could steer a terminal or a log."""

import io

import pytest

from gatebot.cli.console import colourful, explain, printable
from gatebot.errors import GateError


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour(environ: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert colourful(_Terminal() if terminal else io.StringIO()) is expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\nlines", "plain\nlines"),
        ("\033[31mred\033[0m", "�[31mred�[0m"),
        ("a\rb\tc", "a�b�c"),
        ("\u202eright to left", "�right to left"),
        ("::error::forged", "·::error::forged"),
        ("fine\n  ::set-output name=x::y", "fine\n·  ::set-output name=x::y"),
        ("##[error]forged", "## [error]forged"),
        ("größer ≥ 0,5", "größer ≥ 0,5"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_error_and_hint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    explain(GateError("gatebot.yml:3: unknown key", "did you mean `task`?"))
    shown = capsys.readouterr()
    assert shown.err == "error: gatebot.yml:3: unknown key\n hint: did you mean `task`?\n"
    assert shown.out == ""


def test_error_without_hint(capsys: pytest.CaptureFixture[str]) -> None:
    explain(GateError("what"))
    assert capsys.readouterr().err == "error: what\n"


def test_error_is_an_annotation_in_actions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    explain(GateError("one\n::warning::two"))
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("::error title=gatebot::one%0A")
