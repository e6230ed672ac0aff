"""Every way of ending becomes an exit code and one clear message, and nothing heavy is imported on the way."""

import argparse
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatebot import __version__
from gatebot.cli import main as cli
from gatebot.errors import ExitCode, GateError, MachineError, UsageError
from gatebot.run.output import leave_evidence
from tests.checks.worlds import world

HEAVY = {
    "polars",
    "pandas",
    "sklearn",
    "scipy",
    "numpy",
    "github",
    "requests",
    "rich",
    "pydantic",
    "jinja2",
    "yaml",
    "tabulate",
}


def _imported(*words: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "gatebot", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("words", [("--version",), ("--help",), *((name, "--help") for name in cli.COMMANDS)])
def test_asking_for_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert _imported(*words) & HEAVY == set()


def test_what_judges_and_shows_imports_nothing_that_collects(tmp_path: Path) -> None:
    leave_evidence(world().case(), tmp_path)
    sides = ["--head", str(tmp_path / "head"), "--base", str(tmp_path / "base"), "--out", str(tmp_path)]
    report = str(tmp_path / "report.json")
    for words in (("judge", *sides), ("render", report), ("render", report, "--format", "html")):
        assert _imported(*words) & {"polars", "pandas", "sklearn", "github", "requests", "yaml"} == set()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"gatebot {__version__}\n"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_with_an_example_or_exit_codes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "example" in shown or "exit codes" in shown


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["init", "--nonsense"]])
def test_usage_errors(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == ExitCode.USAGE
    assert "usage: gatebot" in capsys.readouterr().err


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base")


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_module", lambda _name: SimpleNamespace(add_arguments=_add, run=run))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("what", "do"), ExitCode.USAGE),
        (MachineError("what", "do"), ExitCode.COULD_NOT_JUDGE),
        (GateError("what", "do", ExitCode.STATUS_NOT_WRITTEN), ExitCode.STATUS_NOT_WRITTEN),
    ],
)
def test_errors_say_what_and_what_to_do(
    error: GateError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, error)
    assert cli.main(["run"]) == code
    assert capsys.readouterr().err == "error: what\n hint: do\n"


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _raising(monkeypatch, KeyboardInterrupt())
    assert cli.main(["run"]) == ExitCode.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_a_bug_leaves_what_is_needed_to_report_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, ZeroDivisionError("of all things"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "--base", "a-secret-name"]) == ExitCode.BUG
    text = (tmp_path / ".gatebot" / "bug.md").read_text()
    assert "ZeroDivisionError: of all things" in text
    assert "a-secret-name" not in text
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_where_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, ZeroDivisionError("of all things"))
    (tmp_path / ".gatebot").write_text("a file where the folder would be")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run"]) == ExitCode.BUG
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m gatebot checks --json | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_action_is_the_same_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("INPUT_COMMAND", "render --help")
    assert cli.main(["action"]) == 0
    assert "usage: gatebot render" in capsys.readouterr().out
