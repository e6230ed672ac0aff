from collections.abc import Mapping

import numpy as np
import pytest

from gatebot.checks.difference import Difference, difference, failure, usable
from gatebot.core.finding import Level
from gatebot.evidence.column import Column, Numbers, names_of
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.predictions import Predictions

NAN = float("nan")


def answered(columns: Mapping[str, Column], ids: tuple[int, ...] = (), problem: str = "") -> Predictions:
    count = len(next(iter(columns.values()))) if columns else 0
    numbers = np.array(ids or range(1, count + 1), dtype=np.uint64)
    return Predictions(Effects(Ending.OK), numbers, columns, problem)


def numbers(*values: float) -> dict[str, Column]:
    return {"prediction": Numbers(np.array(values))}


def labels(*values: str | float | None) -> dict[str, Column]:
    return {"prediction": names_of(values)}


def scored(label: str, yes: float) -> dict[str, Column]:
    return {**labels(label), "score_no": Numbers(np.array([1 - yes])), "score_yes": Numbers(np.array([yes]))}


@pytest.mark.parametrize(
    ("one", "other", "count", "largest"),
    [
        (labels("a", "b"), labels("a", "b"), 0, 0),
        (labels("a", "b"), labels("a", "c"), 1, 0),
        (labels("1", "0"), numbers(1.0, 0.0), 0, 0),  # a batch of whole numbers may come as numbers
        (labels("a", None), labels("a", "b"), 1, 0),
        (numbers(1.0, 2.0), numbers(1.0, 2.5), 1, 0.5),
        (numbers(1e6, 1.0), numbers(1e6 + 100, 1.0), 0, 0),  # relative to the number
        (numbers(1e6, 1e-9), numbers(1e6, 1e-3), 0, 0),  # near zero, relative to the usual size
        (numbers(1e-8, 2e-8), numbers(1e-8, 3e-8), 1, 1e-8),  # small numbers differ too
        (numbers(NAN, 1.0), numbers(NAN, 1.0), 0, 0),
        (numbers(NAN, 1.0), numbers(1.0, 1.0), 1, 0),
        (numbers(np.inf, -np.inf), numbers(np.inf, np.inf), 1, 0),
        (scored("yes", 0.9), scored("yes", 0.8995), 0, 0),
        (scored("yes", 0.9), scored("yes", 0.85), 1, 0.05),
        (scored("yes", 0.5001), scored("no", 0.4999), 0, 0),  # rounding alone decides between equal scores
        (scored("yes", 0.9), scored("no", 0.9), 1, 0),
        (scored("yes", 0.9), labels("yes"), 1, 0),  # a column is gone
        (labels(), labels(), 0, 0),
    ],
)
def test_rows_that_get_another_prediction_are_counted(
    one: Mapping[str, Column], other: Mapping[str, Column], count: int, largest: float
) -> None:
    found = difference(answered(one), answered(other), 1e-3)
    assert (found.rows, found.count) == (len(one["prediction"]), count)
    assert found.largest == pytest.approx(largest)


def test_rows_are_compared_by_id() -> None:
    turned = answered(labels("b", "a"), ids=(2, 1))
    assert difference(answered(labels("a", "b")), turned, 0).count == 0


@pytest.mark.parametrize(("rows", "found"), [(None, Difference(3, 2)), (2, Difference(2, 1)), (1, Difference(1, 0))])
def test_rows_that_are_missing_differ(rows: int | None, found: Difference) -> None:
    whole, part = answered(labels("a", "b", "c")), answered(labels("b"), ids=(2,))
    assert difference(whole, part, 0, rows) == found


@pytest.mark.parametrize(
    ("found", "luck", "share", "exceeds"),
    [
        (Difference(2000, 3), Difference(2000, 0), 0.001, True),
        (Difference(2000, 2), Difference(2000, 0), 0.001, False),
        (Difference(5, 1), Difference(2000, 0), 0.001, True),
        (Difference(2000, 60), Difference(2000, 50), 0.0, False),
        (Difference(2000, 400), Difference(2000, 50), 0.0, True),
        (Difference(5, 5), Difference(2000, 50), 0.0, True),
        (Difference(2000, 2000), Difference(2000, 2000), 0.0, False),
        (Difference(0, 0), Difference(0, 0), 0.0, False),
    ],
)
def test_what_chance_does_as_well_is_no_difference(
    found: Difference, luck: Difference, share: float, exceeds: bool
) -> None:
    assert found.exceeds(luck, share) is exceeds


@pytest.mark.parametrize(
    ("ending", "says", "likelihood"),
    [
        (Ending.CRASHED, "predicting x crashed (exit code {exit_code}); y worked", None),
        (Ending.NO_OUTPUT, "predicting x left no result; y worked", None),
        (Ending.TIMEOUT, "predicting x was stopped at a limit ({ending}); y worked", Level.LOW),
    ],
)
def test_a_failure_is_told(ending: Ending, says: str, likelihood: Level | None) -> None:
    broken = Predictions(Effects(ending, 1, log_tail=("why",)), np.zeros(0, np.uint64), {})
    assert not usable(broken)
    found = failure("s", "x", "y", broken)
    assert found is not None
    assert (found.says, found.likelihood, found.log) == (says, likelihood, ("why",))


def test_what_cannot_be_read_is_told() -> None:
    found = failure("s", "x", "y", answered({}, problem="3 predictions for 1 rows"))
    assert found is not None
    assert found.facts["problem"] == "3 predictions for 1 rows"
    assert failure("s", "x", "y", answered(labels("a"))) is None
    assert not usable(None)
