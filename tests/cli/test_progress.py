"""Progress: lines in logs, a table that moves in terminals, nothing where nobody wants it."""

import sys

import pytest

from gatebot.cli.progress import Lines, progress_for
from gatebot.collect.progress import Phase, Step
from gatebot.evidence.need import Side

TRAIN = Step(Phase.TRAIN, Side.HEAD, "seed 1, smoke")


@pytest.mark.parametrize(
    ("step", "seconds", "outcome", "said"),
    [
        (TRAIN, 0.1, "ok", "head: training (seed 1, smoke): ok, 0.1 s"),
        (Step(Phase.READ, Side.BASE), 0.1, "ok", ""),
        (Step(Phase.READ, Side.BASE), 3.0, "ok", "base: reading data: ok, 3.0 s"),
        (Step(Phase.SETUP, Side.HEAD), 0.1, "cached", ""),
        (Step(Phase.PREDICT, Side.HEAD), 0.1, "crashed", "head: predicting: crashed, 0.1 s"),
    ],
)
def test_lines_say_what_took_a_while_or_went_wrong(
    step: Step, seconds: float, outcome: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    lines.started(step)
    lines.finished(step, seconds, outcome)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.partition("] ")[2].rstrip("\n") == said


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, "1 training to do"), (4, "4 trainings to do")])
def test_lines_count_trainings(count: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Lines().planned(count)
    assert capsys.readouterr().err.partition("] ")[2].rstrip("\n") == said


def test_lines_say_which_training_of_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.planned(2)
    lines.finished(TRAIN, 2.0, "ok")
    assert capsys.readouterr().err.splitlines()[-1].partition("] ")[2] == (
        "head: training 1 of 2 (seed 1, smoke): ok, 2.0 s"
    )


def test_lines_say_how_many_trainings_are_not_run_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.planned(4)
    lines.left_out(Side.HEAD, 2, "not run, because they would fail")
    lines.finished(TRAIN, 2.0, "ok")
    told = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told[1:] == [
        "head: 2 trainings not run, because they would fail",
        "head: training 1 of 2 (seed 1, smoke): ok, 2.0 s",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_for(quiet=True) as progress:
        progress.planned(3)
        progress.started(TRAIN)
        progress.finished(TRAIN, 9.0, "crashed")
    assert capsys.readouterr().err == ""


def test_a_log_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with progress_for(quiet=False) as progress:
        assert isinstance(progress, Lines)


def test_a_terminal_gets_something_that_moves_and_cleans_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert sys.stderr is not None
    with progress_for(quiet=False) as progress:
        progress.planned(2)
        progress.left_out(Side.HEAD, 1, "not run, because [it] would fail")
        progress.started(TRAIN)
        progress.finished(TRAIN, 1.0, "ok")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "judging" in shown.err
    assert "head: 1 training not run, because [it] would fail" in shown.err


SETUP = Step(Phase.SETUP, Side.HEAD)


def test_lines_say_what_set_up_runs_and_now_and_then_how_much_it_has_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr("gatebot.cli.progress.time.monotonic", lambda: now)
    lines = Lines()
    lines.advanced(SETUP, "pip install -r a.txt", None)
    for now in (1005.0, 1010.0, 1031.0, 1036.0):
        lines.advanced(SETUP, "pip install -r a.txt", int(now) * 1_000_000)
    lines.advanced(SETUP, "pip install ::error::\x1b[2J", None)
    lines.finished(SETUP, 40.0, "built, 812 MB")
    assert [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "head: setting up the environment: pip install -r a.txt",
        "head: setting up the environment: pip install -r a.txt, 1,031 MB so far",
        "head: setting up the environment: pip install ::error::�[2J",
        "head: setting up the environment: built, 812 MB, 40.0 s",
    ]


def test_a_terminal_says_what_set_up_runs_without_obeying_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with progress_for(quiet=False) as progress:
        progress.started(SETUP)
        progress.advanced(SETUP, "pip install [red]x\x1b[2J", 3_000_000)
    shown = capsys.readouterr().err
    assert "pip install [red]x" in shown
    assert "3 MB so far" in shown
    assert "\x1b[2J" not in shown.partition("pip install")[2]
