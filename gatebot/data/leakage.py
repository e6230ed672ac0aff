"""Searches the data for what gives the target away: single columns, means of the target, near-copies across the split.

It runs no code of the user's, and reads columns as text or numbers only.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gatebot.data.identity import spelled
from gatebot.data.rows import Index
from gatebot.evidence.column import Column, Hashes, Names, Numbers
from gatebot.evidence.leakage import Aggregate, ColumnModel, LeakageTraces
from gatebot.evidence.leakage.value import MAX_AGGREGATES, MAX_MODELS

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 5000
"""Train rows that a model of a single column is fitted to; more hardly move it."""
BINS = (16, 256)
PARTS = 5
"""Parts of the train rows of which each is predicted from the others, to choose among models and columns."""
MOSTLY = 0.95
"""Share of values that are numbers in a column of numbers."""
HUGE = 1e100
"""Numbers from which on sums of squares are none."""
FEWEST_AFFECTED, MOST_KEYS, MOST_MEANS, MOST_LABELS = 50, 30, 20, 20
MOST_DECIMALS = 9
NEAR = 0.1
"""Distance of a near-copy, in distances that train rows usually have to the nearest of the others."""
FEWEST_MEASURED, MOST_MEASURED, MOST_COMPARED = 3, 8, 20_000

MOST_SEARCHED = 100_000
"""Rows of which all are read; of more, the eval rows and some train rows are."""
MOST_READ = 300
"""Columns that are read at all."""

Model = Callable[[Index, Index], Column]
"""Predicts the second rows by what it learns of the first."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows to fit to, and rows to predict."""

    train: Index
    asked: Index


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """The data that is searched.

    Attributes:
        frame: all rows.
        features: the columns that a model may learn from.
        target: the target of every row.
        ids: the hash of the id of every row.
        folds: the rows of each fold; one if a single model predicts all eval rows.
        whole: whether these are all rows, so that means over all rows are known.
    """

    frame: "pl.DataFrame"
    features: Sequence[str]
    target: Column
    ids: Hashes
    folds: Sequence[Fold]
    whole: bool = True

    def traces(self, asked: Sequence[str]) -> LeakageTraces:
        """Return what these columns, and near-copies across the split, give away."""
        if self.whole and self.frame.height > MOST_SEARCHED:
            return self._part().traces(asked)
        start = time.monotonic()
        held = np.concatenate([fold.asked for fold in self.folds])
        some = dict.fromkeys((*asked, *self.features))
        read = {name: feature(self.frame, name) for name in [*some][:MOST_READ] if name in self.features}
        columns = {name: read[name] for name in dict.fromkeys(asked) if name in read}
        with np.errstate(all="ignore"):
            models = column_models(columns, self.target, self.folds)
            near, ids = near_copies(read.values(), self.folds), self.ids[held]
            means = aggregates(columns, read, self.target, held) if self.whole else []
        models.sort(key=lambda model: -model.score)
        return LeakageTraces(
            ids=ids,
            models=tuple(models[:MAX_MODELS]),
            aggregates=tuple(means[:MAX_AGGREGATES]),
            near_copies=None if near is None else ids[near],
            searched=len(columns),
            took_s=time.monotonic() - start,
        )

    def _part(self) -> "Searched":
        """Return the eval rows, and as many train rows as are looked at."""
        folds = [Fold(_thinned(fold.train, MOST_COMPARED), fold.asked) for fold in self.folds]
        used = np.unique(np.concatenate([rows for fold in folds for rows in (fold.train, fold.asked)]))
        moved = [Fold(np.searchsorted(used, fold.train), np.searchsorted(used, fold.asked)) for fold in folds]
        part = (self.frame[used], self.features, self.target.take(used), self.ids[used], moved)
        return Searched(*part, whole=False)


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One column.

    Attributes:
        codes: the rank of each value among the different ones, as text.
        missing: whether there is no value.
        numbers: the values, with NaN for missing ones, if nearly all are numbers; else None.
    """

    codes: NDArray[np.intp]
    missing: NDArray[np.bool_]
    numbers: Values | None

    @property
    def distinct(self) -> int:
        """The number of different values."""
        return int(self.codes.max(initial=-1)) + 1

    @property
    def is_measured(self) -> bool:
        """Whether these are numbers of which most differ from each other."""
        if self.numbers is None or self.missing.mean() > 1 - MOSTLY:
            return False
        return self.distinct >= 0.5 * len(self.codes)

    @property
    def repeats(self) -> bool:
        """Whether values stand in several rows, so that they may be a key."""
        return 2 <= self.distinct <= 0.9 * len(self.codes)

    def cells(self, train: Index, bins: int) -> NDArray[np.intp]:
        """Return the cell of every row, from 0: a range of numbers with as many train rows as others, or a value."""
        if self.numbers is None:
            return self.codes
        known = self.numbers[train]
        known = known[np.isfinite(known)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)
        place = np.searchsorted(edges, self.numbers, side="left")
        return np.where(np.isfinite(self.numbers), place, len(edges) + 1).astype(np.intp)


def feature(frame: "pl.DataFrame", name: str) -> Feature:
    """Read a column as numbers if nearly all values are, else as names."""
    import polars as pl

    texts = spelled(frame, name).str.strip_chars()
    codes = texts.rank("dense").to_numpy().astype(np.intp) - 1
    missing = (texts == "").to_numpy()
    numbers = texts.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    numbers[~(np.abs(numbers) < HUGE)] = np.nan
    known = int(np.isfinite(numbers).sum())
    is_number = known > 0 and known >= MOSTLY * int((~missing).sum())
    return Feature(codes, missing, numbers if is_number else None)


def column_models(columns: Mapping[str, Feature], target: Column, folds: Sequence[Fold]) -> list[ColumnModel]:
    """Return a model of each column that has one. Its predictions are those of all folds, one after another."""
    found = []
    for name, column in columns.items():
        parts = [part for fold in folds if (part := _fitted(column, target, fold)) is not None]
        if parts and len(parts) == len(folds):
            score = float(np.mean([score for score, _ in parts]))
            found.append(ColumnModel(name, score, _joined([predicted for _, predicted in parts])))
    return found


def _fitted(feature: Feature, target: Column, fold: Fold) -> tuple[float, Column] | None:
    """Return the score and the predictions of the best model of a column; None without train rows or with one label."""
    train = fold.train[_known(target)[fold.train]]
    train = _thinned(train, MOST_ROWS)
    if len(train) < 2 * PARTS:
        return None
    part = np.arange(len(train)) % PARTS
    best: tuple[float, Model] | None = None
    for model in _models(feature, target):
        scores = [_score(target, train[part == n], model(train[part != n], train[part == n])) for n in range(PARTS)]
        if best is None or np.mean(scores) > best[0] + 1e-9:
            best = float(np.mean(scores)), model
    return None if best is None else (best[0], best[1](train, fold.asked))


def _models(feature: Feature, target: Column) -> Iterator[Model]:
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


def _most_frequent(feature: Feature, target: Names, bins: int, train: Index, asked: Index) -> Column:
    """Predict the most frequent label of each cell."""
    cells, labels, count = feature.cells(train, bins), target.codes[train], len(target.names)
    shares = np.bincount(labels, minlength=count) / len(train)
    table = np.zeros((int(cells.max(initial=0)) + 1, count))
    np.add.at(table, (cells[train], labels), 1.0)
    return Names((table + shares)[cells[asked]].argmax(axis=1).astype(np.int32), target.names)


def _means(feature: Feature, target: Numbers, bins: int, train: Index, asked: Index) -> Column:
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
    centre, level = x[there].mean(), y[there].mean()
    slope = np.mean((x[there] - centre) * (y[there] - level)) / x[there].var()
    wanted = numbers[asked] - centre
    return Numbers(np.where(np.isfinite(wanted), level + slope * wanted, y.mean()))


def _thinned(rows: Index, most: int) -> Index:
    """Return every n-th row, so that there are no more than that."""
    return rows[:: -(-len(rows) // most)] if len(rows) else rows


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
    columns: Mapping[str, Feature], read: Mapping[str, Feature], target: Column, held: Index
) -> list[Aggregate]:
    """Return the columns that equal the mean of the target by a key over all rows, the held-out ones among them.

    Only rows count in which that mean differs from the one without the held-out rows, so that a mean of train rows is
    never found.
    """
    found: list[Aggregate] = []
    known = np.flatnonzero(_known(target))
    keys = [(name, each.codes) for name, each in read.items() if each.repeats][:MOST_KEYS]
    for name, column in [*columns.items()][:MOST_MEANS]:
        if column.numbers is None:
            continue
        best: Aggregate | None = None
        for key, codes in keys:
            for label, values in _indicators(target) if key != name else ():
                one = _aggregate((name, key, label), column.numbers, (codes, values), known, held)
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


def near_copies(columns: Iterable[Feature], folds: Sequence[Fold]) -> NDArray[np.bool_] | None:
    """Return which of the asked rows of all folds, one after another, have a near-copy among their train rows.

    A near-copy is close in all of up to eight columns of measurements: much closer than train rows usually are to each
    other. None if there are fewer than three such columns.
    """
    from scipy.spatial import cKDTree

    measured = [_scaled(each.numbers) for each in columns if each.is_measured and each.numbers is not None]
    measured = measured[:MOST_MEASURED]
    if len(measured) < FEWEST_MEASURED:
        return None
    points, found = np.stack(measured, axis=1), []
    for fold in folds:
        train = _thinned(fold.train, MOST_COMPARED)
        if len(train) < 3:
            return None
        tree = cKDTree(points[train])
        own = np.asarray(tree.query(points[train[:2000]], k=2)[0])[:, 1]
        usual = float(np.median(own[own > 0])) if (own > 0).any() else 0.0
        found.append(tree.query(points[fold.asked], k=1)[0] <= NEAR * usual)
    return np.concatenate(found)


def _scaled(numbers: Values) -> Values:
    """Return measurements in standard deviations, and 0 for missing ones."""
    known = numbers[np.isfinite(numbers)]
    scaled: Values = np.clip((numbers - known.mean()) / (known.std() or 1.0), -5.0, 5.0)
    return np.nan_to_num(scaled)
