"""Many small losses add up; one release is what they are measured against."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gatebot.comparison.case import Anchor
from gatebot.core.finding import Action, Priority, Skipped, Status
from gatebot.decide.judge import judge
from gatebot.stats.contrast import Contrast, Estimand, pair
from gatebot.stats.decision import Outcome, Question, decide
from tests.checks.worlds import World, examined, measures, weighed, world

CHECK, SUBJECT = "model.anchor", "accuracy (since v1.0)"
METRICS = ({"metric": "accuracy", "margin": 0.02},)
NAMED = Anchor(name="v1.0", commit="1" * 40)


def since_release(head_lost: float, base_lost: float) -> World:
    """A release, main that has lost so much since, and a pull request: both against the release."""
    release, earlier = (world(loss=lost, confirm=True, rows=4000, metrics=METRICS) for lost in (head_lost, base_lost))
    assert release.base is not None
    base = replace(earlier.head, truth=release.base.truth)
    return replace(release, base=base, anchor=release.base).knowing(anchor=NAMED)


FAULT = since_release(0.08, 0.015)


@pytest.mark.parametrize(
    ("head_lost", "base_lost", "outcome", "status"),
    [
        (0.08, 0.07, Outcome.WORSE, Status.INHERITED),
        (0.08, 0.015, Outcome.WORSE, Status.NEW),
        (0.0, 0.0, Outcome.HELD, None),
    ],
    ids=["lost before", "lost with this one", "nothing lost"],
)
def test_what_was_lost_since_the_release(
    head_lost: float, base_lost: float, outcome: Outcome, status: Status | None
) -> None:
    what = since_release(head_lost, base_lost)
    measure = measures(CHECK, what)[SUBJECT]
    assert measure.margin == pytest.approx(0.04)
    assert not measure.declared
    assert measure.answer is not None
    assert measure.answer.outcome is outcome
    found = weighed(CHECK, what).get(SUBJECT)
    assert (None if found is None else found.status) is status
    if status is Status.NEW:
        assert found is not None
        assert (found.priority, found.action) == (Priority.P2, Action.WARN)


def test_the_margin_is_as_wide_as_the_rules_say() -> None:
    assert measures(CHECK, FAULT.ruled(checks={CHECK: {"factor": 5.0}}))[SUBJECT].margin == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("anchor", "reason"),
    [
        (Anchor(), "no release is named: baseline.anchor"),
        (Anchor(name="v1.0", missing="no baseline of v1.0 is stored"), "no baseline of v1.0 is stored"),
    ],
    ids=["none named", "none stored"],
)
def test_without_a_release(anchor: Anchor, reason: str) -> None:
    what = replace(world(loss=0.0), anchor=None).knowing(anchor=anchor)
    assert examined(CHECK, what).outcome == Skipped(reason, excused=True)


def test_labels_of_today_score_the_release() -> None:
    what = since_release(0.0, 0.0)
    assert what.anchor is not None
    bare = replace(what, anchor=replace(what.anchor, truth=None))
    assert measures(CHECK, bare)[SUBJECT].base == measures(CHECK, what)[SUBJECT].base


def test_the_release_is_told_apart_from_base_in_the_report() -> None:
    report = judge(FAULT.case())
    names = [each.metric for each in report.measures if each.check == CHECK]
    assert names == [SUBJECT]


# --- why not a sum of what each pull request measured ---

ROWS, MARGIN, CHANGED, MERGES = 4000, 0.02, 0.03, 20


def _merged(rng: np.random.Generator, loss: float) -> tuple[NDArray[np.float64], float]:
    """Twenty merges that each truly lose so much: what the rows say of all of them, and the sum of what was measured.

    A merge draws anew until it looks no worse than its margin: that is how it got merged.
    """
    total, summed = np.zeros(ROWS), 0.0
    for _ in range(MERGES):
        while True:
            lost = (CHANGED + loss) / 2
            change = rng.choice([-1.0, 0.0, 1.0], ROWS, p=[lost, 1 - CHANGED, CHANGED - lost])
            measured = float(change.mean())
            if measured > -MARGIN:
                break
        total += change
        summed += measured + float(rng.normal(0, 0.007))  # each was measured by trainings of its own
    return np.clip(total, -1, 1), summed


def _fires(loss: float, times: int) -> tuple[float, float]:
    """How often the release is proven to be lost, and how often the sum of deltas says so."""
    rng, direct, summed = np.random.default_rng(20261121), 0, 0
    for _ in range(times):
        total, measured = _merged(rng, loss)
        flat = np.zeros((1, ROWS))
        seen = pair([0.0], [total.mean()], flat, (total - total.mean())[None], estimand=Estimand.ARTIFACT, step=1.0)
        direct += decide([Question(seen, seen, 2 * MARGIN)])[0].outcome is Outcome.WORSE
        summed += measured <= -2 * MARGIN
    return direct / times, summed / times


def test_luck_that_was_merged_is_no_loss_but_small_losses_are() -> None:
    direct, _ = _fires(0.0, 60)
    assert direct == 0.0
    assert _fires(MARGIN / 4, 30)[0] > 0.9


@pytest.mark.simulation
def test_the_sum_of_deltas_fires_where_the_release_itself_does_not() -> None:
    direct, summed = _fires(0.0, 2000)
    assert direct <= 0.0025 + 4 * np.sqrt(0.0025 / 2000)
    assert summed > 10 * max(direct, 0.005)


def test_a_release_beyond_the_margin_is_suspect_like_anything_else() -> None:
    assert decide([Question(Contrast(-0.05, 0.002), None, 0.04)])[0].wants_confirm
