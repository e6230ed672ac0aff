from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gatebot.checks.code.row_order import ALONE, REPEATED, SHUFFLED
from gatebot.core.finding import Priority, Skipped, Status
from gatebot.decide.judge import judge
from gatebot.evidence.column import Names
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.predictions.rows import AnyRows
from gatebot.evidence.training import Fit
from tests.checks.worlds import (
    HARMLESS,
    World,
    asked_again,
    column,
    ended,
    examined,
    facts,
    said,
    silent,
    weighed,
    world,
)

CHECK = "code.row_order"
HEAD = (Side.HEAD,)
Edit = Callable[[Predictions], Predictions]


def asked(what: World) -> World:
    """Every way of asking gives the same answers."""
    return asked_again(asked_again(asked_again(what, SHUFFLED), ALONE), REPEATED)


def relabelled(share: float, seed: int = 0) -> Edit:
    """Another label for a share of the rows, and the same scores."""

    def edit(each: Predictions) -> Predictions:
        names = each.columns["prediction"]
        assert isinstance(names, Names)
        order, codes = np.random.default_rng(seed).permutation(len(names)), names.codes.copy()
        turned = order[: round(share * len(names))]
        codes[turned] = 1 - codes[turned]
        return replace(each, columns={**each.columns, "prediction": Names(codes, names.names)})

    return edit


def moved(by: float) -> Edit:
    """Every score of a class moved by a little."""
    return column("score_yes", lambda values: values + by)


_SHUFFLED_DIFFER = asked_again(asked(world()), SHUFFLED, relabelled(0.2), sides=HEAD)
FAULT = asked_again(_SHUFFLED_DIFFER, ALONE, moved(0.05), sides=HEAD)


@pytest.mark.parametrize(
    ("rows", "edit", "subject", "share"),
    [
        (SHUFFLED, relabelled(0.2), "shuffled rows", 0.2),
        (SHUFFLED, relabelled(0.01), "shuffled rows", 0.01),
        (SHUFFLED, moved(0.05), "shuffled rows", 1.0),
        (ALONE, relabelled(1.0), "batches", 1.0),
        (ALONE, moved(0.05), "batches", 1.0),
    ],
)
def test_predictions_that_depend_on_the_other_rows_are_found(
    rows: AnyRows, edit: Edit, subject: str, share: float
) -> None:
    planted = asked_again(asked(world()), rows, edit, sides=HEAD)
    assert said(CHECK, planted) == {subject: Status.NEW}
    assert weighed(CHECK, planted)[subject].priority is Priority.P1
    assert facts(CHECK, planted, subject)["share"] == pytest.approx(share, abs=0.02)


def test_each_way_of_asking_is_told_by_itself() -> None:
    assert set(said(CHECK, FAULT)) == {"shuffled rows", "batches"}


def test_the_largest_difference_is_told() -> None:
    assert facts(CHECK, FAULT, "batches") == {"rows": 5, "count": 5, "share": 1.0, "largest": pytest.approx(0.05)}


@pytest.mark.parametrize("rows", [SHUFFLED, ALONE])
@pytest.mark.parametrize("ending", [Ending.CRASHED, Ending.NO_OUTPUT, Ending.TIMEOUT])
def test_failing_only_on_these_rows_is_found(rows: AnyRows, ending: Ending) -> None:
    planted = asked_again(asked(world()), rows, ended(ending, exit_code=1, log_tail=("KeyError",)), sides=HEAD)
    (found,) = weighed(CHECK, planted).values()
    assert (found.status, found.log) == (Status.NEW, ("KeyError",))
    assert found.priority is (Priority.P2 if ending is Ending.TIMEOUT else Priority.P1)


def test_rows_that_are_lost_differ() -> None:
    planted = asked_again(
        asked(world()), ALONE, lambda each: replace(each, ids=each.ids + np.uint64(10**6)), sides=HEAD
    )
    assert facts(CHECK, planted, "batches")["count"] >= 5


