"""A waiver covers what it names, up to its ceiling, until its day."""

from datetime import date

import pytest

from gatebot.config.sections.policy import Waiver
from gatebot.decide.policy.waiver import waiver_for

WAIVER = Waiver(
    check="model.slices",
    subject="recall(urgent)@region=south",
    ceiling=0.05,
    until=date(2027, 1, 31),
    owner="octocat",
    reason="the south has new forms",
)
LAST_DAY, DAY_AFTER = date(2027, 1, 31), date(2027, 2, 1)


@pytest.mark.parametrize(
    ("check", "subject", "loss", "today", "covered", "refused"),
    [
        ("model.slices", "recall(urgent)@region=south", 0.05, LAST_DAY, True, ""),
        ("model.slices", "recall(urgent)@region=south", 0.051, LAST_DAY, False, "ceiling"),
        ("model.slices", "recall(urgent)@region=south", None, LAST_DAY, False, "nothing was measured"),
        ("model.slices", "recall(urgent)@region=south", 0.01, DAY_AFTER, False, "ended on 2027-01-31"),
        ("model.slices", "recall(urgent)@region=north", 0.01, LAST_DAY, False, ""),
        ("model.floor", "recall(urgent)@region=south", 0.01, LAST_DAY, False, ""),
    ],
)
def test_waiver(check: str, subject: str, loss: float | None, today: date, covered: bool, refused: str) -> None:
    waiver, why_not = waiver_for(check, subject, loss, today, (WAIVER,))
    assert (waiver is WAIVER) is covered
    assert refused in why_not


def test_a_subject_with_brackets_is_named_literally() -> None:
    waiver = WAIVER.model_copy(update={"subject": "mae@load=[1.2, 3.4)"})
    assert waiver_for("model.slices", "mae@load=[1.2, 3.4)", 0.01, LAST_DAY, (waiver,))[0] is waiver
