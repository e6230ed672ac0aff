"""Searches the data for what gives the target away: single columns, means of the target, near-copies across the split.

It runs no code of the user's, and reads columns as text or numbers only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gatebot.data.identity import spelled
from gatebot.data.rows import Index
from gatebot.evidence.column import Column, Names, Numbers
from gatebot.evidence.leakage import Aggregate, ColumnModel

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 5000
"""Train rows that a model of a single column is fitted to; more hardly move it."""
BINS = (16, 256)
PARTS = 5
"""Parts of the train rows of which each is predicted from the others, to choose among models and columns."""
MOSTLY = 0.95
"""Share of values that are numbers in a column of numbers."""
FEWEST_AFFECTED, MOST_KEYS, MOST_MEANS, MOST_LABELS = 50, 30, 20, 20
MOST_DECIMALS = 9
NEAR = 0.1
"""Distance of a near-copy, in distances that train rows usually have to the nearest of the others."""
FEWEST_MEASURED, MOST_MEASURED, MOST_COMPARED = 3, 8, 20_000

Model = Callable[[Index, Index], Column]
"""Predicts the second rows by what it learns of the first."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows to fit to, and rows to predict."""

    train: Index
    asked: Index


def column_models(
    frame: "pl.DataFrame", columns: Sequence[str], target: Column, folds: Sequence[Fold]
) -> list[ColumnModel]:
    """Return a model of each column that has one. Its predictions are those of all folds, one after another."""
    found = []
    for name in columns:
        made = [_fitted(_Feature.of(frame, name), target, fold) for fold in folds]
        parts = [each for each in made if each is not None]
        if parts and len(parts) == len(folds):
            score = float(np.mean([score for score, _ in parts]))
            found.append(ColumnModel(name, score, _joined([column for _, column in parts])))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Feature:
    """One column: numbers with NaN for missing ones, or codes of its values with -1 for missing ones."""

    numbers: Values | None
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, frame: "pl.DataFrame", name: str) -> "_Feature":
        """Read a column as numbers if nearly all values are, else as names."""
        import polars as pl

        texts = spelled(frame, name).str.strip_chars()
        read = texts.cast(pl.Float64, strict=False)
        there = texts != ""
        numbers = read.fill_null(np.nan).to_numpy().astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        known = int(np.isfinite(numbers).sum())
        if known and known >= MOSTLY * int(there.sum()):
            return cls(numbers, np.where(np.isfinite(numbers), 0, -1).astype(np.intp))
        codes = texts.rank("dense").fill_null(0).cast(pl.Int64).to_numpy().astype(np.intp)
        codes[~there.to_numpy()] = -1
        return cls(None, codes)

    def cells(self, train: Index, bins: int) -> NDArray[np.intp]:
        """Return the cell of every row, from 0: a range of numbers with as many train rows as others, or a value."""
        if self.numbers is None:
            _, cells = np.unique(self.codes, return_inverse=True)
            return cells.astype(np.intp)
        known = self.numbers[train]
        known = known[np.isfinite(known)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)
        place = np.searchsorted(edges, self.numbers, side="left")
        return np.where(np.isfinite(self.numbers), place, len(edges) + 1).astype(np.intp)


