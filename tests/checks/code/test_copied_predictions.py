from dataclasses import replace

import pytest

from gatebot.core.finding import Priority, Status
from gatebot.evidence.predictions import Copied, Predictions
from tests.checks.worlds import HARMLESS, facts, said, silent, weighed, world

CHECK = "code.copied_predictions"
COPIED = Copied("model/answers.csv", 3000, 2999)


def copying(each: Predictions) -> Predictions:
    return replace(each, copied=COPIED)


FAULT = world().head_with(predictions=copying)


def test_copied_predictions_are_found() -> None:
    assert said(CHECK, FAULT) == {COPIED.path: Status.NEW}
    assert weighed(CHECK, FAULT)[COPIED.path].priority is Priority.P1
    assert facts(CHECK, FAULT, COPIED.path) == {"equal": 2999, "rows": 3000, "path": COPIED.path}


def test_what_base_copies_too_is_inherited() -> None:
    planted = world().head_with(predictions=copying).base_with(predictions=copying)
    assert said(CHECK, planted) == {COPIED.path: Status.INHERITED}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, HARMLESS[name])
