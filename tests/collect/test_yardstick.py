"""gatebot's own simple model answers in time, whatever the size of the question."""

import json
from threading import Event

import pytest

from gatebot.collect import yardstick
from gatebot.collect.runner import InterruptedRunError


def question(rows: int) -> bytes:
    cells = {"x": [str(row % 7) for row in range(rows)], "filler": ["x" * 200] * rows}
    labels = ["high" if row % 7 > 3 else "low" for row in range(rows)]
    kinds = {"x": "integer", "filler": "category"}
    return json.dumps({"lesson": cells, "kinds": kinds, "labels": labels, "asked": [cells]}).encode()


def test_a_question_larger_than_a_pipe_is_answered() -> None:
    asked = question(1000)
    assert len(asked) > 65_536
    answer = yardstick._answered(asked, Event())
    assert answer is not None
    assert answer["classes"] == ["high", "low"]
    assert len(answer["values"][0]) == 1000


def test_a_cancelled_run_ends_it() -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(InterruptedRunError):
        yardstick._answered(question(1000), cancelled)


def test_it_is_stopped_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "SECONDS", 0.0)
    assert yardstick._answered(question(1000), Event()) is None
