"""What single columns, means of the target and near-copies give away."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from gatebot.data import leakage
from gatebot.data.leakage import Fold, Searched
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.leakage import LeakageTraces

ROWS, TRAIN = 600, 400
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 4)).round(4)
YES = X[:, 0] + RNG.logistic(size=ROWS) > 0
VALUES = np.exp(X[:, 0] + RNG.normal(size=ROWS))
CUSTOMER = RNG.integers(0, 250, ROWS)


def searched(target: Column, folds: int = 1, **columns: Sequence[object] | NDArray[np.generic]) -> Searched:
    frame = pl.DataFrame(
        {f"x{n}": [str(value) for value in X[:, n]] for n in range(4)}
        | {name: [str(value) for value in values] for name, values in columns.items()}
    )
    rows = np.arange(ROWS)
    parts = [Fold(rows[rows % folds != fold], rows[rows % folds == fold]) for fold in range(folds)]
    if folds == 1:
        parts = [Fold(rows[:TRAIN], rows[TRAIN:])]
    return Searched(frame, tuple(frame.columns), target, np.arange(ROWS, dtype=np.uint64), parts)


def classes() -> Names:
    return Names(YES.astype(np.int32), ("no", "yes"))


def numbers() -> Numbers:
    return Numbers(VALUES)


def told(traces: LeakageTraces, column: str) -> float:
    """Share of eval rows that a column tells."""
    model = next(model for model in traces.models if model.column == column)
    at = traces.ids.astype(np.intp)
    match model.prediction:
        case Names():
            return float(np.mean(model.prediction.codes == YES[at]))
        case Numbers():
            return float(np.mean(np.abs(model.prediction.values - VALUES[at]) < 0.02 * np.std(VALUES)))


@pytest.mark.parametrize("folds", [1, 5])
@pytest.mark.parametrize(
    ("given", "least"),
    [
        (YES.astype(int), 1.0),
        (np.where(YES, "A", "B"), 1.0),
        (np.where(YES, RNG.choice([17, 42, 99], ROWS), RNG.choice([5, 23, 61], ROWS)), 1.0),
        (np.where(YES, RNG.uniform(1, 50, ROWS).round(2), 0.0), 0.99),
        (np.argsort(np.argsort(YES + 0.9 * RNG.random(ROWS))), 0.97),
        (np.where(RNG.random(ROWS) < 0.1, ~YES, YES), 0.8),
    ],
    ids=["copied", "letters", "codes", "refund", "line of a sorted file", "with errors"],
)
def test_a_column_that_tells_classes_is_found(given: NDArray[np.generic], least: float, folds: int) -> None:
    traces = searched(classes(), folds, given=given).traces(("given", "x0", "x1"))
    assert traces.models[0].column == "given"
    assert told(traces, "given") >= least
    assert told(traces, "x1") < 0.65
    assert traces.searched == 3
    assert len(traces.ids) == (ROWS if folds > 1 else ROWS - TRAIN)
    assert not list(traces.flaws())


@pytest.mark.parametrize("given", [VALUES, 3 - 2 * VALUES, np.log(VALUES)], ids=["copied", "a line", "logarithms"])
def test_a_column_that_tells_numbers_is_found(given: NDArray[np.float64]) -> None:
    traces = searched(numbers(), given=given).traces(("x0", "given"))
    assert traces.models[0].column == "given"
    assert told(traces, "given") >= 0.95
    assert told(traces, "x0") < 0.2


@pytest.mark.parametrize("target", [classes(), numbers()], ids=["classes", "numbers"])
@pytest.mark.parametrize("rounded", [3, 12])
def test_a_mean_with_the_labels_of_eval_rows_is_found(target: Column, rounded: int) -> None:
    labels = YES.astype(np.float64) if isinstance(target, Names) else VALUES

    def mean(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        sums = np.bincount(CUSTOMER[rows], labels[rows], 250)
        counts = np.bincount(CUSTOMER[rows], minlength=250)
        return np.asarray((sums / np.maximum(counts, 1))[CUSTOMER].round(rounded))

    every, train = mean(np.arange(ROWS)), mean(np.arange(TRAIN))
    traces = searched(target, customer=CUSTOMER, leaky=every, honest=train).traces(("leaky", "honest", "x0"))
    assert [(each.column, each.key) for each in traces.aggregates] == [("leaky", "customer")]
    assert traces.aggregates[0].rows >= 50
    assert not list(traces.flaws())


def test_a_good_column_is_no_mean_of_single_rows() -> None:
    good = np.where(RNG.random(ROWS) < 0.02, ~YES, YES).astype(int)
    key = np.minimum(RNG.permutation(ROWS), 500)
    assert not searched(classes(), key=key, good=good).traces(("good",)).aggregates


def test_near_copies_across_the_split_are_found() -> None:
    plain = searched(classes())
    moved = X[TRAIN:].copy() + RNG.normal(scale=1e-3, size=(ROWS - TRAIN, 4))
    more = pl.DataFrame({f"x{n}": [str(value) for value in moved[:100, n]] for n in range(4)})
    labels = Names(np.append(YES, YES[TRAIN : TRAIN + 100]).astype(np.int32), ("no", "yes"))
    rows = Fold(np.append(np.arange(TRAIN), ROWS + np.arange(100)), plain.folds[0].asked)
    copied = Searched(
        pl.concat([plain.frame, more]), plain.features, labels, np.arange(ROWS + 100, dtype=np.uint64), [rows]
    )
    before, after = plain.traces(()).near_copies, copied.traces(()).near_copies
    assert before is not None
    assert after is not None
    assert len(before) <= 2
    assert set(range(TRAIN, TRAIN + 100)) <= {int(each) for each in after}
    assert len(after) <= 102


def test_without_measurements_near_copies_cannot_be_told() -> None:
    one = searched(classes(), kind=CUSTOMER)
    assert (
        replace(one, features=("kind", "x0"), frame=one.frame.select("kind", "x0")).traces(("kind",)).near_copies
        is None
    )


def test_of_many_rows_some_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "MOST_SEARCHED", ROWS - 1)
    monkeypatch.setattr(leakage, "MOST_COMPARED", 100)
    whole = searched(classes(), given=YES.astype(int), customer=CUSTOMER)
    traces = whole.traces(("given",))
    assert told(traces, "given") == 1.0
    assert not traces.aggregates
    assert traces.ids.tolist() == whole.ids[TRAIN:].tolist()


@pytest.mark.parametrize(
    "column",
    [
        [""] * ROWS,
        ["inf"] * ROWS,
        ["1e308", "-1e308"] * (ROWS // 2),
        ["\x00"] * ROWS,
        ["7"] * ROWS,
        ["1", "1e300"] * (ROWS // 2),
    ],
)
@pytest.mark.parametrize("target", [classes(), numbers()], ids=["classes", "numbers"])
def test_strange_columns_do_no_harm(column: list[str], target: Column) -> None:
    traces = searched(target, odd=column).traces(("odd", "nobody's", "odd"))
    assert traces.searched == 1
    assert not list(traces.flaws())
