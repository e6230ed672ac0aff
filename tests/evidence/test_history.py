"""The contract of the values of earlier runs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gatebot.evidence.history import History, RunHistory, RunValue
from gatebot.evidence.need import Side

OLD, NEW = (datetime(2026, 11, day, tzinfo=UTC) for day in (19, 20))
COMMIT = "a" * 40


def test_history_is_that_of_base() -> None:
    need = History("accuracy", 3)
    assert need.side is Side.BASE
    assert need.parameters == {"name": "accuracy", "count": 3}


@pytest.mark.parametrize(
    "parameters",
    [
        *({"name": "", "count": 3}, {"name": "a" * 201, "count": 3}, {"name": "a\n", "count": 3}),
        *({"name": "a", "count": 0}, {"name": "a", "count": 1001}, {"name": "a", "count": -1}),
    ],
)
def test_needs_are_bounded(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        History.of(parameters)


@pytest.mark.parametrize(
    ("runs", "flaw"),
    [
        ([RunValue(COMMIT, OLD, 0.5)] * 1001, "more than 1,000 runs"),
        ([RunValue("main", OLD, 0.5)], "not named by its hash"),
        ([RunValue(COMMIT, OLD, float("nan"))], "not finite"),
        ([RunValue(COMMIT, NEW, 0.5), RunValue(COMMIT, OLD, 0.5)], "order of their times"),
    ],
)
def test_flaws_of_a_history(runs: list[RunValue], flaw: str) -> None:
    assert [each for each in RunHistory(tuple(runs)).flaws() if flaw in each]


def test_runs_in_order_have_no_flaw() -> None:
    assert not list(RunHistory((RunValue(COMMIT, OLD, 0.5), RunValue("b" * 64, NEW, 0.6))).flaws())
