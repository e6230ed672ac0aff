"""What each priority does, and the three exceptions."""

import pytest

from gatebot.config.sections.policy import Policy
from gatebot.core.finding import Action, Priority, Status
from gatebot.decide.policy.action import action_of

BLOCK, REVIEW, WARN, NOTE = Action.BLOCK, Action.REVIEW, Action.WARN, Action.NOTE
REVIEWING = Policy(block=("P0",), review=("P1",))


@pytest.mark.parametrize(
    ("policy", "priority", "status", "can_review", "fixed", "expected"),
    [
        (Policy(), Priority.P0, Status.NEW, True, None, BLOCK),
        (Policy(), Priority.P1, Status.WORSE, True, None, BLOCK),
        (Policy(), Priority.P2, Status.NEW, True, None, WARN),
        (Policy(), Priority.P4, Status.NEW, True, None, NOTE),
        (Policy(note=()), Priority.P4, Status.NEW, True, None, NOTE),
        (REVIEWING, Priority.P1, Status.NEW, True, None, REVIEW),
        (REVIEWING, Priority.P1, Status.NEW, False, None, WARN),
        (Policy(), Priority.P0, Status.INHERITED, True, None, WARN),
        (Policy(inherited="note"), Priority.P0, Status.INHERITED, True, None, NOTE),
        (Policy(), Priority.P0, Status.FIXED, True, None, NOTE),
        (Policy(), Priority.P0, Status.NEW, True, REVIEW, REVIEW),
        (Policy(), Priority.P0, Status.NEW, False, REVIEW, WARN),
    ],
)
def test_action(
    policy: Policy, priority: Priority, status: Status, can_review: bool, fixed: Action | None, expected: Action
) -> None:
    assert action_of(priority, status, policy, can_review=can_review, fixed=fixed) is expected