@pytest.mark.parametrize(
    "edit", [moved(1e-4), relabelled(0.0004)], ids=["float32 in other batches", "a label at a near tie"]
)
def test_rounding_is_no_difference(edit: Edit) -> None:
    assert silent(CHECK, asked_again(asked(world(rows=5000)), SHUFFLED, edit))


def test_options_allow_more() -> None:
    planted = asked_again(asked(world()), SHUFFLED, relabelled(0.05), sides=HEAD)
    assert said(CHECK, planted)
    assert not said(CHECK, planted.ruled(checks={CHECK: {"share": 0.1}}))
    far = asked_again(asked(world()), SHUFFLED, moved(0.01), sides=HEAD)
    assert said(CHECK, far)
    assert not said(CHECK, far.ruled(checks={CHECK: {"tolerance": 0.02}}))


@pytest.mark.parametrize("seed", range(5))
def test_a_random_answer_is_not_blamed_on_the_order(seed: int) -> None:
    random = asked(world())
    ways: tuple[AnyRows, ...] = (SHUFFLED, ALONE, REPEATED)
    for place, rows in enumerate(ways):
        random = asked_again(random, rows, relabelled(0.1, 3 * seed + place), sides=HEAD)
    assert silent(CHECK, random)
    worse = asked_again(random, SHUFFLED, relabelled(0.4), sides=HEAD)
    assert said(CHECK, worse) == {"shuffled rows": Status.NEW}


def test_what_fails_anyway_is_not_blamed_on_the_order() -> None:
    crashed = asked(world())
    crashed = asked_again(crashed, SHUFFLED, ended(Ending.CRASHED), sides=HEAD)
    crashed = asked_again(crashed, REPEATED, ended(Ending.CRASHED), sides=HEAD)
    assert not said(CHECK, crashed)
    assert not said(CHECK, asked(world()).head_with(predictions=ended(Ending.CRASHED)))


@pytest.mark.parametrize(
    ("rows", "base", "head", "status"),
    [
        (SHUFFLED, 0.2, 0.2, Status.INHERITED),
        (SHUFFLED, 0.1, 0.3, Status.WORSE),
        (SHUFFLED, 0.2, 0.0, Status.FIXED),
        (ALONE, 0.5, 1.0, Status.INHERITED),  # five rows tell nothing of how much
    ],
)
def test_what_base_has_too_is_inherited(rows: AnyRows, base: float, head: float, status: Status) -> None:
    planted = asked_again(asked(world()), rows, relabelled(base), sides=(Side.BASE,))
    planted = asked_again(planted, rows, relabelled(head), sides=HEAD)
    assert list(said(CHECK, planted).values()) == [status]


def test_without_bases_evidence_head_is_judged_alone() -> None:
    planted = asked_again(asked(world()), SHUFFLED, relabelled(0.2))
    needs = [Predict(Fit(Side.BASE), rows) for rows in (SHUFFLED, ALONE, REPEATED)]
    assert said(CHECK, planted.minus(Side.BASE, *needs)) == {"shuffled rows": Status.NEW}
    assert said(CHECK, planted.without_base()) == {"shuffled rows": Status.NEW}


@pytest.mark.parametrize("rows", [SHUFFLED, ALONE, REPEATED])
def test_missing_evidence_is_told(rows: AnyRows) -> None:
    lacking = asked(world()).minus(Side.HEAD, Predict(Fit(Side.HEAD), rows), why="budget: 9 s needed, 1 s left")
    assert examined(CHECK, lacking).outcome == Skipped("budget: 9 s needed, 1 s left")


def test_brought_predictions_are_excused() -> None:
    brought = world(trains=False)
    assert isinstance(outcome := examined(CHECK, brought).outcome, Skipped)
    assert outcome.excused
    assert CHECK in {each.check for each in judge(brought.case()).skipped}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_pass(name: str) -> None:
    assert silent(CHECK, asked(HARMLESS[name]))
