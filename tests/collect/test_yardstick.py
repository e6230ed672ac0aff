"""The simple model is asked in a process of its own."""

import json
from threading import Event

from gatebot.collect import yardstick


def test_a_question_larger_than_a_pipe_is_answered() -> None:
    columns = {f"c{number}": [str(row % (number + 2)) for row in range(1000)] for number in range(60)}
    question = json.dumps(
        {
            "lesson": columns,
            "kinds": dict.fromkeys(columns, "integer"),
            "labels": ["even" if row % 2 == 0 else "odd" for row in range(1000)],
            "asked": [columns],
        }
    ).encode()
    assert len(question) > 2**16
    answer = yardstick._answered(question, Event())
    assert answer is not None
    assert answer["classes"] == ["even", "odd"]
    assert len(answer["values"][0]) == 1000