def _fitted(feature: _Feature, target: Column, fold: Fold) -> tuple[float, Column] | None:
    """Return the score and the predictions of the best model of a column; None without train rows or with one label."""
    train = fold.train[_known(target)[fold.train]]
    train = train[:: -(-len(train) // MOST_ROWS)] if len(train) else train
    if len(train) < 2 * PARTS:
        return None
    part = np.arange(len(train)) % PARTS
    best: tuple[float, Model] | None = None
    for model in _models(feature, target):
        scores = [_score(target, train[part == n], model(train[part != n], train[part == n])) for n in range(PARTS)]
        if best is None or np.mean(scores) > best[0] + 1e-9:
            best = float(np.mean(scores)), model
    return None if best is None else (best[0], best[1](train, fold.asked))


def _models(feature: _Feature, target: Column) -> Iterator[Model]:
    """Yield the models of a column: functions of the rows to fit to and the rows to predict."""
    for bins in BINS if feature.numbers is not None else BINS[:1]:
        match target:
            case Names():
                yield partial(_most_frequent, feature, target, bins)
            case Numbers():
                yield partial(_means, feature, target, bins)
                if feature.numbers is not None:
                    yield partial(_curve, feature.numbers, target, bins)
    if feature.numbers is not None and isinstance(target, Numbers):
        yield partial(_line, feature.numbers, target)


def _most_frequent(feature: _Feature, target: Names, bins: int, train: Index, asked: Index) -> Column:
    """Predict the most frequent label of each cell."""
    cells, labels, count = feature.cells(train, bins), target.codes[train], len(target.names)
    shares = np.bincount(labels, minlength=count) / len(train)
    table = np.zeros((int(cells.max(initial=0)) + 1, count))
    np.add.at(table, (cells[train], labels), 1.0)
    return Names((table + shares)[cells[asked]].argmax(axis=1).astype(np.int32), target.names)


def _means(feature: _Feature, target: Numbers, bins: int, train: Index, asked: Index) -> Column:
    """Predict the mean of each cell."""
    cells, values = feature.cells(train, bins), target.values[train]
    size = int(cells.max(initial=0)) + 1
    sums, counts = np.bincount(cells[train], values, size), np.bincount(cells[train], minlength=size)
    return Numbers(((sums + values.mean()) / (counts + 1))[cells[asked]])


def _curve(numbers: Values, target: Numbers, bins: int, train: Index, asked: Index) -> Column:
    """Predict by a line through the means of both in ranges with as many train rows as others."""
    x, y = numbers[train], target.values[train]
    there = np.isfinite(x)
    order = np.argsort(x[there], kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    at = np.array([x[there][part].mean() for part in parts])
    mean = np.array([y[there][part].mean() for part in parts])
    wanted = numbers[asked]
    if not parts:
        return Numbers(np.full(len(asked), y.mean()))
    return Numbers(np.where(np.isfinite(wanted), np.interp(np.nan_to_num(wanted), at, mean), y.mean()))


def _line(numbers: Values, target: Numbers, train: Index, asked: Index) -> Column:
    """Predict by least squares."""
    x, y = numbers[train], target.values[train]
    there = np.isfinite(x)
    if there.sum() < 2 or np.ptp(x[there]) == 0:
        return Numbers(np.full(len(asked), y.mean()))
    centre, scale = x[there].mean(), x[there].std()
    slope, level = np.polyfit((x[there] - centre) / scale, y[there], 1)
    wanted = (numbers[asked] - centre) / scale
    return Numbers(np.where(np.isfinite(wanted), level + slope * wanted, y.mean()))


def _score(target: Column, rows: Index, predicted: Column) -> float:
    match target, predicted:
        case Names(), Names():
            return float(np.mean(target.codes[rows] == predicted.codes))
        case Numbers(), Numbers():
            truth = target.values[rows]
            usual = np.abs(truth - np.median(truth)).mean()
            return 1.0 - float(np.abs(truth - predicted.values).mean() / usual) if usual > 0 else 0.0
    return 0.0


def _known(target: Column) -> NDArray[np.bool_]:
    return target.codes >= 0 if isinstance(target, Names) else np.isfinite(target.values)


def _joined(parts: list[Column]) -> Column:
    names = [part for part in parts if isinstance(part, Names)]
    if names:
        return Names(np.concatenate([part.codes for part in names]), names[0].names)
    return Numbers(np.concatenate([part.values for part in parts if isinstance(part, Numbers)]))


# --- means of the target ---


def aggregates(
    frame: "pl.DataFrame", columns: Sequence[str], keys: Sequence[str], target: Column, held: Index
) -> list[Aggregate]:
    """Return the columns that equal the mean of the target by a key over all rows, the held-out ones among them.

    Only rows count in which that mean differs from the one without the held-out rows, so that a mean of train rows is
    never found.
    """
    found: list[Aggregate] = []
    known = np.flatnonzero(_known(target))
    groups = [(key, codes) for key in keys if (codes := _repeated(frame, key)) is not None][:MOST_KEYS]
    for name in columns[:MOST_MEANS]:
        feature = _Feature.of(frame, name)
        if feature.numbers is None:
            continue
        best: Aggregate | None = None
        for key, codes in groups:
            if key != name:
                for label, values in _indicators(target):
                    one = _aggregate((name, key, label), feature.numbers, (codes, values), known, held)
                    if one is not None and (best is None or one.equal > best.equal):
                        best = one
        if best is not None:
            found.append(best)
    return found


def _aggregate(
    names: tuple[str, str, str], column: Values, grouped: tuple[NDArray[np.intp], Values], known: Index, held: Index
) -> Aggregate | None:
    """Return the counts for one column, key and label; None unless nearly all affected rows are equal."""
    codes, values = grouped
    kept = np.setdiff1d(known, held)
    whole, without = (_group_means(codes, values, rows) for rows in (known, kept))
    tolerance = 0.51 * 10.0 ** -_decimals(column)
    mean, other = whole[codes[held]], without[codes[held]]
    affected = np.isfinite(mean) & ~(np.abs(mean - other) <= 2 * tolerance)
    affected &= np.abs(mean - values[held]) > 2 * tolerance  # a mean of one row is that row's label
    equal = affected & (np.abs(column[held] - mean) <= tolerance)
    rows = int(affected.sum())
    if rows < FEWEST_AFFECTED or equal.sum() < MOSTLY * rows:
        return None
    return Aggregate(*names, rows, int(equal.sum()))


def _group_means(codes: NDArray[np.intp], values: Values, rows: Index) -> Values:
    size = int(codes.max(initial=0)) + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Values = np.bincount(codes[rows], values[rows], size) / np.bincount(codes[rows], minlength=size)
    return means


def _repeated(frame: "pl.DataFrame", name: str) -> NDArray[np.intp] | None:
    """Return the values of a column as codes; None unless they repeat."""
    codes = spelled(frame, name).rank("dense").to_numpy().astype(np.intp)
    distinct = len(np.unique(codes))
    return codes if 2 <= distinct <= 0.9 * len(codes) else None


def _indicators(target: Column) -> Iterator[tuple[str, Values]]:
    match target:
        case Names():
            for code, name in enumerate(target.names[:MOST_LABELS]):
                yield name, (target.codes == code).astype(np.float64)
        case Numbers():
            yield "", np.nan_to_num(target.values)


def _decimals(values: Values) -> int:
    some = values[np.isfinite(values)][:1000]
    for digits in range(2, MOST_DECIMALS):
        if np.mean(np.abs(np.round(some, digits) - some) <= 1e-12 * np.maximum(np.abs(some), 1.0)) >= MOSTLY:
            return digits
    return MOST_DECIMALS


# --- near-copies ---


def twins(frame: "pl.DataFrame", columns: Sequence[str], folds: Sequence[Fold]) -> NDArray[np.bool_] | None:
    """Return which of the asked rows of all folds, one after another, have a near-copy among their train rows.

    A near-copy is close in all of up to eight columns of measurements: much closer than train rows usually are to each
    other. None if there are fewer than three such columns.
    """
    from scipy.spatial import cKDTree

    measured = [values for name in columns if (values := _measured(frame, name)) is not None][:MOST_MEASURED]
    if len(measured) < FEWEST_MEASURED:
        return None
    points, found = np.stack(measured, axis=1), []
    for fold in folds:
        train = fold.train[:: -(-len(fold.train) // MOST_COMPARED)] if len(fold.train) else fold.train
        if len(train) < 3:
            return None
        tree = cKDTree(points[train])
        own = np.asarray(tree.query(points[train[:2000]], k=2)[0])[:, 1]
        usual = float(np.median(own[own > 0])) if (own > 0).any() else 0.0
        found.append(tree.query(points[fold.asked], k=1)[0] <= NEAR * usual)
    return np.concatenate(found)


def _measured(frame: "pl.DataFrame", name: str) -> Values | None:
    """Return a column of measurements in standard deviations; None if its values repeat, or are no numbers."""
    import polars as pl

    numbers = spelled(frame, name).str.strip_chars().cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    known = numbers[np.isfinite(numbers)]
    if len(known) < MOSTLY * len(numbers) or len(np.unique(known)) < 0.5 * len(known) or np.ptp(known) == 0:
        return None
    scaled = (np.where(np.isfinite(numbers), numbers, known.mean()) - known.mean()) / known.std()
    clipped: Values = np.clip(scaled, -5.0, 5.0)
    return clipped
