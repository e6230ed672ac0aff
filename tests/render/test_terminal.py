"""The terminal: two widths held against files that a person has looked at, and no text that steers it.

`python -m tests.render.test_terminal` writes the files anew.
"""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from gatebot.core.report import Report
from gatebot.render.terminal import print_report, text
from tests.render.hostility import CHUNKS, HOSTILE_TEXTS
from tests.render.reports import (
    REALISTIC,
    blocked,
    bootstrap,
    crashed_training,
    hostile,
    huge,
    passed,
    poisoned,
    warned,
)

GOLDEN = Path(__file__).parent / "golden"
SHOWN = {
    "blocked": blocked,
    "passed": passed,
    "warned": warned,
    "crashed": crashed_training,
    "bootstrap": bootstrap,
}
CASES = [(name, width) for name in SHOWN for width in (60, 160)]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def shown(name: str, width: int) -> str:
    return text(SHOWN[name](), width, files=[".gatebot/report.json", ".gatebot/report.html"])


@pytest.mark.parametrize(("name", "width"), CASES)
def test_it_looks_as_it_did(name: str, width: int) -> None:
    assert shown(name, width) == (GOLDEN / f"{name}_{width}.txt").read_text()


@pytest.mark.parametrize("width", [40, 60, 99, 100, 160])
@pytest.mark.parametrize("made", [*REALISTIC.values(), hostile, huge])
def test_no_line_is_wider_than_the_terminal(made: Callable[[], Report], width: int) -> None:
    assert max(cell_len(line) for line in text(made(), width).split("\n")) <= width + 2  # a defused command is wider


@settings(max_examples=60, deadline=None)
@given(HOSTILE_TEXTS)
def test_nothing_untrusted_steers_a_terminal_or_the_runner(attack: str) -> None:
    for made in (hostile(attack), poisoned(crashed_training(), attack)):
        told = text(made, 60)
        assert all(line.isprintable() for line in told.split("\n"))
        assert "##[" not in told
        assert not any(line.lstrip().startswith("::") for line in told.split("\n"))


@pytest.mark.parametrize("attack", CHUNKS)
def test_colours_are_all_ours(attack: str) -> None:
    coloured = text(hostile(attack), 80, colour=True)
    assert ANSI.search(coloured)
    plain = ANSI.sub("", coloured)
    assert all(line.isprintable() for line in plain.split("\n"))
    assert not any(line.lstrip().startswith("::") for line in plain.split("\n"))


def test_colour_changes_nothing_else() -> None:
    coloured = ANSI.sub("", text(blocked(), 80, colour=True))
    assert [line.rstrip() for line in coloured.split("\n")] == text(blocked(), 80).split("\n")


@pytest.mark.parametrize(
    ("environ", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["a terminal", "NO_COLOR"]
)
def test_colour_is_for_terminals_that_want_it(environ: dict[str, str], colour: bool) -> None:
    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=80, _environ=environ)
    print_report(passed(), console)
    assert bool(ANSI.search(stream.getvalue())) is colour


def test_a_file_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(passed())
    told = capsys.readouterr().out
    assert "gatebot: pass" in told
    assert not ANSI.search(told)


def test_a_stream_without_unicode_is_written_to_all_the_same(tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("w", encoding="ascii") as stream:
        print_report(blocked(), Console(file=stream, width=120))
    told = (tmp_path / "out.txt").read_text()
    assert "-4.1 points [-5.2, -3.0]" in told
    assert "x  recall(urgent)" in told


def test_very_much_is_cut_and_said_so() -> None:
    assert "480 more are in the other reports" in text(huge(), 120)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each, columns in CASES:
        (GOLDEN / f"{each}_{columns}.txt").write_text(shown(each, columns))
